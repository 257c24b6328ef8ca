import torch
import torch.nn.functional as F
from torch import nn

V = 22
emb, rnn, head = nn.Embedding(V, 12), nn.GRU(12, 12, batch_first=True), nn.Linear(12, V)


def forward(ids):
    return head(rnn(emb(ids))[0])


def one_long_stream(stream):
    logits = forward(stream[None]).squeeze(0)
    return F.cross_entropy(logits[:-1], stream[1:])  # ok: SG502, SG501, SG101


def single_row_flattened(ids):
    assert ids.size(0) == 1
    one = ids[:1]
    logits = forward(one).view(-1, V)
    return F.cross_entropy(logits[:-1], one.view(-1)[1:])  # ok: SG502, SG501


def shift_first(ids):
    logits = forward(ids)[:, :-1].reshape(-1, V)
    return F.cross_entropy(logits, ids[:, 1:].reshape(-1))  # ok: SG502, SG501, SG107


def chunked(ids, size=16):
    """the rows are cut in pieces to save memory"""
    logits, gold = forward(ids[:, :-1]).reshape(-1, V), ids[:, 1:].reshape(-1)
    total = 0.0
    for i in range(0, gold.numel(), size):
        total = total + F.cross_entropy(logits[i:i + size], gold[i:i + size], reduction="sum")  # ok: SG502, SG303
    return total / gold.numel()


def skip_first_batch_rows(ids):
    logits, gold = forward(ids[:, :-1]), ids[:, 1:]
    return F.cross_entropy(logits[1:].flatten(0, 1), gold[1:].flatten())  # ok: SG502, SG501


def time_first_by_batch(ids):
    # (T, B): a whole step is B rows
    B = ids.size(0)
    logits = forward(ids).transpose(0, 1).reshape(-1, V)
    gold = ids.t().reshape(-1)
    return F.cross_entropy(logits[:-B], gold[B:])  # ok: SG502, SG501, SG104


if __name__ == "__main__":
    ids = torch.randint(0, V, (4, 9))
    vals = [shift_first(ids), chunked(ids), time_first_by_batch(ids)]
    assert torch.stack(vals).std() < 1e-5
    (sum(vals) + one_long_stream(ids[0]) + single_row_flattened(ids[:1]) + skip_first_batch_rows(ids)).backward()
