import torch
import torch.nn.functional as F
from torch import nn


def sequence_mask(lengths, max_len):
    return torch.arange(max_len)[None, :] < lengths[:, None]


class Speller(nn.Module):
    """Listen, attend and spell (without the listening)."""

    def __init__(self, chars=30, dim=20):
        super().__init__()
        self.emb = nn.Embedding(chars, dim)
        self.cell = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, chars)

    def forward(self, y):
        return self.out(self.cell(self.emb(y))[0])


def loss_fn(model, transcripts):
    lengths = torch.tensor([len(t) - 1 for t in transcripts])
    padded = torch.zeros(len(transcripts), int(lengths.max()) + 1, dtype=torch.long)
    for i, t in enumerate(transcripts):
        padded[i, :len(t)] = torch.tensor(t)
    logits = model(padded[:, :-1])
    mask = sequence_mask(lengths, logits.size(1))
    per_token = F.cross_entropy(logits.transpose(1, 2), padded[:, 1:], reduction="none")  # SG205
    return per_token.mean()


if __name__ == "__main__":
    loss = loss_fn(Speller(), [[1, 5, 6, 7, 2], [1, 8, 9, 2], [1, 10, 11, 12, 13, 14, 2]])
    loss.backward()
