import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0


class Net(nn.Module):
    def __init__(self, n=30, d=16):
        super().__init__()
        self.e = nn.Embedding(n, d, padding_idx=PAD)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 32, batch_first=True), 1)
        self.o = nn.Linear(d, n)

    def forward(self, x, key_padding_mask):
        causal = torch.ones(x.size(1), x.size(1)).triu(1).bool()
        return self.o(self.enc(self.e(x), mask=causal, src_key_padding_mask=key_padding_mask))


def attention_mask_and_ignore(net, x, y):
    pad_mask = x == PAD  # for the attention; the loss has its own way
    return F.cross_entropy(net(x, pad_mask).transpose(1, 2), y, ignore_index=PAD)  # ok: SG205, SG201


def weighted_sum(net, x, y):
    mask = (y != PAD).float()
    nll = F.cross_entropy(net(x, x == PAD).transpose(1, 2), y, reduction="none")  # ok: SG205, SG201, SG301
    return (nll * mask).sum() / mask.sum().clamp(min=1)


def leftover(net, x, y):
    mask = y != PAD  # not needed any more since ignore_index does the same
    return F.cross_entropy(net(x, x == PAD).flatten(0, 1), y.flatten(), ignore_index=PAD)  # ok: SG205, SG201


def into_labels(net, x, y):
    mask = y == PAD
    labels = y.clone()
    labels[mask] = -100
    return F.cross_entropy(net(x, x == PAD).flatten(0, 1), labels.flatten())  # ok: SG205, SG201, SG202


def helper(scores, labels, mask):
    return F.cross_entropy(scores[mask], labels[mask])  # ok: SG205, SG201, SG102


def through_helper(net, x, y):
    keep = y.ne(PAD)
    return helper(net(x, x == PAD), y, keep)


def only_for_accuracy(net, x, y):
    logits = net(x, x == PAD)
    mask = y != PAD
    acc = (logits.argmax(-1) == y)[mask].float().mean()
    return F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=PAD), acc  # ok: SG205


if __name__ == "__main__":
    full = pad_sequence([torch.randint(1, 30, (n,)) for n in (7, 4, 9)], batch_first=True)
    x, y = full[:, :-1], full[:, 1:]
    net = Net().eval()
    vals = [f(net, x, y) for f in (attention_mask_and_ignore, weighted_sum, leftover, into_labels, through_helper)]
    vals.append(only_for_accuracy(net, x, y)[0])
    assert max(vals) - min(vals) < 1e-4
