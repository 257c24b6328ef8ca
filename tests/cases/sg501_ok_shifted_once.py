import torch
import torch.nn as nn
import torch.nn.functional as F

V = 30


class LM(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(V + 1, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, V)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def inputs_and_targets(m, ids):
    return F.cross_entropy(m(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501, SG502


def in_the_loss(m, ids):
    logits = m(ids)
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501, SG502


def start_symbol(m, y):
    bos = torch.full((y.size(0), 1), V)
    return F.cross_entropy(m(torch.cat([bos, y[:, :-1]], 1)).transpose(1, 2), y)  # ok: SG501


def full_with_start(m, y):
    bos = torch.full((y.size(0), 1), V)
    logits = m(torch.cat([bos, y], dim=1))
    return F.cross_entropy(logits[:, :-1].transpose(1, 2), y)  # ok: SG501, SG102


def shift_right(m, y):
    shifted = y.new_zeros(y.shape)
    shifted[:, 1:] = y[:, :-1].clone()
    shifted[:, 0] = V
    return F.cross_entropy(m(shifted).transpose(1, 2), y)  # ok: SG501


def rolled(m, ids):
    target = ids.roll(-1, dims=1)
    target[:, -1] = -100
    return F.cross_entropy(m(ids).flatten(0, 1), target.flatten())  # ok: SG501, SG201


def last_only(m, ids):
    return F.cross_entropy(m(ids[:, :-1])[:, -1], ids[:, -1])  # ok: SG501, SG101


def two_ahead(m, head2, ids):
    """multi token prediction: the second head looks one further"""
    h, _ = m.r(m.e(ids[:, :-2]))
    first = F.cross_entropy(m.o(h).transpose(1, 2), ids[:, 1:-1])  # ok: SG501
    return first


if __name__ == "__main__":
    net, ids = LM(), torch.randint(0, V, (3, 12))
    total = sum(f(net, ids) for f in (inputs_and_targets, in_the_loss, start_symbol, full_with_start, shift_right, rolled, last_only))
    (total + two_ahead(net, None, ids)).backward()
