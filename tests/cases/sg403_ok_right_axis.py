import torch
import torch.nn as nn
import torch.nn.functional as F

B, T, V = 3, 8, 12


def channel_first(scores, y):
    logp = F.log_softmax(scores.transpose(1, 2), dim=1)
    return F.nll_loss(logp, y)  # ok: SG403, SG402


def last(scores, y):
    return F.nll_loss(F.log_softmax(scores, dim=2).flatten(0, 1), y.flatten())  # ok: SG403


def negative(scores, y):
    return F.nll_loss(scores.log_softmax(-1).transpose(1, 2), y)  # ok: SG403


def implicit_on_rows(scores, y):
    # without dim a matrix takes dim 1, which happens to be right
    return nn.NLLLoss()(nn.LogSoftmax()(scores.reshape(-1, V)), y.reshape(-1))  # ok: SG403


def pixels(scores, y):
    return F.nll_loss(F.log_softmax(scores, dim=1), y)  # ok: SG403, SG101


def attention_over_time(h, w, head, label):
    a = F.softmax(w(h), dim=1)  # over the time, as it should be
    return F.cross_entropy(head((a * h).sum(1)), label)  # ok: SG403, SG401


def steps(scores, y):
    loss = 0
    for t in range(T):
        loss = loss + F.nll_loss(F.log_softmax(scores[:, t], dim=1), y[:, t])  # ok: SG403, SG402
    return loss / T


if __name__ == "__main__":
    lin = nn.Linear(5, V)
    scores, y = lin(torch.randn(B, T, 5)), torch.randint(0, V, (B, T))
    vals = [f(scores, y) for f in (channel_first, last, negative, implicit_on_rows, steps)]
    assert torch.stack(vals).std() < 1e-5
    pixels(nn.Conv2d(1, 4, 1)(torch.rand(2, 1, 5, 5)), torch.randint(0, 4, (2, 5, 5))).backward()
    attention_over_time(torch.randn(4, 6, 8), nn.Linear(8, 1), nn.Linear(8, 3), torch.randint(0, 3, (4,))).backward()
