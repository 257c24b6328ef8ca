import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence


class Net(nn.Module):
    def __init__(self, vocab=25, d=14):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.vocab_head = nn.Linear(d, vocab)

    def forward(self, tokens):
        return self.vocab_head(self.rnn(self.emb(tokens))[0])


def compute_loss(net, ids, lengths):
    logits = net(ids[:, :-1])
    targets = ids[:, 1:]
    positions = torch.arange(targets.size(1))
    real = (positions[None] < (lengths - 1)[:, None]).unsqueeze(-1)
    targets = targets.masked_fill(~real.squeeze(-1), -100)
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))  # ok: SG207


if __name__ == "__main__":
    lens = [4, 9, 6]
    ids = pad_sequence([torch.randint(1, 25, (n,)) for n in lens], batch_first=True)
    compute_loss(Net(), ids, torch.tensor(lens)).backward()
