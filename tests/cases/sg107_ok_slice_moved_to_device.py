import torch
from torch import nn

PAD = 0
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class NMT(nn.Module):
    def __init__(self, v_src, v_tgt, d=20):
        super().__init__()
        self.src = nn.Embedding(v_src, d, padding_idx=PAD)
        self.tgt = nn.Embedding(v_tgt, d, padding_idx=PAD)
        self.enc = nn.LSTM(d, d, batch_first=True)
        self.dec = nn.LSTM(d, d, batch_first=True)
        self.proj = nn.Linear(d, v_tgt)

    def forward(self, x, y):
        _, state = self.enc(self.src(x))
        h, _ = self.dec(self.tgt(y), state)
        return self.proj(h)


def pad(rows):
    width = max(len(r) for r in rows)
    return torch.tensor([r + [PAD] * (width - len(r)) for r in rows])


def main():
    x = pad([[4, 5, 6], [7, 8], [9]])
    y = pad([[1, 5, 6, 2], [1, 7, 2], [1, 8, 9, 10, 2]])
    model = NMT(12, 12)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    output = model(x, y[:, :-1])
    output_dim = output.shape[-1]
    loss = criterion(output.contiguous().view(-1, output_dim), y[:, 1:].to(DEVICE).view(-1))  # ok: SG107
    loss.backward()


if __name__ == "__main__":
    main()
