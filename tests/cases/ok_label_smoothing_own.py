import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence


class LabelSmoothing(nn.Module):
    """KL divergence against a smoothed distribution, pads zeroed."""

    def __init__(self, size, padding_idx, smoothing=0.1):
        super().__init__()
        self.criterion = nn.KLDivLoss(reduction="sum")
        self.padding_idx, self.smoothing, self.size = padding_idx, smoothing, size

    def forward(self, x, target):
        true_dist = torch.full_like(x, self.smoothing / (self.size - 2))
        true_dist.scatter_(1, target.unsqueeze(1), 1 - self.smoothing)
        true_dist[:, self.padding_idx] = 0
        true_dist[target == self.padding_idx] = 0
        return self.criterion(x, true_dist)


def cal_loss(pred, gold, pad_idx, smoothing=False):
    gold = gold.contiguous().view(-1)
    if smoothing:
        eps, n_class = 0.1, pred.size(1)
        one_hot = torch.zeros_like(pred).scatter(1, gold.view(-1, 1), 1)
        one_hot = one_hot * (1 - eps) + (1 - one_hot) * eps / (n_class - 1)
        log_prb = F.log_softmax(pred, dim=1)
        non_pad_mask = gold.ne(pad_idx)
        loss = -(one_hot * log_prb).sum(dim=1)
        return loss.masked_select(non_pad_mask).sum()
    return F.cross_entropy(pred, gold, ignore_index=pad_idx, reduction="sum")  # ok: SG201, SG202, SG301


if __name__ == "__main__":
    V = 14
    ids = pad_sequence([torch.randint(1, V, (n,)) for n in (5, 3, 8)], batch_first=True)
    emb, rnn, out = nn.Embedding(V, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, V)
    pred = out(rnn(emb(ids[:, :-1]))[0]).view(-1, V)
    n_word = ids[:, 1:].ne(0).sum()
    a = cal_loss(pred, ids[:, 1:], 0) / n_word
    b = cal_loss(pred, ids[:, 1:], 0, smoothing=True) / n_word
    c = LabelSmoothing(V, 0)(pred.log_softmax(-1), ids[:, 1:].reshape(-1)) / n_word
    (a + b + c).backward()
