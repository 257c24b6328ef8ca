"""Rows that come from outside are filled up where they stand and left out of the loss, or get an end and no padding."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, END, WORDS = 0, 2, 20


class LM(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.embed = nn.Embedding(WORDS, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, WORDS)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0]).transpose(1, 2)


def extended(model, rows):
    longest = max(len(row) for row in rows)
    for row in rows:
        row.extend([PAD] * (longest - len(row)))
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:], ignore_index=PAD)  # ok: SG201


def appended(model, pairs):
    longest = max(len(target) for _, target in pairs)
    for source, target in pairs:
        while len(target) < longest:
            target.append(-100)
    batch = torch.tensor([target for _, target in pairs])
    return F.cross_entropy(model(batch[:, :-1].clamp(min=0)), batch[:, 1:])  # ok: SG201


def only_sources(model, pairs):
    longest = max(len(source) for source, _ in pairs)
    for source, kind in pairs:
        source.extend([PAD] * (longest - len(source)))
    x, y = torch.tensor([s for s, _ in pairs]), torch.tensor([kind for _, kind in pairs])
    return F.cross_entropy(model(x)[:, :, -1], y)  # ok: SG201


def an_end_each(model, rows):
    for row in rows:
        row.append(END)
    batch = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:], ignore_index=PAD)  # ok: SG201, SG203


def one_stream(model, rows):
    stream = []
    for row in rows:
        row += [END]
        stream.extend(row)
    batch = torch.tensor(stream).unsqueeze(0)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # ok: SG201


def masked(model, samples):
    longest = max(len(s["ids"]) for s in samples)
    for s in samples:
        s["keep"] = [1] * len(s["ids"]) + [0] * (longest - len(s["ids"]))
        s["ids"] += [PAD] * (longest - len(s["ids"]))
    batch = torch.tensor([s["ids"] for s in samples])
    keep = torch.tensor([s["keep"] for s in samples])[:, 1:]
    nll = F.cross_entropy(model(batch[:, :-1]), batch[:, 1:], reduction="none")  # ok: SG201
    return (nll * keep).sum() / keep.sum()


def other_list(model, rows, scores):
    while len(scores) < 4:
        scores.append(0)
    batch = torch.tensor(rows)
    return F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])  # ok: SG201


def tokens(model, sentences, vocabulary):
    longest = max(map(len, sentences))
    for sentence in sentences:
        sentence += ["<pad>"] * (longest - len(sentence))
    ids = torch.tensor([[vocabulary.get(word, 1) for word in sentence] for sentence in sentences])
    return F.cross_entropy(model(ids[:, :-1]), ids[:, 1:], ignore_index=vocabulary.get("<pad>", 0))  # ok: SG201


def rows_of(text):
    words = sorted(set(text.split()))
    return [[3 + words.index(word) for word in line.split()] for line in text.splitlines()]


def main(text, model):
    for loss in (extended, an_end_each, one_stream):
        loss(model, rows_of(text)).backward()
    appended(model, [(row, row[:]) for row in rows_of(text)]).backward()
    only_sources(model, [(row, 3) for row in rows_of(text)]).backward()
    masked(model, [{"ids": row} for row in rows_of(text)]).backward()
    other_list(model, [[1, 2, 3], [4, 5, 6]], []).backward()
    tokens(model, [line.split() for line in text.splitlines()], {"<pad>": 0, "a": 2, "cat": 3}).backward()


if __name__ == "__main__":
    main(open("rows.txt").read(), LM())
