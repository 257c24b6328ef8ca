import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

torch.manual_seed(7)


class Tagger(nn.Module):
    def __init__(self, words=50, tags=6):
        super().__init__()
        self.emb = nn.Embedding(words, 12)
        self.gru = nn.GRU(12, 12, batch_first=True)
        self.out = nn.Linear(12, tags)

    def forward(self, x):
        return F.log_softmax(self.out(self.gru(self.emb(x))[0]), dim=-1)


def loop(model, xs, ys, lengths):
    logp = model(xs)
    mask = torch.arange(xs.size(1)).expand(xs.size(0), -1) < lengths.unsqueeze(1)
    loss = F.nll_loss(logp.permute(0, 2, 1), ys, reduction="none")  # ok: SG206
    return (loss * mask).sum() / mask.sum()


if __name__ == "__main__":
    ns = [5, 3, 8]
    xs = pad_sequence([torch.randint(1, 50, (n,)) for n in ns], batch_first=True)
    ys = pad_sequence([torch.randint(0, 6, (n,)) for n in ns], batch_first=True)
    loop(Tagger(), xs, ys, torch.tensor(ns)).backward()
