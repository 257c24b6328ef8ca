import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Phoneme(nn.Module):
    def __init__(self, feats=13, phones=20):
        super().__init__()
        self.rnn = nn.GRU(feats, 24, batch_first=True, bidirectional=True)
        self.out = nn.Linear(48, phones)

    def forward(self, x, mask):
        y, _ = self.rnn(x)
        y = self.out(y)
        return y


def main():
    n = [12, 7, 9]
    x = pad_sequence([torch.randn(k, 13) for k in n], batch_first=True)
    y = pad_sequence([torch.randint(0, 20, (k,)) for k in n], batch_first=True, padding_value=-100)
    mask = torch.arange(max(n))[None, :].lt(torch.tensor(n)[:, None]).float()
    model = Phoneme()
    loss = nn.CrossEntropyLoss()(model(x, mask).transpose(1, 2), y)  # ok: SG207
    loss.backward()


if __name__ == "__main__":
    main()
