import torch
from torch import nn


class CaptionLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.loss_fn = nn.CrossEntropyLoss()

    def forward(self, pred, target, mask):
        """pred (N, L, V), target (N, L), mask (N, L)"""
        loss = self.loss_fn(pred.reshape(-1, pred.size(2)), target.reshape(-1))  # SG206
        loss = loss * mask.reshape(-1)
        return loss.sum() / mask.sum()


def numpy_like_pad(seqs, pad=0):
    longest = max(len(s) for s in seqs)
    out = torch.full((len(seqs), longest), pad)
    for i, s in enumerate(seqs):
        out[i, :len(s)] = torch.tensor(s)
    return out


if __name__ == "__main__":
    caps = numpy_like_pad([[1, 4, 5, 6, 2], [1, 7, 2], [1, 8, 9, 2]])
    emb, rnn, head = nn.Embedding(10, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 10)
    inp, target = caps[:, :-1], caps[:, 1:]
    logits = head(rnn(emb(inp))[0])
    mask = (target != 0).float()
    loss = CaptionLoss()(logits, target, mask)
    loss.backward()
    print(loss.item())
