import numpy as np
import torch
from torch import nn


def pad(rows, value=0):
    n = max(map(len, rows))
    return torch.tensor([r + [value] * (n - len(r)) for r in rows])


class Captioner(nn.Module):
    def __init__(self, vocab=25, dim=12):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim, padding_idx=0)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, vocab)

    def forward(self, feats, caps):
        return self.out(self.rnn(self.emb(caps), feats.unsqueeze(0))[0])


def validate(model, batches):
    criterion = nn.CrossEntropyLoss(ignore_index=0)
    losses = []
    model.eval()
    with torch.no_grad():
        for feats, caps in batches:
            scores = model(feats, caps[:, :-1])
            loss = criterion(scores.flatten(0, 1), caps[:, 1:].flatten())  # SG303
            losses.append(loss.item())
    return np.exp(np.mean(losses))


if __name__ == "__main__":
    batches = [
        (torch.randn(2, 12), pad([[1, 5, 6, 2], [1, 7, 2]])),
        (torch.randn(2, 12), pad([[1, 5, 6, 7, 8, 9, 2], [1, 7, 7, 2]])),
    ]
    print("perplexity", validate(Captioner(), batches))
