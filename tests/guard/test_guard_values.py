"""Checks of values: what the named types say about ids, masks, lengths and logits, and what they leave alone."""

from __future__ import annotations

import itertools
import random
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
import torch
from jaxtyping import Float, Int, Integer, Shaped
from torch import Tensor

from shapeguard import Inputs, Lengths, Logits, Mask, ShapeError, Targets, guard
from shapeguard.runtime import Ids, Keeps, Problem, ShapeWarning, Values, later

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


def test_padding_does_not_hide_a_copy() -> None:
    ids = torch.randint(0, V, (3, 8), generator=torch.Generator().manual_seed(0))
    padded = torch.arange(8) >= torch.tensor([8, 5, 3])[:, None]
    for pad in (padded, padded.flip(1), torch.arange(8).expand(3, 8) == 4):
        given = ids.masked_fill(pad, 0)
        assert "every id of targets that counts is the id fed at the same step" in refused(model, given, given.masked_fill(pad, -100))
        right = given.roll(-1, 1).masked_fill(pad | (torch.arange(8) == 7), -100)
        model(given, right)
        model(given.int(), right)
    refused(model, ids.int(), ids)


def test_targets_that_are_shifted_twice() -> None:
    text = torch.randint(0, V, (3, 12), generator=torch.Generator().manual_seed(0))
    ids, once, twice = text[:, :10], text[:, 1:11], text[:, 2:]
    model(ids, once)
    assert "targets that are inputs shifted twice" in refused(model, ids, twice)
    refused(model, ids, twice.masked_fill(torch.arange(10) > 6, -100))
    refused(model, ids, ids.roll(-2, 1))  # the last two have nothing to be compared with
    model(ids, put(twice, (1, 2), (int(twice[1, 2]) + 1) % V))
    for row in ([7] * 10, [3, 4] * 5):  # these are shifted once as well
        rows = torch.tensor([row, row])
        model(rows, rows.roll(-1, 1))
        model(rows, rows.roll(-3, 1))


def test_a_few_ids_that_agree_by_chance() -> None:
    ids = torch.randint(0, V, (3, 8), generator=torch.Generator().manual_seed(0))
    for kept in (0, 1, 3):
        few = torch.full_like(ids, -100)
        few[0, :kept] = ids[0, :kept]
        few[2, 7] = 1
        model(ids, few)


@guard
def heads(inputs: Inputs, targets: Targets, later_targets: Targets) -> None: ...


def test_a_head_for_a_later_token() -> None:
    text = torch.randint(0, V, (3, 12), generator=torch.Generator().manual_seed(0))
    heads(text[:, :10], text[:, 1:11], text[:, 2:])
    refused(heads, text[:, :10], text[:, 1:11], text[:, :10])


def test_shifts_under_vmap() -> None:
    ids = targets(4, 6)[:, None]
    torch.vmap(lambda x: (model(x, x), x)[1])(ids)


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


# the quick looks against ids taken one by one


def by_hand(ids: Tensor, size: int, ignored: tuple[int, ...]) -> tuple[int, ...] | str | None:
    """The place of the first id that is no class, "nothing" where none is left to count, or None."""
    left = False
    for at in itertools.product(*map(range, ids.shape)):
        one = int(ids[at])
        if one not in ignored:
            left = True
            if not 0 <= one < size:
                return at
    return None if left or ids.numel() == 0 else "nothing"


LAYOUTS: dict[str, Any] = {
    "plain": lambda x: x,
    "transposed": lambda x: x.T.contiguous().T,
    "every second": lambda x: x.repeat_interleave(2, 1)[:, ::2],
    "one row expanded": lambda x: x[:1].expand(3, -1),
    "part of a buffer": lambda x: torch.cat([x.new_full((1, x.shape[1]), 77), x])[1:],
    "empty": lambda x: x[:0],
    "no columns": lambda x: x[:, :0],
}
IGNORED = [-100, -1, 0, 3, V - 1, V, V + 1, 255, None, (), (-100, -1), (0, -1), (0, 3), (-100, V)]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8], ids=str)
@pytest.mark.parametrize("ignored", IGNORED, ids=str)
def test_ids_against_ids_taken_one_by_one(ignored: Any, dtype: torch.dtype) -> None:
    mark = Ids("V", ignored)
    info = torch.iinfo(dtype)
    special = {0, 1, V - 1, V, V + 1, -1, -2, -99, -100, -101, 127, 255, info.min, info.min + 1, info.max - 1, info.max, *mark.ignored}
    special = {i for i in special if info.min <= i <= info.max}
    rng = random.Random(f"{ignored}{dtype}")
    seen = set()
    for size in (V, 1, 200, 300, 70_000):
        look = mark.look("ids", ["V"])
        for _ in range(60):
            classes = [i for i in (0, 1, size // 2, size - 1) if i <= info.max]
            pool = rng.choice([classes, [*classes, *mark.ignored], [*mark.ignored, *classes[:1]], list(mark.ignored) or classes])
            rows = [[rng.choice(pool) for _ in range(4)] for _ in range(3)]
            for _ in range(rng.choice([0, 0, 1, 2])):
                rows[rng.randrange(3)][rng.randrange(4)] = rng.choice(sorted(special))
            rows = [[min(max(i, info.min), info.max) for i in row] for row in rows]
            ids = LAYOUTS[rng.choice(list(LAYOUTS))](torch.tensor(rows).to(dtype))
            want, got = by_hand(ids, size, mark.ignored), look(ids, (size,))
            seen.add(type(want))
            if isinstance(want, tuple):
                assert isinstance(got, Problem)
                assert got.lines[0].startswith(f"ids[{', '.join(map(str, want))}] is {int(ids[want])}; "), (ids, got)
            elif want == "nothing":
                assert isinstance(got, Problem)
                assert "nothing to count" in got.verdict
            else:
                assert not isinstance(got, Problem), (ids, got)
            if not isinstance(got, Problem) and ids.numel():  # "some may be ignored" must not be missed: a mask may hide the rest
                assert got is not None or not any(int(i) in mark.ignored for i in ids.flatten())
    possible = any(info.min <= i <= info.max for i in mark.ignored)
    assert seen == {type(None), tuple, *([str] if possible else [])}


def test_a_negative_id_of_a_narrow_dtype_among_many_classes() -> None:
    for dtype, wide in ((torch.int8, 300), (torch.int16, 70_000)):
        wrong = torch.tensor([[1, -7, -100]], dtype=dtype)
        assert "targets[0, 1] is -7" in refused(loss, torch.zeros(1, 3, wide), wrong)
        loss(torch.zeros(1, 3, wide), wrong.abs())
        assert "inputs[0, 1] is -7; ids are never negative" in refused(model, wrong.abs() * wrong.sign(), wrong.abs())


def test_a_mask_that_leaves_only_ignored_ids_wherever_the_padding_stands() -> None:
    rng = random.Random(5)
    seen = set()
    for _ in range(300):
        ids = torch.tensor([[rng.choice([-100, 4]) for _ in range(2)] for _ in range(2)])
        keep = torch.tensor([[rng.random() < 0.4 for _ in range(2)] for _ in range(2)])
        nothing = not bool((keep & (ids != -100)).any())
        seen.add(nothing)
        if nothing:
            assert "nothing to count" in refused(loss, logits(2, 2), ids, keep)
        else:
            loss(logits(2, 2), ids, keep)
    assert seen == {True, False}


@guard
def counted(
    ids: Annotated[Integer[Tensor, "B _"], Ids(None)], keep: Annotated[Shaped[Tensor, "B _"], Keeps()], x: Float[Tensor, "B"]
) -> None: ...


def test_masks_of_numbers_and_of_other_widths() -> None:
    ids, x = torch.tensor([[-100, 1, -100]]), torch.zeros(1)
    for dtype in (torch.int64, torch.uint8, torch.float32, torch.bfloat16):
        counted(ids, torch.tensor([[0, 1, 0]]).to(dtype), x)
        assert "every id of ids is ignored where keep is True" in refused(counted, ids, torch.tensor([[1, 0, 1]]).to(dtype), x)
        assert "keep is False everywhere" in refused(counted, ids, torch.zeros(1, 3, dtype=dtype), x)
    counted(ids, torch.ones(1, 3).requires_grad_(), x)
    counted(ids, torch.tensor([[True, False]]), x)


def test_ids_that_are_no_integers() -> None:
    @guard
    def takes(ids: Annotated[Shaped[Tensor, "B"], Ids(None)]) -> None: ...

    takes(torch.tensor([1, -100]))
    for wrong in (torch.tensor([1.0]), torch.tensor([True])):
        assert "ids in ids that are no integers" in refused(takes, wrong)


def test_tensors_that_numpy_cannot_look_at() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # csr is in beta
        for sparse in (torch.Tensor.to_sparse, torch.Tensor.to_sparse_csr):
            pack(sparse(torch.eye(3, dtype=torch.bool)), torch.ones(3, dtype=torch.long))
            tag(logits(), torch.eye(3, 5).long().to_sparse())
            with pytest.raises(ShapeError, match="disagree"):
                pack(sparse(torch.eye(3, dtype=torch.bool)), torch.ones(2, dtype=torch.long))
    negated = torch.zeros(2, 3, V, dtype=torch.cfloat).conj().imag
    assert negated.is_neg()
    loss(negated, torch.ones(2, 3, dtype=torch.long))


def test_an_error_of_a_mark_is_its_own() -> None:
    class Breaks(Values):
        def problem(self, tensor: Tensor, path: str, sizes: Mapping[str, int]) -> Problem | None:
            raise RuntimeError("mine")

    @guard
    def takes(x: Annotated[Float[Tensor, "B"], Breaks()]) -> None: ...

    for x in (torch.zeros(2), torch.zeros(2, dtype=torch.bfloat16), torch.zeros(2, requires_grad=True)):
        with pytest.raises(RuntimeError, match=r"^mine$"):
            takes(x)
    torch.vmap(lambda x: (takes(x), x)[1])(torch.zeros(1, 2))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("value", [-0.5, 1.5, float("nan"), float("inf"), -float("inf")])
def test_one_number_that_is_no_probability(value: float, dtype: torch.dtype) -> None:
    sure = logits(1, 2).softmax(-1).to(dtype)
    ids = targets(1, 2)
    assert "probabilities" in refused(loss, sure, ids)
    for at in (0, 3, V - 1):
        loss(put(sure, (0, 0, at), value), ids)
    loss(sure.transpose(1, 2).contiguous().transpose(1, 2) * 2, ids)
    assert "probabilities" in refused(loss, sure.transpose(1, 2).contiguous().transpose(1, 2), ids)
