import torch
from torch import nn

from config import CONFIG


def pad(rows, value):
    n = max(len(r) for r in rows)
    return torch.tensor([r + [value] * (n - len(r)) for r in rows])


class LM(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(vocab, dim), nn.GRU(dim, dim, batch_first=True), nn.Linear(dim, vocab)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def main():
    d = CONFIG["data"]
    lines = [[5, 6, 7], [8], [9, 10, 11, 12]]
    ids = pad([[d["bos"]] + line + [d["eos"]] for line in lines], d["pad"])
    model = LM(**CONFIG["model"])
    criterion = getattr(nn, CONFIG["loss"]["name"])(**CONFIG["loss"]["kwargs"])
    logits = model(ids[:, :-1])
    loss = criterion(logits.transpose(1, 2), ids[:, 1:])  # SG202
    loss.backward()


if __name__ == "__main__":
    main()
