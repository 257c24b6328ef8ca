"""The benchmark measures what it says: every way computes the same loss and gradient, and the peak is what a step takes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks import loss as bench
from benchmarks import loss_threads
from benchmarks.loss_cases import SHAPES, Case, Shape, make
from benchmarks.loss_peers import GROUPS, Peer

TINY = Shape(3, 24, 50, 8)
WAYS = [(given, way) for given in GROUPS for way in GROUPS[given] if not way.alone]


@pytest.mark.parametrize(("given", "way"), WAYS, ids=lambda x: x.name if isinstance(x, Peer) else x)
def test_every_way_computes_the_same(given: str, way: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)  # what is compiled, not the compiler
    for compiled in (w for w in vars(sys.modules["benchmarks.loss_peers"]).values() if hasattr(w, "cache_clear")):
        compiled.cache_clear()
    for padding in bench.PADDINGS:
        case = make(TINY, padding, torch.float32, given == "hidden")
        loss, gradient = bench.off_by(way.step(case), case, bench.truth(case))
        assert loss < 1e-6 and gradient < 1e-6
        assert all(leaf.grad is not None for leaf in case.leaves)
        case.clear()
        assert all(leaf.grad is None for leaf in case.leaves)


def test_a_way_that_computes_something_else_is_seen() -> None:
    case = make(TINY, 0.5, torch.float32, hidden=False)
    true = bench.truth(case)

    def unmasked(case: Case) -> Tensor:
        return torch.nn.functional.cross_entropy(case.logits.flatten(0, 1), case.filled.flatten())

    unmasked(case).backward()
    loss, gradient = bench.off_by(unmasked(case).detach(), case, true)
    assert loss > 1e-3 and gradient > 0.1


@pytest.mark.parametrize("padding", bench.PADDINGS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_padding_is_as_much_as_is_said(shape: Shape, padding: float) -> None:
    case = make(shape, padding, torch.float32, hidden=True)
    assert float(case.mask.double().mean()) == pytest.approx(1 - padding, abs=0.005)
    assert (case.mask == (torch.arange(shape.time) < case.lengths[:, None])).all()
    assert ((case.target == -100) == ~case.mask).all() and ((case.filled == 0) == ~case.mask).all()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("size", [32, 128])
def test_the_peak_is_what_a_step_takes(size: int) -> None:
    def step(case: Any) -> Tensor:
        first = torch.ones(size * 2**18)  # size MiB
        return first.add(1).sum()  # and as much again

    case = make(TINY, 0.5, torch.float32, hidden=False)
    assert bench.peak(Peer("made", step), case) == pytest.approx(2 * size, rel=0.1)


def test_ratios_are_of_the_first_way(monkeypatch: pytest.MonkeyPatch) -> None:
    case = make(TINY, 0.0, torch.float32, hidden=False)
    spent = 0.0  # CPU seconds, as the clock of this test counts them
    monkeypatch.setattr("benchmarks.loss.time.process_time", lambda: spent)

    def work(cost: float) -> Any:
        def step(case: Case) -> Tensor:
            nonlocal spent
            spent += cost
            return torch.zeros(())

        return step

    found = bench.ratios([Peer("one", work(0.5)), Peer("four", work(2.0))], case, rounds=3)
    assert found == {"one": 1.0, "four": 4.0}


def test_tables() -> None:
    ways = bench.peers_of("hidden", "S2")
    result = {
        "time": {way.name: [1.0, 0.5, 0.25] for way in ways},
        "error": {way.name: (1e-7, 2e-3) for way in ways if not way.alone},
        "peak": {way.name: [100.4, 50.0, 9.6] for way in ways if not way.alone},
    }
    plain = bench.table("hidden", "S2", ["fp32"], [result], markdown=False)
    assert len(plain) == len(ways) + 2 and "1.00 / 0.50 / 0.25  100 / 50 / 10  1e-07, 2e-03" in plain[1]
    page = bench.table("hidden", "S2", ["fp32"], [result], markdown=True)
    assert all(line.count("|") == 5 for line in page[:-1])
    assert any(line.startswith("| **masked_linear_cross_entropy** | 1.00") for line in page)


def test_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss_threads, "SIZE", 1 << 16)
    found = loss_threads.measure(100, "fp32", rounds=2)
    assert set(found) == {name for name, *_ in loss_threads.BATCHES} and all(ratio > 0 and ms > 0 for ratio, ms in found.values())
    with loss_threads.busy(1):
        pass
    leaf, target = loss_threads.batch(100, 8, 0.5, True, torch.float32)
    assert leaf.shape[1] == target.shape[1] + 1 and float((target != -100).double().mean()) == pytest.approx(0.5, abs=0.05)
