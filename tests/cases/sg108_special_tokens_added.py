import torch
from torch import nn


class Vocabulary:
    def __init__(self, texts):
        self.tokens = sorted({w for t in texts for w in t.split()})
        self.index = {w: i for i, w in enumerate(self.tokens)}
        self.base_size = len(self.tokens)
        self.index["<s>"] = len(self.index)
        self.index["</s>"] = len(self.index)

    def __len__(self):
        return len(self.index)

    def encode(self, text):
        return [self.index["<s>"]] + [self.index[w] for w in text.split()] + [self.index["</s>"]]


class Net(nn.Module):
    def __init__(self, vocab, d=16):
        super().__init__()
        self.emb = nn.Embedding(len(vocab), d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, vocab.base_size)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])


if __name__ == "__main__":
    texts = ["red green blue", "green", "blue red red"]
    vocab = Vocabulary(texts)
    net, ce = Net(vocab), nn.CrossEntropyLoss()
    for text in texts:
        ids = torch.tensor(vocab.encode(text)).unsqueeze(0)
        logits = net(ids[:, :-1])
        loss = ce(logits.squeeze(0), ids[0, 1:])  # SG108
        loss.backward()
