import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence


class Tagger(nn.Module):
    def __init__(self, vocab, tags):
        super().__init__()
        self.emb = nn.Embedding(vocab, 20)
        self.lstm = nn.LSTM(20, 20, batch_first=True)
        self.fc = nn.Linear(20, tags)

    def forward(self, x):
        return self.fc(self.lstm(self.emb(x))[0])


def by_mask(logits, labels, mask):
    return F.cross_entropy(logits[mask], labels[mask])  # ok: SG102, SG201, SG208


def by_flat_mask(logits, labels, mask):
    keep = mask.view(-1)
    return F.cross_entropy(logits.view(-1, logits.size(-1))[keep], labels.view(-1)[keep])  # ok: SG102, SG201


def by_select(logits, labels, mask):
    n = logits.size(-1)
    picked = logits.masked_select(mask.unsqueeze(-1)).view(-1, n)
    return F.cross_entropy(picked, labels.masked_select(mask))  # ok: SG102, SG201


def by_packing(logits, labels, lengths):
    lo = pack_padded_sequence(logits, lengths, batch_first=True, enforce_sorted=False).data
    la = pack_padded_sequence(labels, lengths, batch_first=True, enforce_sorted=False).data
    return F.cross_entropy(lo, la)  # ok: SG102, SG104, SG201


if __name__ == "__main__":
    lens = [6, 3, 4]
    words = pad_sequence([torch.randint(1, 40, (n,)) for n in lens], batch_first=True)
    tags = pad_sequence([torch.randint(0, 5, (n,)) for n in lens], batch_first=True)
    m = torch.arange(max(lens))[None, :] < torch.tensor(lens)[:, None]
    out = Tagger(40, 5)(words)
    losses = [by_mask(out, tags, m), by_flat_mask(out, tags, m), by_select(out, tags, m), by_packing(out, tags, torch.tensor(lens))]
    print([round(l.item(), 5) for l in losses])
