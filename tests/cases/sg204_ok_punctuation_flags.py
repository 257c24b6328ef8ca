"""Does a comma follow this word? 1 yes, 0 no."""
import torch
from torch import nn

MAX_LEN = 10


def example(text, vocab):
    words, flags = [], []
    for w in text.split():
        flags.append(1 if w.endswith(",") else 0)
        words.append(vocab.setdefault(w.strip(","), len(vocab)))
    words += [0] * (MAX_LEN - len(words))
    flags += [-1] * (MAX_LEN - len(flags))
    return words, flags


class CommaNet(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.emb = nn.Embedding(n, 16, padding_idx=0)
        self.rnn = nn.GRU(16, 16, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(32, 2)

    def forward(self, x):
        return self.fc(self.rnn(self.emb(x))[0])


if __name__ == "__main__":
    vocab = {"<pad>": 0}
    pairs = [example(t, vocab) for t in ("well, i think so", "no, not yet, sorry", "maybe")]
    x = torch.tensor([p[0] for p in pairs])
    y = torch.tensor([p[1] for p in pairs])
    net = CommaNet(len(vocab))
    ce = nn.CrossEntropyLoss(ignore_index=-1)
    loss = ce(net(x).reshape(-1, 2), y.reshape(-1))  # ok: SG204
    loss.backward()
    print(loss.item())
