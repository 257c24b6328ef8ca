"""The interpreter against torch: what is claimed of drawn programs, evaluated at their sizes, must be what torch computes."""

from __future__ import annotations

import itertools
import os
import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shapeguard.analysis.facts.shapes import Axis, Shape
from shapeguard.analysis.facts.values import UNKNOWN, Args, Tensor, Value, unknown_tensor
from shapeguard.analysis.ops import common, table
from shapeguard.analysis.ops.tensors import moves, probabilities, views
from tests.analysis.ops.against_torch import Tally, Wrong, check
from tests.analysis.ops.drawn_entries import LINES

PROGRAMS = int(os.environ.get("SHAPEGUARD_PROGRAMS", "2000"))
CHAPTERS = frozenset(
    ("sizes", "views", "moves", "casts", "arithmetic", "reductions", "probabilities", "creation", "selecting", "joins", "padded",
     "pieces", "linalg", "einops", "repeats", "orders", "from_lists")
)  # fmt: skip
NOT_DRAWN = {
    ".cuda": "needs a GPU",
    ".mps": "needs a GPU",
    ".xpu": "needs a GPU",
    **{f"torch.cuda.{n}Tensor": "needs a GPU" for n in ("Bool", "Byte", "Char", "Double", "Float", "Half", "Int", "Long", "Short")},
    "numpy.fromfile": "needs a file",
    "numpy.memmap": "needs a file",
    ".__len__": "programs write len(x), which is drawn",
    ".tensor_split": "its pieces are not followed",
    "torch.tensor_split": "its pieces are not followed",
    "numpy.split": "its pieces are not followed",
    "numpy.array_split": "its pieces are not followed",
    "scipy.special.softmax": "scipy is not installed; an alias",
    "scipy.special.log_softmax": "scipy is not installed; an alias",
}


def test_every_operation_of_the_table_is_drawn() -> None:
    known = {p + k for p, t in (("", table.CALLS), (".", table.TENSOR_METHODS), ("@", table.TENSOR_ATTRS)) for k, f in t.items()
             if f.__module__.rpartition(".")[2] in CHAPTERS}  # fmt: skip
    known |= set(table.ALIASES)
    drawn = {line.key for line in LINES}
    assert sorted(known - drawn - set(NOT_DRAWN)) == []
    assert sorted(set(NOT_DRAWN) - known) == []
    assert sorted(k for k in drawn if k not in known and not set(" [(-~") & set(k)) == [".add_"]


BY_KEY = {key: list(group) for key, group in itertools.groupby(sorted(LINES, key=lambda line: line.key), key=lambda line: line.key)}


def test_each_operation_alone() -> None:
    """Every line is drawn; torch accepts each at least once, or nothing would be compared."""
    tally = Tally()
    for key, lines in BY_KEY.items():
        for line, n in itertools.product(lines, range(12)):
            if n < 2 or key not in tally.accepted:
                check(random.Random(f"{key} {n}"), tally, LINES, 2, line)
    assert sorted(set(BY_KEY) - tally.accepted) == []
    assert tally.full >= 0.95 * tally.steps, tally


def test_drawn_programs() -> None:
    tally = Tally()

    @settings(
        max_examples=PROGRAMS, derandomize=True, database=None, deadline=None, phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.integers(0, 2**62), st.integers(4, 8), st.booleans())
    def programs(seed: int, length: int, chain: bool) -> None:
        check(random.Random(seed), tally, LINES, length, chain=chain)

    programs()
    print(tally)  # noqa: T201  (pytest -s shows how much was compared)
    assert tally.full >= 0.95 * tally.steps, tally
    assert tally.rejected < 0.5 * tally.programs, tally
    assert tally.ordered > PROGRAMS / 10, tally
    assert tally.sums >= PROGRAMS // 100, tally
    assert tally.dense > PROGRAMS, tally


def _does_nothing(ctx: table.Ctx, args: Args) -> Value:
    return ctx.get(args.pos[0])


def _other_axis(ctx: table.Ctx, args: Args) -> Value:
    found = probabilities.normalised(ctx, common.as_tensor(ctx, args.pos[0]) or unknown_tensor(), "softmax", None)
    first = found.shape.axes[0] if found.shape.axes else None
    return replace(found, norm=first if isinstance(first, Axis) else None)


def _always_dense(ctx: table.Ctx, args: Args) -> Value:
    found = moves.transpose(ctx, args)
    return replace(found, contiguous=True, breaks=()) if isinstance(found, Tensor) else found


def _in_order(ctx: table.Ctx, args: Args) -> Value:
    found = views.view(ctx, args)
    if not isinstance(found, Tensor):
        return found
    axes = tuple(Axis(a.parts[::-1], False) if isinstance(a, Axis) else a for a in found.shape.axes)
    return replace(found, shape=Shape(axes), notes=())


def _raises(ctx: table.Ctx, args: Args) -> Value:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        (".transpose", _does_nothing), (".transpose", _always_dense), (".view", _in_order), (".softmax", _other_axis), (".unsqueeze",
        _does_nothing),
        (".double", _does_nothing), (".transpose", _raises), (".flatten", lambda ctx, args: UNKNOWN),
    ],
)  # fmt: skip
def test_a_wrong_operation_is_seen(key: str, wrong: table.Op, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: by a claim that torch contradicts, by a crash, or by silence."""
    lines = BY_KEY[key]
    right = Tally()
    for n in range(40):
        check(random.Random(n), right, lines, 1)
    assert right.full >= 0.8 * right.steps
    monkeypatch.setitem(table.TENSOR_METHODS, key[1:], wrong)
    tally = Tally()
    try:
        for n in range(40):
            check(random.Random(n), tally, lines, 1)
    except Wrong:
        return
    assert tally.full < 0.8 * tally.steps
