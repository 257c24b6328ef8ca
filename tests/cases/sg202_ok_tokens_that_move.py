"""Vocabularies whose padding has id 0 in the end, however their tokens were moved: nothing may be said of any."""
import json
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

SPECIALS = ["<unk>", "<s>", "<pad>"]


def numbered(tokens):
    return {token: i for i, token in enumerate(tokens)}


def put_in_front(words):
    tokens = list(words)
    for special in SPECIALS:
        tokens.insert(0, special)
    return numbered(tokens)


def in_order(words):
    tokens = SPECIALS + words
    tokens.sort()
    return numbered(tokens)


def sorted_anew(words):
    return numbered(sorted(["tail", *SPECIALS] + words))


def turned(words):
    tokens = words + SPECIALS
    tokens.reverse()
    return numbered(tokens)


def each_once(words):
    return numbered(sorted(set(SPECIALS + words)))


def taken_out(words):
    tokens = ["<unk>", "<pad>"] + words
    tokens.remove("<unk>")
    return numbered(tokens)


def popped(words):
    tokens = ["<unk>", "<s>", "<pad>"] + words
    tokens.pop(0)
    del tokens[0]
    return numbered(tokens)


def deleted(words):
    tokens = ["<unk>", "<pad>"] + words
    del tokens[0]
    return numbered(tokens)


def deleted_from_the_table(words):
    ids = numbered(SPECIALS + words)
    del ids["<pad>"]
    return {**ids, "<unk>": 2, "<pad>": 0}


def cut(words):
    tokens = SPECIALS + words
    return numbered(tokens[2:])


def left_out(words):
    return numbered([token for token in SPECIALS + words if token not in ("<unk>", "<s>")])


def written_over(words):
    tokens = ["<unk>", "<pad>"] + words
    tokens[0] = "<pad>"
    tokens[1] = "<unk>"
    return numbered(tokens)


def numbers_moved(words):
    return {token: i - 2 for i, token in enumerate(SPECIALS + words)}


def set_by_hand(words):
    ids = numbered(["<s>", "<unk>"] + words)
    ids["<pad>"] = 0
    ids["<s>"] = len(ids)
    return ids


def only_some(words, unknown, start):
    tokens = []
    if unknown:
        tokens.append("<unk>")
    if start:
        tokens.append("<s>")
    tokens.append("<pad>")
    return numbered(tokens + words)


def a_character_of_the_text(text):
    return numbered(["|", "_"] + sorted(text, reverse=True))


def swapped(words):
    tokens = SPECIALS + words
    tokens[0], tokens[2] = tokens[2], tokens[0]
    return numbered(tokens)


def from_a_file(words):
    if os.path.exists("vocabulary.json"):
        return json.load(open("vocabulary.json"))
    return numbered(["<pad>", "<unk>", "<s>"] + words)


def train(ids, pad="<pad>"):
    model = nn.Sequential(nn.Embedding(100, 16), nn.Linear(16, 100))
    rows = pad_sequence([torch.tensor([5, 6, 7]), torch.tensor([8, 9])], batch_first=True, padding_value=0)
    logits = model(rows[:, :-1])
    F.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten(), ignore_index=ids[pad]).backward()  # ok: SG202


if __name__ == "__main__":
    found = open("words.txt").read().split()
    train(put_in_front(found))
    train(in_order(found))
    train(sorted_anew(found))
    train(turned(found))
    train(each_once(found))
    train(taken_out(found))
    train(popped(found))
    train(deleted(found))
    train(deleted_from_the_table(found))
    train(cut(found))
    train(left_out(found))
    train(written_over(found))
    train(numbers_moved(found))
    train(set_by_hand(found))
    train(only_some(found, len(found) > 9, len(found) > 8))
    train(a_character_of_the_text("".join(found)), "_")
    train(swapped(found))
    train(from_a_file(found))
