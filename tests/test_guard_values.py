"""Checks of values: what the named types say about ids, masks, lengths and logits, and what they leave alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
import torch
from jaxtyping import Float, Int
from torch import Tensor

from shapeguard import Inputs, Lengths, Logits, Mask, ShapeError, Targets, guard
from shapeguard.runtime import Ids, Problem, ShapeWarning, Values, later

V = 11
Tags = Annotated[Int[Tensor, "N S"], Ids(below="C", ignore_index=(0, -1))]


@guard
def loss(logits: Logits, targets: Targets, mask: Mask | None = None) -> None: ...


@guard
def model(inputs: Inputs, targets: Targets) -> None: ...


@guard
def tag(scores: Float[Tensor, "N S C"], tags: Tags) -> None: ...


@guard
def pack(mask: Mask, lengths: Lengths) -> None: ...


def logits(b: int = 3, t: int = 5) -> Tensor:
    return torch.randn(b, t, V, generator=torch.Generator().manual_seed(b))


def targets(b: int = 3, t: int = 5) -> Tensor:
    return torch.randint(0, V, (b, t), generator=torch.Generator().manual_seed(t))


def put(x: Tensor, at: tuple[int, ...], value: float) -> Tensor:
    x = x.clone()
    x[at] = value
    return x


def refused(fn: Any, *arguments: Any) -> str:
    with pytest.raises(ShapeError) as caught:
        fn(*arguments)
    assert caught.value.finding is not None
    assert caught.value.finding.problem == "value"
    return str(caught.value)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8])
def test_ids(dtype: torch.dtype) -> None:
    right = targets().to(dtype)
    loss(logits(), right)
    assert f"targets[2, 4] is {V}; the {V} classes (V) are 0 to {V - 1}, and -100 is ignored" in refused(
        loss, logits(), put(right, (2, 4), V)
    )
    if dtype is not torch.uint8:
        loss(logits(), put(right, (0, 0), -100))
        for wrong in (-1, -99, -101):
            assert f"targets[0, 1] is {wrong}" in refused(loss, logits(), put(right, (0, 1), wrong))
            refused(loss, logits(), put(put(right, (0, 1), wrong), (0, 0), -100))


def test_ids_that_are_views() -> None:
    wide = targets(5, 3).T
    assert not wide.is_contiguous()
    loss(logits(), wide)
    assert "targets[1, 0] is 99" in refused(loss, logits(), put(wide.contiguous(), (1, 0), 99).T.contiguous().T)
    loss(logits(), targets(3, 10)[:, ::2])
    assert "targets[1, 0] is 99" in refused(loss, logits(), put(targets(3, 10), (1, 0), 99)[:, ::2])


def test_nothing_left_to_count() -> None:
    none = torch.full((3, 5), -100)
    assert "nothing to count: every id in targets is ignored" in refused(loss, logits(), none)
    assert "nothing to count: mask is False everywhere" in refused(loss, logits(), targets(), torch.zeros(3, 5, dtype=torch.bool))
    keep = torch.zeros(3, 5, dtype=torch.bool)
    keep[1, 2] = True
    loss(logits(), targets(), keep)
    assert "every id of targets is ignored where mask is True" in refused(loss, logits(), put(targets(), (1, 2), -100), keep)
    loss(logits(), put(none, (1, 2), 3), keep)
    loss(logits(), put(none, (0, 0), 3), put(keep, (0, 0), True))


def test_empty_batches_are_left_alone() -> None:
    loss(logits(0), targets(0), torch.zeros(0, 5, dtype=torch.bool))
    pack(torch.zeros(0, 5, dtype=torch.bool), torch.zeros(0, dtype=torch.long))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_probabilities(dtype: torch.dtype) -> None:
    raw = logits(4, 64).to(dtype).requires_grad_()
    ids = targets(4, 64)
    loss(raw, ids)
    loss(raw.log_softmax(-1), ids)
    loss(raw.softmax(1), ids)
    loss(raw.sigmoid(), ids)
    loss(torch.zeros_like(raw), ids)
    assert "probabilities in logits, not logits" in refused(loss, raw.softmax(-1), ids)
    one = raw.detach().clone()
    one[0, 0] = one[0, 0].softmax(-1)
    loss(one, ids)


def test_targets_that_equal_the_inputs() -> None:
    ids = targets()
    model(ids, ids.roll(-1, 1))
    assert "targets that equal inputs" in refused(model, ids, ids.clone())
    constant = torch.full((3, 5), 7)
    model(constant, constant)
    assert "inputs[0, 0] is -2; ids are never negative" in refused(model, put(ids, (0, 0), -2), ids)


def test_other_letters_and_ignored_ids() -> None:
    tag(logits(), put(targets().clamp(min=1), (0, 0), -1))
    tag(logits(), put(targets().clamp(min=1), (0, 0), 0))
    assert "tags[0, 1] is -100; the 11 classes (C) are 0 to 10, and 0 or -1 is ignored" in refused(
        tag, logits(), put(targets(), (0, 1), -100)
    )
    assert "every id in tags is ignored" in refused(tag, logits(), put(torch.zeros(3, 5, dtype=torch.long), (0, 1), -1))


def test_lengths() -> None:
    mask = torch.ones(3, 5, dtype=torch.bool)
    pack(mask, torch.tensor([5, 0, 2]))
    assert "lengths[1] is 6, and the rows have 5 steps (T)" in refused(pack, mask, torch.tensor([5, 6, 2]))
    assert "lengths[2] is -1" in refused(pack, mask, torch.tensor([5, 0, -1]))
    assert "every length in lengths is 0" in refused(pack, mask, torch.zeros(3, dtype=torch.long))


def test_a_mask_is_bool_and_of_the_right_shape() -> None:
    with pytest.raises(ShapeError, match="mask is float32, and Bool takes bool"):
        loss(logits(), targets(), torch.ones(3, 5))
    with pytest.raises(ShapeError, match=r"got bool\[3, 1\]"):
        loss(logits(), targets(), torch.ones(3, 1, dtype=torch.bool))


@dataclass(frozen=True)
class Finite(Values):
    """A mark as a user would write it."""

    def problem(self, tensor: Tensor, path: str, sizes: Mapping[str, int]) -> Problem | None:
        bad = int((~tensor.isfinite()).sum())
        return Problem(path, f"numbers in {path} that are not finite", (f"{bad} of {sizes['B'] * sizes['D']}",)) if bad else None


class Batch(TypedDict):
    logits: Logits
    labels: Targets


def test_marks_of_ones_own_anywhere() -> None:
    @guard
    def flat(x: Annotated[Float[Tensor, "B D"], Finite()], y: Float[Tensor, "B"]) -> Annotated[Float[Tensor, "B D"], Finite()]:
        return x / y[:, None]

    @guard
    def slow(x: list[Annotated[Float[Tensor, "B D"], Finite()]]) -> None: ...

    ones = torch.ones(2, 3)
    flat(ones, ones[:, 0])
    assert "flat() got numbers in x that are not finite" in refused(flat, ones * torch.inf, ones[:, 0])
    assert "flat() returned numbers in return that are not finite" in refused(flat, ones, ones[:, 0] * 0)
    slow([ones])
    assert "numbers in x[1] that are not finite" in refused(slow, [ones, ones * torch.nan])


def test_values_inside_of_containers() -> None:
    @guard
    def step(batch: Batch) -> tuple[Logits, Targets]:
        return batch["logits"], batch["labels"] if batch["labels"].sum() else put(batch["labels"], (0, 0), 50)

    step({"logits": logits(), "labels": targets()})
    assert 'batch["labels"][0, 0] is 50' in refused(step, {"logits": logits(), "labels": put(targets(), (0, 0), 50)})
    assert "step() returned ids in return[1] that are no classes" in refused(step, {"logits": logits(), "labels": targets() * 0})


def test_modes() -> None:
    wrong = torch.full((3, 5), 99)
    guard(loss.__wrapped__, mode="shapes")(logits(), wrong)  # type: ignore[attr-defined]
    with pytest.warns(ShapeWarning, match="ids in targets"):
        guard(loss.__wrapped__, mode="values,warn")(logits(), wrong)  # type: ignore[attr-defined]


class Event:
    """A device's event that is reached when the test says so."""

    reached = False

    def record(self) -> None: ...
    def query(self) -> bool:
        return self.reached


def test_a_gpu_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    # the bookkeeping alone, on the CPU: nothing here has run on a GPU
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(later, "_pinned", torch.empty_like)
    monkeypatch.setattr(later, "_may_look", lambda tensor: True)
    mark = Ids("V", -100)
    wrong = torch.tensor([[1, -100, V]])
    assert later.ids(wrong, "targets", V, mark) is None
    assert later.ids(wrong, "targets", V, mark) is None
    monkeypatch.setattr(Event, "reached", True)
    told = later.ids(targets(), "targets", V, mark)
    assert told is not None
    assert told.lines[0] == "targets held 11, and there are 11 classes"
    assert later.ids(targets(), "targets", V, mark) is None
    assert later.ids(targets(), "targets", V, mark) is None
    assert later.ids(torch.full((2, 2), -100), "labels", V, mark) is None
    assert "every id in labels is ignored" in later.ids(targets(), "labels", V, mark).verdict  # type: ignore[union-attr]
    assert later.mask(torch.zeros(2, dtype=torch.bool), "mask") is None
    assert "mask was False everywhere" in later.mask(torch.ones(2, dtype=torch.bool), "mask").verdict  # type: ignore[union-attr]
