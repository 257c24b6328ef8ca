"""Understood means proven: each thing that was once taken for knowledge of the padding, and the right programs that stay understood."""

from __future__ import annotations

import os
from typing import Any

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.lint.rows import Row

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD, CLS, V = 0, 1, 20
embed, head = nn.Embedding(V, 8), nn.Linear(8, V)


def collate(rows):
    return pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=PAD)


def lengths_of(rows):
    return collate(rows), torch.tensor([len(r) for r in rows])

"""
LOOP = """
def train(rows: list[list[int]], chance, keep):
    for ids in DataLoader(rows, batch_size=8, collate_fn=collate):
        logits = head(embed(ids)).transpose(1, 2)
        {body}
        loss.backward()
"""
LENGTHS = LOOP.replace("for ids in", "for ids, lengths in").replace("=collate)", "=lengths_of)")
PLAIN = "loss = F.cross_entropy(logits, {})"
NONE = "nll = F.cross_entropy(logits, ids, reduction='none')\n        "
DRAWN = "chosen = torch.rand(ids.shape) < 0.15\n        "
CHANCE = "chance = torch.full(ids.shape, 0.15)\n        {}chosen = torch.bernoulli(chance).bool()\n        "
LABELS = "labels = ids.clone()\n        labels[~chosen] = -100\n        " + PLAIN.format("labels")


def only(source: str, **settings: Any) -> Row:
    """The row of the one loss of a program."""
    path = os.path.abspath("only_in_memory.py")
    result = check_paths([path], Settings(**settings), overlay={path: source.encode()})
    assert not result.failures, result.failures
    (row,) = result.rows
    return row


def loop(body: str, frame: str = LOOP) -> Row:
    return only(HEAD + frame.format(body=body))


UNKNOWN_SOURCE = {
    "nothing": "F.cross_entropy(logits.flatten(0, 1), y.flatten())",
    "an ignored id": "F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=0)",
    "an ignored id of a criterion": "nn.CrossEntropyLoss(ignore_index=-100)(logits.flatten(0, 1), y.flatten())",
    "a class without weight": "F.cross_entropy(logits.flatten(0, 1), y.flatten(), weight=torch.tensor([0.0] + [1.0] * 19))",
    "a swap": "F.cross_entropy(logits.flatten(0, 1), y.masked_fill(y == 0, -100).flatten())",
    "a mask": "(F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction='none') * (y != 0).flatten()).sum() / (y != 0).sum()",
    "a mask from elsewhere": "F.cross_entropy(logits[mask], y[mask])",
    "a mask that is handed over": "masked_cross_entropy(logits, y, mask)",
    "a library model": "AutoModelForCausalLM.from_pretrained('gpt2')(input_ids=x, labels=y).loss",
    "a step of a row": "F.cross_entropy(logits[:, 3], y[:, 3], ignore_index=0)",
}


@pytest.mark.parametrize("name", UNKNOWN_SOURCE)
def test_an_unknown_source_is_unknown(name: str) -> None:
    program = "from shapeguard import masked_cross_entropy\nfrom transformers import AutoModelForCausalLM\n" + HEAD
    program += f"\ndef step(x, y, mask):\n    logits = head(embed(x))\n    loss = {UNKNOWN_SOURCE[name]}\n    loss.backward()\n"
    row = only(program)
    assert (row.verdict, row.padding) == ("unknown", None)
    assert any(m.startswith("whether there is padding in ") and m.endswith("where that comes from was not seen") for m in row.missing)


PROVEN = {
    "the ignored id": (LOOP, PLAIN.format("ids, ignore_index=PAD"), "ignore_index=0 (line "),
    "swapped to the ignored id": (LOOP, PLAIN.format("ids.masked_fill(ids == PAD, -100)"), "it becomes -100, which is ignored (line "),
    "no weight": (LOOP, "w = torch.ones(V)\n        w[PAD] = 0\n        " + PLAIN.format("ids, weight=w"), "its class has the weight 0"),
    "a mask of its ids": (LOOP, NONE + "m = ids != PAD\n        loss = (nll * m).sum() / m.sum()", "the mask leaves it out (line "),
    "a mask of several ids": (
        LOOP, NONE + "m = (ids != CLS) & (ids != PAD)\n        loss = (nll * m).sum() / m.sum()", "the mask leaves it out (line ",
    ),
    "a mask of its lengths": (
        LENGTHS, NONE + "m = torch.arange(ids.size(1)) < lengths[:, None]\n        loss = (nll * m).sum() / m.sum()", "the mask leaves",
    ),
    "several ids swapped": (LOOP, PLAIN.format("ids.masked_fill((ids == CLS) | (ids == PAD), -100)"), "it becomes -100"),
    "a draw that spares it": (LOOP, DRAWN + "chosen &= ids != PAD\n        " + LABELS, "it becomes -100"),
    "a draw that spares several": (LOOP, DRAWN + "chosen = chosen & (ids != CLS) & (ids != PAD)\n        " + LABELS, "it becomes -100"),
    "a draw times what is real": (LOOP, "chosen = (torch.rand(ids.shape) < 0.15) * (ids != PAD)\n        " + LABELS, "it becomes -100"),
    "a chance of 0": (LOOP, CHANCE.format("chance.masked_fill_(ids == PAD, 0.0)\n        ") + LABELS, "it becomes -100"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVEN)
def test_what_is_proven_is_understood_with_its_step(name: str) -> None:
    frame, body, by = PROVEN[name]
    row = loop(body, frame)
    assert row.verdict == "understood", (row.codes, row.missing)
    assert row.padding is not None and row.padding.startswith("no: padding 0 is kept out: " + by) and row.padding.endswith(")")
    assert row.counts and row.ignores and row.divides


UNPROVEN = {
    "a mask from elsewhere": NONE + "loss = (nll * keep).sum() / keep.sum()",
    "a swap by a mask from elsewhere": PLAIN.format("ids.masked_fill(keep, -100)"),
    "weights from elsewhere": PLAIN.format("ids, weight=chance"),
    "a draw with chances from elsewhere": "chosen = torch.bernoulli(chance).bool()\n        " + LABELS,
    "a draw beside a mask from elsewhere": DRAWN + "chosen = chosen & keep\n        " + LABELS,
    "a chance that another mask sets to 0": CHANCE.format("chance.masked_fill_(keep, 0.0)\n        ") + LABELS,
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_mask_covers_the_padding_only_if_it_was_made_of_it(name: str) -> None:
    row = loop(UNPROVEN[name])
    assert (row.verdict, row.padding) == ("unknown", None)
    assert any(m.startswith("whether the padding of ") for m in row.missing)


def test_the_lengths_of_other_rows_prove_nothing() -> None:
    frame = LENGTHS.replace("rows: list[list[int]], ", "rows: list[list[int]], lengths, ").replace("for ids, lengths in", "for ids, _ in")
    row = loop(PROVEN["a mask of its lengths"][1], frame)
    assert (row.verdict, row.padding) == ("unknown", None)


def test_the_mask_of_other_ids_proves_nothing() -> None:
    pairs = """
def both(rows):
    return collate([r[0] for r in rows]), pad_sequence([torch.tensor(r[1]) for r in rows], batch_first=True)


def train(rows: list[list[list[int]]]):
    for words, tags in DataLoader(rows, batch_size=8, collate_fn=both):
        nll = F.cross_entropy(head(embed(words)).transpose(1, 2), tags, reduction="none")
        m = words != PAD
        loss = (nll * m).sum() / m.sum()
        loss.backward()
"""
    row = only(HEAD + pairs)
    assert (row.verdict, row.padding) == ("unknown", None)


RANDOM = {
    "written over": DRAWN + LABELS,
    "where": DRAWN + PLAIN.format("torch.where(chosen, ids, -100)"),
    "filled": DRAWN + PLAIN.format("ids.masked_fill(~chosen, -100)"),
    "of a shape like theirs": "chosen = torch.rand_like(ids, dtype=torch.float) < 0.15\n        " + LABELS,
    "the other way round": "left = torch.rand(ids.shape) > 0.15\n        " + PLAIN.format("ids.masked_fill(left, -100)"),
    "with a chance": CHANCE.format("") + LABELS,
    "sparing another id": DRAWN + "chosen &= ids != CLS\n        " + LABELS,
    "a chance of 0 for another id": CHANCE.format("chance.masked_fill_(ids == CLS, 0.0)\n        ") + LABELS,
    "selected": DRAWN + "loss = F.cross_entropy(head(embed(ids))[chosen], ids[chosen])",
}


@pytest.mark.parametrize("name", RANDOM)
def test_a_draw_leaves_padding_in(name: str) -> None:
    row = loop(RANDOM[name])
    assert row.codes == ("SG201",)
    assert row.padding == "yes: padding 0 reaches the loss"
    assert [f.severity for f in row.found] == ["error"]


def test_padding_with_an_unknown_id_is_not_the_ignored_one() -> None:
    unknown = "def collate(rows, stoi):\n    return pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value={pad})\n"
    frame = """
def train(rows: list[list[int]], stoi):
    ids = collate(rows, stoi)
    F.cross_entropy(head(embed(ids)).transpose(1, 2), ids{more}).backward()
"""
    for pad, more in (("stoi['<pad>']", ""), ("stoi['<pad>']", ", ignore_index=0"), ("stoi.get('<pad>')", ", ignore_index=-100")):
        row = only(HEAD + unknown.format(pad=pad) + frame.format(more=more))
        assert row.verdict != "understood" and not (row.padding or "").startswith("no"), (pad, more, row.padding)


ONE = """
def step(x, labels: torch.Tensor):
    logits = nn.Linear(8, 5)(x.view(-1, 8))
    {body}
    loss.backward()
"""


def test_one_target_a_row_holds_no_padding() -> None:
    program = "from jaxtyping import Float, Int\nfrom torch import Tensor\n" + HEAD
    row = only(program + '\ndef f(logits: Float[Tensor, "B C"], y: Int[Tensor, "B"]):\n    F.cross_entropy(logits, y).backward()\n')
    assert (row.verdict, row.padding) == ("understood", "no: there is one target a row")
    row = only(program + '\ndef f(logits: Float[Tensor, "B C"], y: Int[Tensor, "B T"]):\n    F.cross_entropy(logits, y[:, 0]).backward()\n')
    assert (row.verdict, row.padding) == ("unknown", None)


@pytest.mark.parametrize(
    ("body", "divides"),
    [
        (PLAIN.format("ids, ignore_index=PAD"), "the positions it counts"),
        (PLAIN.format("ids, ignore_index=PAD") + " / 4", "the positions it counts, then 4"),
        (PLAIN.format("ids, ignore_index=PAD, reduction='sum'"), "nothing: it is a sum"),
        (PLAIN.format("ids, ignore_index=PAD, reduction='sum'") + " / (ids != PAD).sum()", "the entries of the mask"),
        (PLAIN.format("ids, ignore_index=PAD, reduction='sum'") + " / len(ids)", "the batch size"),
        (NONE + "loss = nll[ids != PAD].mean()", "the positions that are selected"),
    ],
)
def test_what_it_is_divided_by(body: str, divides: str) -> None:
    assert loop(body).divides == divides


SUM = PLAIN.format("ids, ignore_index=PAD, reduction='sum'")


@pytest.mark.parametrize("body", [SUM + " / keep", NONE.replace("ids,", "ids, ignore_index=PAD,") + "loss = nll"])
def test_a_divisor_that_is_not_known_is_missing(body: str) -> None:
    row = loop(body)
    assert (row.divides, row.verdict) == (None, "unknown")
    assert "what the loss is divided by: that is not seen after it is computed" in row.missing


def test_what_is_ignored() -> None:
    assert loop(PLAIN.format("ids")).ignores == "id -100 (the default)"
    assert loop(PLAIN.format("ids, ignore_index=PAD")).ignores == "id 0"
    assert loop("loss = -head(embed(ids)).log_softmax(-1).gather(-1, ids.unsqueeze(-1)).mean()").ignores == "nothing"
    assert loop(PLAIN.format("ids, ignore_index=keep")).ignores == "id `keep`"
    soft = loop("loss = F.cross_entropy(logits, torch.rand(8, V, 5).softmax(1))")
    assert soft.ignores == "nothing: soft targets have no ignored id"


def test_a_model_that_shifts_does_not_count_the_first() -> None:
    program = "from transformers import AutoModelForCausalLM\n" + HEAD
    program += "\ndef step(rows: list[list[int]]):\n    ids = collate(rows).masked_fill(collate(rows) == PAD, -100)\n"
    program += "    AutoModelForCausalLM.from_pretrained('gpt2')(input_ids=ids, labels=ids).loss.backward()\n"
    assert (only(program).counts or "").endswith("but the first of each row")
