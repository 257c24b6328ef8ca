"""The texts of the guard's errors, as they print, and how often they blame the right argument."""

from __future__ import annotations

import gc
import pickle
import statistics
import time
import weakref
from typing import Any, TypedDict

import pytest
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from shapeguard import Logits, Mask, ShapeError, Targets, guard
from tests.guard.guard_mutations import mutations, refused, repaired


class Batch(TypedDict):
    ids: Int[Tensor, "B T"]
    labels: Int[Tensor, "B T"]


@guard
def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"]) -> Float[Tensor, ""]:
    return logits.sum()


@guard
def pair(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Float[Tensor, "B"]:
    return logits.sum((0, 1)) if len(logits) != 1 else logits.sum((1, 2))


@guard
def fixed(x: Float[Tensor, "B 3"], n: int) -> None: ...


@guard
def shifted(logits: Float[Tensor, "B T-1 V"], batch: Batch) -> None: ...


@guard
def spread(x: Float[Tensor, "... D"], *more: Float[Tensor, "D"]) -> None: ...


@guard
def values(logits: Logits, targets: Targets, mask: Mask | None = None) -> None: ...


def f(*shape: int) -> Tensor:
    return torch.zeros(shape)


def i(*shape: int) -> Tensor:
    return torch.zeros(shape, dtype=torch.long)


def b(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.bool)


TEXTS: list[tuple[Any, tuple[Any, ...], str]] = [
    (
        loss,
        (f(6, 4, 10), i(4, 6), b(4, 6)),
        """
loss() got tensors whose shapes disagree   [test_guard_messages.py:LINE]
  > logits  : Float[B T V]   got float32[6, 4, 10]
    targets : Int[B T]       got int64[4, 6]
    mask    : Bool[B T]      got bool[4, 6]
  B: logits.shape[0] is 6, but B = 4 from targets.shape[0]
  T: logits.shape[1] is 4, but T = 6 from targets.shape[1]
  fix: logits.transpose(0, 1)""",
    ),
    (
        loss,
        (i(4, 6), f(4, 6, 10), b(4, 6)),
        """
loss() got logits and targets in each other's place   [test_guard_messages.py:LINE]
  > logits  : Float[B T V]   got int64[4, 6]
  > targets : Int[B T]       got float32[4, 6, 10]
    mask    : Bool[B T]      got bool[4, 6]
  logits is int64, and Float takes bfloat16, float16, float32, float64
  logits has 2 axes, and B T V are 3
  fix: logits, targets = targets, logits""",
    ),
    (
        loss,
        (f(24, 10), i(4, 6), b(4, 6)),
        """
loss() got a tensor with the wrong number of axes   [test_guard_messages.py:LINE]
  > logits  : Float[B T V]   got float32[24, 10]
    targets : Int[B T]       got int64[4, 6]
    mask    : Bool[B T]      got bool[4, 6]
  logits has 2 axes, and B T V are 3
  fix: logits.unflatten(0, (4, 6))""",
    ),
    (
        loss,
        (f(4, 6, 10), i(4, 6), i(4, 6)),
        """
loss() got a tensor of the wrong dtype   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[4, 6, 10]
    targets : Int[B T]       got int64[4, 6]
  > mask    : Bool[B T]      got int64[4, 6]
  mask is int64, and Bool takes bool
  fix: mask.bool()""",
    ),
    (
        loss,
        (f(4, 6, 10), i(4, 6), None),
        """
loss() got something that is no tensor   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[4, 6, 10]
    targets : Int[B T]       got int64[4, 6]
  > mask    : Bool[B T]      got None
  mask is None, and Bool[B T] is asked""",
    ),
    (
        loss,
        (f(4, 6, 10), None, "mask"),
        """
loss() got arguments that are no tensors   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[4, 6, 10]
  > targets : Int[B T]       got None
  > mask    : Bool[B T]      got str 'mask'
  targets is None, and Int[B T] is asked
  mask is str 'mask', and Bool[B T] is asked""",
    ),
    (
        loss,
        (f(4, 6, 10), i(4, 6, 1), b(4, 6)),
        """
loss() got a tensor with the wrong number of axes   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[4, 6, 10]
  > targets : Int[B T]       got int64[4, 6, 1]
    mask    : Bool[B T]      got bool[4, 6]
  targets has 3 axes, and B T are 2
  fix: targets.squeeze(2)""",
    ),
    (
        pair,
        (f(4, 6, 10), i(4, 7)),
        """
pair() got tensors whose shapes disagree   [test_guard_messages.py:LINE]
  > logits  : Float[B T V]   got float32[4, 6, 10]
  > targets : Int[B T]       got int64[4, 7]
  T: targets.shape[1] is 7, but T = 6 from logits.shape[1]
  fix: targets[:, 1:]""",
    ),
    (
        pair,
        (f(4, 6, 10), i(4, 6)),
        """
pair() returned a tensor whose shape disagrees with the arguments   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[4, 6, 10]
    targets : Int[B T]       got int64[4, 6]
  > return  : Float[B]       got float32[10]
  B: return.shape[0] is 10, but B = 4 from logits.shape[0]""",
    ),
    (
        fixed,
        (f(2, 4), 1),
        """
fixed() got a tensor of the wrong size   [test_guard_messages.py:LINE]
  > x : Float[B 3]   got float32[2, 4]
  x.shape[1] is 4, not 3""",
    ),
    (
        fixed,
        (f(2, 3), "one"),
        """
fixed() got n that is not what its annotation says   [test_guard_messages.py:LINE]
    x : Float[B 3]   got float32[2, 3]
  > n : int          got str 'one'
  n is str 'one', and int is asked""",
    ),
    (
        shifted,
        (f(4, 6, 10), {"ids": i(4, 6), "labels": i(4, 6)}),
        """
shifted() got tensors whose shapes disagree   [test_guard_messages.py:LINE]
  > logits          : Float[B T-1 V]   got float32[4, 6, 10]
    batch["ids"]    : Int[B T]         got int64[4, 6]
    batch["labels"] : Int[B T]         got int64[4, 6]
  T-1: logits.shape[1] is 6, but T-1 = 5, with T = 6 from batch["ids"].shape[1]""",
    ),
    (
        shifted,
        (f(4, 5, 10), {"ids": i(4, 6)}),
        """
shifted() got batch that is not what its annotation says   [test_guard_messages.py:LINE]
    logits       : Float[B T-1 V]   got float32[4, 5, 10]
    batch["ids"] : Int[B T]         got int64[4, 6]
  > batch        : Batch            got dict of 1
  batch has no key "labels": it has ids""",
    ),
    (
        spread,
        (f(2, 5), *[f(5)] * 11, f(4)),
        """
spread() got tensors whose shapes disagree   [test_guard_messages.py:LINE]
    x        : Float[... D]   got float32[2, 5]
    more[0]  : Float[D]       got float32[5]
    more[1]  : Float[D]       got float32[5]
    more[2]  : Float[D]       got float32[5]
    more[3]  : Float[D]       got float32[5]
    more[4]  : Float[D]       got float32[5]
    more[5]  : Float[D]       got float32[5]
  > more[11] : Float[D]       got float32[4]
    ... and 5 more
  D: more[11].shape[0] is 4, but D = 5 from x.shape[1]""",
    ),
    (
        values,
        (f(2, 3, 10), torch.tensor([[1, 2, 3], [4, 10, -1]])),
        """
values() got ids in targets that are no classes   [test_guard_messages.py:LINE]
    logits  : Float[B T V]   got float32[2, 3, 10]
  > targets : Integer[B T]   got int64[2, 3]
  targets[1, 1] is 10; the 10 classes (V) are 0 to 9, and -100 is ignored
  2 of 6 ids are outside""",
    ),
    (
        values,
        (torch.full((2, 3, 4), 0.25), i(2, 3)),
        """
values() got probabilities in logits, not logits   [test_guard_messages.py:LINE]
  > logits  : Float[B T V]   got float32[2, 3, 4]
    targets : Integer[B T]   got int64[2, 3]
  logits[0, 0] sums to 1 and has no negative: a softmax was applied, and cross entropy applies one too""",
    ),
]


@pytest.mark.parametrize("fn, arguments, text", TEXTS, ids=range(len(TEXTS)))
def test_text(fn: Any, arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ShapeError) as caught:
        fn(*arguments)
    line = caught.value.finding.caller[1]  # type: ignore[union-attr, index]
    assert str(caught.value) == text.strip().replace("LINE", str(line))
    assert caught.value.finding.caller[0] == __file__  # type: ignore[union-attr, index]
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_fields_for_programs() -> None:
    with pytest.raises(ShapeError) as caught:
        loss(f(6, 4, 10), i(4, 6), b(4, 6))
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert type(error) is ShapeError
        assert str(error) == str(caught.value)
        found = error.finding
        assert found is not None
        assert (found.function, found.problem, found.culprits, found.fix) == ("loss", "name", ("logits",), "logits.transpose(0, 1)")
        assert found.dims["B"] == (4, "targets.shape[0]")
        row = found.arguments[0]
        assert (row.path, row.annotation, row.got, row.culprit) == ("logits", "Float[B T V]", "float32[6, 4, 10]", True)
        assert (row.shape, row.dtype) == ((6, 4, 10), "float32")


def test_it_holds_no_tensor() -> None:
    logits = f(6, 4, 10)
    watch = weakref.ref(logits)
    try:
        loss(logits, i(4, 6), b(4, 6))
    except ShapeError as error:
        kept = error.with_traceback(None)
        kept.__context__ = None
    del logits
    gc.collect()
    assert watch() is None
    assert "logits" in str(kept)


def test_a_plain_message_is_enough() -> None:
    error = ShapeError("text")
    assert (str(error), error.finding) == ("text", None)


def test_wrong_calls_are_blamed_on_the_right_argument() -> None:
    calls = list(mutations())
    assert len(calls) >= 400
    exact = right = fixes = 0
    times = []
    for mutation in calls:
        strict = guard(mutation.fn)
        start = time.thread_time()
        error = refused(strict, mutation.arguments)
        times.append(time.thread_time() - start)
        assert error is not None
        assert error.finding is not None
        assert str(error).count("\n") <= 11
        told = frozenset(error.finding.culprits)
        exact += told == mutation.culprits
        right += mutation.culprits <= told and len(told) <= 2
        if error.finding.fix is not None:
            fixes += 1
            for arguments in repaired(mutation, error.finding.fix):
                assert refused(strict, arguments) is None, f"{mutation}\n{error}"
    assert right >= 0.95 * len(calls)
    assert exact >= 0.8 * len(calls)  # two that only contradict each other are both named
    assert fixes >= 0.6 * len(calls)
    assert statistics.median(times) < 5e-3  # of this thread alone: half a millisecond where nothing else runs
