"""Loss calls made by hand, for rules and queries: no source, no interpreter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, Sym
from shapeguard.analysis.facts.values import (
    After,
    Arg,
    Count,
    Fill,
    LossCall,
    Mask,
    Note,
    NoteKind,
    Origin,
    Site,
    Step,
    Swap,
    Tensor,
)
from shapeguard.lint.registry import load
from shapeguard.rule import Report, Rule

SITE = Site(None, None)  # type: ignore[arg-type]
B, T, V = (Dim.of(Sym(n, i, r)) for i, (n, r) in enumerate([("B", "batch"), ("T", "time"), ("V", "class")], -3))
N = Dim.of(Sym("N", -9))
PAD, EOS, PAD_IDX = (Dim.of(Sym(n, i, r)) for i, (n, r) in enumerate([("tok.pad", "pad"), ("tok.eos", "eos"), ("PAD_IDX", "")], -20))
BT, TB = Axis((B, T)), Axis((T, B))
RULES: dict[str, Rule] = load()


def step(op: str = "op", text: str = "", *parents: Step, shape: Shape | None = None, sure: bool = True) -> Step:
    """A step without a place."""
    return Step(op, SITE, text or op, shape, sure, parents)


def logits(*sizes: Dim | int | Axis | Pack, **facts: Any) -> Tensor:
    """Raw scores."""
    shape = Shape.of(*sizes)
    facts.setdefault("step", step("logits", f"logits are {shape}", shape=shape))
    return Tensor(shape, **{"dtype": "float", "scale": "logits", **facts})


def ids(*sizes: Dim | int | Axis | Pack, **facts: Any) -> Tensor:
    """Class ids."""
    shape = Shape.of(*sizes)
    facts.setdefault("step", step("ids", f"targets are {shape}", shape=shape))
    return Tensor(shape, **{"dtype": "int64", "scale": "ids", **facts})


def fill(value: Dim | int | None = 0, shape: Shape | None = None) -> Fill:
    """Padding by pad_sequence."""
    return Fill(Dim.of(value) if isinstance(value, int) else value, step("pad_sequence", f"pads with {value}", shape=shape))


def swap(by: Dim | int | None, new: Dim | int, **more: Any) -> Swap:
    """`labels[labels == by] = new`."""
    dims = [Dim.of(x) if isinstance(x, int) else x for x in (by, new)]
    return Swap(dims[0], dims[1], more.pop("step", step("swap")), **more)


def mask(kind: Any = "id", keeps: Any = "others", id: Dim | int | None = 0, **more: Any) -> Mask:  # noqa: A002
    """A mask; of ids other than 0 unless told."""
    made = Dim.of(id) if isinstance(id, int) else id
    return Mask(kind, keeps, made if kind == "id" else None, step=step("mask"), **more)


def note(kind: NoteKind, *parents: Step, shape: Shape | None = None, mask: Mask | None = None) -> Note:
    """A note with a step of its own."""
    return Note(kind, step(kind, kind, *parents, shape=shape), mask)


def times(m: Mask | None = None, count: Count | None = None) -> After:
    """`* mask`."""
    return After("times", m if m or count else mask(), count, step=step("times"))


def summed(rank: int | None = 0) -> After:
    """`.sum()`."""
    return After("sum", step=step("sum", shape=None if rank is None else Shape.of(*[B] * rank)))


def mean(rank: int | None = 0) -> After:
    """`.mean()`."""
    return After("mean", step=step("mean", shape=None if rank is None else Shape.of(*[B] * rank)))


def div(kind: Any, *parents: Step, by: Dim | None = None) -> After:
    """`/ n`."""
    return After("div", count=Count(kind), by=by, step=step("div", "", *parents))


def loss(x: Tensor | None = None, y: Tensor | None = None, **facts: Any) -> LossCall:
    """F.cross_entropy of flattened logits and targets, unless told otherwise."""
    x = logits(BT, V) if x is None else x
    y = ids(BT) if y is None else y
    ignored = facts.pop("ignore", None)
    reduction = facts.pop("reduction", "mean")
    weight = facts.pop("weight", None)
    if facts.get("family") == "nll":
        facts.setdefault("takes", "log_probs")
    base = LossCall(
        1,
        "F.cross_entropy",
        "cross_entropy",
        SITE,
        (),
        x,
        y,
        x.step,
        y.step,
        Arg(reduction, reduction != "mean"),
        Arg(Dim.of(-100)) if ignored is None else Arg(Dim.of(ignored) if isinstance(ignored, int) else ignored, True),
        Arg(weight, weight is not None),
        Arg(0.0),
        step=step("cross_entropy"),
    )
    return replace(base, **facts)


def reports(code: str, call: LossCall) -> list[Report]:
    """What one rule says."""
    return list(RULES[code].check(call))


def codes(call: LossCall, *, opt_in: bool = False) -> list[str]:
    """The rules that speak of a loss."""
    return [code for code, rule in RULES.items() if (opt_in or rule.level == "on") and any(True for _ in rule.check(call))]


def origin(source: int, start: int = 0) -> Origin:
    """Ids cut from a source."""
    return Origin(source, Dim.of(start))


__all__ = [
    "B", "BT", "EOS", "N", "PAD", "PAD_IDX", "RULES", "SITE", "T", "TB", "V", "codes", "div", "fill", "ids", "logits", "loss", "mask",
    "mean", "note", "origin", "reports", "step", "summed", "swap", "times",
]
