"""A text that is cut into windows of one size has at most one short one; pieces of given lengths differ."""

import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence


def scored(model, x, y):
    logits = model(x)
    return F.cross_entropy(logits.reshape(-1, logits.size(2)), y.reshape(-1))


def by_size(ids, size, model):
    text = torch.LongTensor(ids)
    x, y = torch.split(text[:-1], size), torch.split(text[1:], size)
    x, y = pad_sequence(x, batch_first=True), pad_sequence(y, batch_first=True, padding_value=0)
    rows = len(x) // 8 * 8
    return scored(model, x[:rows], y[:rows])


def by_method(ids, model):
    text = torch.LongTensor(ids)
    x, y = text[:-1].split(35), text[1:].split(35)
    return scored(model, pad_sequence(x, batch_first=True), pad_sequence(y, batch_first=True))


def by_count(ids, model):
    text = torch.LongTensor(ids)
    x, y = text[:-1].chunk(400), torch.chunk(text[1:], 400)
    return scored(model, pad_sequence(x, batch_first=True), pad_sequence(y, batch_first=True))


def by_unfold(ids, model):
    text = torch.LongTensor(ids)
    x, y = text[:-1].unfold(0, 35, 35), text[1:].unfold(0, 35, 35)
    return scored(model, x, y)


def listed(ids, size, model):
    pieces = list(torch.split(torch.LongTensor(ids), size))
    batch = pad_sequence(pieces, batch_first=True)
    return scored(model, batch[:, :-1], batch[:, 1:])


def by_keywords(ids, size: int, model):
    pieces = torch.split(tensor=torch.LongTensor(ids)[1:], split_size_or_sections=size)
    y = pad_sequence(sequences=pieces, batch_first=True, padding_value=0)
    return scored(model, y, y)


def of_given_lengths(ids, sentences: list[list[int]], model):
    pieces = torch.split(torch.LongTensor(ids), [len(sentence) for sentence in sentences])
    batch = pad_sequence(pieces, batch_first=True)
    logits = model(batch[:, :-1])
    return F.cross_entropy(logits.reshape(-1, logits.size(2)), batch[:, 1:].reshape(-1))  # SG201


def sentences(rows: list[list[int]], model):
    batch = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    logits = model(batch[:, :-1])
    return F.cross_entropy(logits.reshape(-1, logits.size(2)), batch[:, 1:].reshape(-1))  # SG201
