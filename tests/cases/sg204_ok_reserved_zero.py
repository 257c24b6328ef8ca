import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

tag2idx = {"<pad>": 0, "O": 1, "B-geo": 2, "I-geo": 3}
data = [([5, 6, 7], ["O", "B-geo", "I-geo"]), ([8], ["O"])]


class Net(nn.Module):
    def __init__(self, n_tags):
        super().__init__()
        self.e = nn.Embedding(20, 10, padding_idx=0)
        self.l = nn.LSTM(10, 10, batch_first=True, bidirectional=True)
        self.f = nn.Linear(20, n_tags)

    def forward(self, x):
        return self.f(self.l(self.e(x))[0])


def main():
    x = pad_sequence([torch.tensor(w) for w, _ in data], batch_first=True)
    y = pad_sequence([torch.tensor([tag2idx[t] for t in ts]) for _, ts in data], batch_first=True)
    net = Net(len(tag2idx))
    loss = nn.CrossEntropyLoss(ignore_index=0)(net(x).view(-1, len(tag2idx)), y.view(-1))  # ok: SG204, SG201

    # and with the tags moved up by one instead
    plain = {"O": 0, "B-geo": 1, "I-geo": 2}
    y2 = pad_sequence([torch.tensor([plain[t] + 1 for t in ts]) for _, ts in data], batch_first=True)
    net2 = Net(len(plain) + 1)
    loss = loss + nn.functional.cross_entropy(net2(x).transpose(1, 2), y2, ignore_index=0)  # ok: SG204, SG202, SG108

    # or with another number for the rest
    y3 = pad_sequence([torch.tensor([plain[t] for t in ts]) for _, ts in data], batch_first=True, padding_value=-1)
    net3 = Net(len(plain))
    loss = loss + nn.functional.cross_entropy(net3(x).transpose(1, 2), y3, ignore_index=-1)  # ok: SG204, SG202
    loss.backward()


if __name__ == "__main__":
    main()
