import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0
HEADS = ("pos", "ner", "chunk")


def steps(cell, emb, head, y):
    """an attention decoder has to go step by step"""
    h, loss = torch.zeros(y.size(0), 8), 0.0
    for t in range(y.size(1) - 1):
        h = cell(emb(y[:, t]), h)
        loss = loss + F.cross_entropy(head(h), y[:, t + 1], ignore_index=PAD, reduction="sum")  # ok: SG601, SG201, SG501
    return loss / (y[:, 1:] != PAD).sum()


def several_heads(h, heads, gold):
    total = 0.0
    for name in HEADS:
        total = total + F.cross_entropy(heads[name](h).transpose(1, 2), gold[name], ignore_index=-100)  # ok: SG601, SG204
    return total


def codebooks(logits, codes):
    return sum(F.cross_entropy(logits[k], codes[:, k]) for k in range(codes.size(1)))  # ok: SG601, SG101


def deep_supervision(layers, x, y):
    losses = []
    for layer in layers:
        x = torch.tanh(layer(x))
        losses.append(F.cross_entropy(x, y))  # ok: SG601
    return torch.stack(losses).mean()


def boolean(logits, y):
    keep = y != PAD
    return F.cross_entropy(logits[keep], y[keep])  # ok: SG601, SG201


def micro_batches(model, xs, ys):
    for x, y in zip(xs.split(2), ys.split(2)):
        F.cross_entropy(model(x), y).backward()  # ok: SG601, SG303


def packed_rows(logits, y, lengths):
    # one slice a sentence, not one row a token
    rows = torch.cat([logits[i, :n] for i, n in enumerate(lengths)])
    gold = torch.cat([y[i, :n] for i, n in enumerate(lengths)])
    return F.cross_entropy(rows, gold)  # ok: SG601, SG201


if __name__ == "__main__":
    lens = [5, 3, 6]
    y = pad_sequence([torch.randint(1, 12, (n,)) for n in lens], batch_first=True)
    emb, head = nn.Embedding(12, 8), nn.Linear(8, 12)
    loss = steps(nn.GRUCell(8, 8), emb, head, y)
    h = torch.randn(3, 6, 8)
    heads = nn.ModuleDict({k: nn.Linear(8, 4) for k in HEADS})
    loss = loss + several_heads(h, heads, {k: torch.randint(0, 4, (3, 6)) for k in HEADS})
    loss = loss + codebooks([torch.randn(5, 7) for _ in range(2)], torch.randint(0, 7, (5, 2)))
    loss = loss + deep_supervision([nn.Linear(4, 4) for _ in range(3)], torch.randn(6, 4), torch.randint(0, 4, (6,)))
    loss = loss + boolean(head(h), y) + packed_rows(head(h), y, lens)
    loss.backward()
    micro_batches(nn.Linear(3, 2), torch.randn(6, 3), torch.randint(0, 2, (6,)))
