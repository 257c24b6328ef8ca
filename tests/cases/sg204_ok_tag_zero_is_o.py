import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

tags_vals = ["O", "B-geo", "I-geo", "B-per", "I-per"]
tag2idx = {t: i for i, t in enumerate(tags_vals)}

train = [
    (["Germany", "won"], ["B-geo", "O"]),
    (["Angela", "Merkel", "visited", "Rome"], ["B-per", "I-per", "O", "B-geo"]),
]
word2idx = {"<pad>": 0}
for ws, _ in train:
    for w in ws:
        word2idx.setdefault(w, len(word2idx))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(len(word2idx), 10)
        self.l = nn.LSTM(10, 10, batch_first=True, bidirectional=True)
        self.f = nn.Linear(20, len(tag2idx))

    def forward(self, x):
        return self.f(self.l(self.e(x))[0])


def main():
    x = pad_sequence([torch.tensor([word2idx[w] for w in ws]) for ws, _ in train], batch_first=True)
    y = pad_sequence([torch.tensor([tag2idx[t] for t in ts]) for _, ts in train], batch_first=True, padding_value=-100)
    net = Net()
    criterion = nn.CrossEntropyLoss()
    logits = net(x)
    loss = criterion(logits.view(-1, len(tag2idx)), y.view(-1))  # ok: SG204
    loss.backward()


if __name__ == "__main__":
    main()
