"""Gradients of several processes are those of one, to 1e-12, with accumulation and with ranks that see only padding; wrong ways are not."""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import runpy
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from shapeguard.losses.counting import count_tokens
from shapeguard.losses.perplexity import Perplexity
from tests.command import HANG
from tests.losses.distributed_ranks import run_ranks
from tests.losses.distributed_steps import (
    Model,
    Step,
    ddp,
    error,
    fsdp2,
    fused,
    local_mean,
    mean_of_means,
    right,
    truth,
    without_world_size,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
EXACT = 1e-12

ONE = Step()
FOUR = Step(micro=4)
EMPTY = Step(micro=4, empty=(1,))
NOTHING = Step(micro=2, empty=(0, 1, 2, 3))

RIGHT: dict[str, Any] = {
    "ddp": (ddp, ONE, right),
    "ddp, 4 micro-batches": (ddp, FOUR, right),
    "ddp, empty rank": (ddp, EMPTY, right),
    "ddp, nothing": (ddp, NOTHING, right),
    "ddp, hidden states": (ddp, EMPTY, fused),
    "ddp, hidden states, nothing": (ddp, NOTHING, fused),
    "fsdp2": (fsdp2, ONE, right),
    "fsdp2, 4 micro-batches": (fsdp2, FOUR, right),
    "fsdp2, empty rank": (fsdp2, EMPTY, right),
    "fsdp2, hidden states": (fsdp2, EMPTY, fused),
}
ONE_EMPTY = Step(empty=(1,))
WRONG = {"local mean": (local_mean, ONE), "local mean, empty rank": (local_mean, ONE_EMPTY)}
WRONG |= {"mean of means": (mean_of_means, FOUR), "no world size": (without_world_size, FOUR)}
OFF = {"local mean": {2: 0.09363, 4: 0.43493}, "local mean, empty rank": {2: 1 / 2, 4: 0.37989}}
OFF |= {"mean of means": {2: 0.48220, 4: 0.54213}, "no world size": {2: 1 / 2, 4: 3 / 4}}


def everything(rank: int, world: int) -> dict[str, Any]:
    """All that is asked of a group of ranks, so that only one has to be started."""
    told: dict[str, Any] = {name: way(step, rank, world, loss) for name, (way, step, loss) in RIGHT.items()}
    told |= {name: ddp(step, rank, world, loss) for name, (loss, step) in WRONG.items()}
    targets = [y for _, y in EMPTY.of(rank, world)]
    told["counts"] = [count_tokens(targets), count_tokens(targets, group=dist.group.WORLD)]
    told["counts"] += [count_tokens([y != -100 for y in targets], group=dist.group.WORLD), count_tokens([], group=dist.group.WORLD)]
    told["perplexity"] = perplexities(rank, world)
    told["alone"] = outside(rank)
    told["left out"] = left_out(rank)
    return told


def perplexities(rank: int, world: int) -> list[float]:
    """This rank's own, that of all, all again, and this rank's own where rank 1 saw nothing, and that of all."""
    group, told = dist.group.WORLD, []
    for step in (FOUR, EMPTY):
        model, ppl = Model(), Perplexity()
        with torch.no_grad():
            for x, y in step.of(rank, world):
                ppl.update(model(x), y)
        told += [ppl.compute(), ppl.compute(group=group), ppl.compute(group=group)]
    return [float(p) for p in [*told, Perplexity().compute(group=group)]]


def outside(rank: int) -> str:
    """What a rank is told that asks for the count of a group it is not of."""
    group = dist.new_group([0])
    try:
        return str(count_tokens(torch.arange(5), group=group).item())
    except ValueError as told:
        return str(told)


def left_out(rank: int) -> float:
    """All but rank 0 leave their backward out for a while: when they begin it at last, and when that of rank 0 ends."""
    model = DistributedDataParallel(Model())
    loss = model(torch.zeros(1, 3, dtype=torch.long)).sum()
    dist.barrier()
    time.sleep(1 if rank else 0)  # in which rank 0 would be done, if it did not wait
    begins = time.monotonic()  # one clock for all processes
    loss.backward()
    return begins if rank else time.monotonic()


@pytest.fixture(scope="module", params=[2, 4])
def ranks(request: Any, tmp_path_factory: Any) -> list[dict[str, Any]]:
    return run_ranks(everything, request.param, tmp_path_factory.mktemp("ranks"))


@pytest.mark.parametrize("name", RIGHT)
def test_gradients_are_those_of_one_process(ranks: Any, name: str) -> None:
    step = RIGHT[name][1]
    if step is NOTHING:
        for told in ranks:
            assert told[name][0] == 0 and (told[name][1] == 0).all()
        return
    loss, gradient = truth(step, len(ranks))
    for told in ranks:
        assert error(told[name][1], gradient) < EXACT
        assert float(told[name][0]) == pytest.approx(loss, rel=EXACT)
        assert not (told[name][1] == 0).all()


@pytest.mark.parametrize("name", WRONG)
def test_wrong_ways_are_seen(ranks: Any, name: str) -> None:
    """The error of the gradient as a share of its length; a forgotten world size leaves 1/W of the gradient."""
    world = len(ranks)
    off = error(ranks[0][name][1], truth(WRONG[name][1], world)[1])
    assert off == pytest.approx(OFF[name][world], rel=1e-3)


def test_counts(ranks: Any) -> None:
    world = len(ranks)
    tokens = sum(int((y != -100).sum()) for _, y in EMPTY.all(world))
    for rank, told in enumerate(ranks):
        own, shared, of_masks, of_nothing = told["counts"]
        assert own.dtype == torch.int64 and own == sum(int((y != -100).sum()) for _, y in EMPTY.of(rank, world))
        assert shared.dtype == torch.float64 and shared == of_masks == tokens / world
        assert of_nothing == 0
    assert ranks[1]["counts"][0] == 0
    assert [told["alone"] for told in ranks] == ["5.0"] + ["this process does not belong to the group: only its ranks count"] * (world - 1)


def test_perplexity(ranks: Any) -> None:
    full, partly = (math.exp(truth(step, len(ranks))[0]) for step in (FOUR, EMPTY))
    for told in ranks:
        own, shared, again, _, of_some, _, of_nothing = told["perplexity"]
        assert shared == pytest.approx(full, rel=EXACT) and again == shared
        assert own != pytest.approx(full, rel=1e-3)
        assert of_some == pytest.approx(partly, rel=EXACT)
        assert math.isnan(of_nothing)
    assert [math.isnan(told["perplexity"][3]) for told in ranks] == [False, True, False, False][: len(ranks)]


def test_a_rank_that_leaves_its_backward_out_hangs_the_others(ranks: Any) -> None:
    """As a loss that is a constant 0 would make it."""
    ended, *begun = (told["left out"] for told in ranks)
    assert ended > max(begun)


def hang(rank: int, world: int) -> None:
    time.sleep(3600)


def fail(rank: int, world: int) -> None:
    raise ArithmeticError(f"of rank {rank}")


def test_hangs_and_failures_of_ranks_are_failures(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(TimeoutError, match="did not end within 1 s"):
        run_ranks(hang, 1, tmp_path, deadline=1.0)
    with pytest.raises(Exception, match="ArithmeticError: of rank"):
        run_ranks(fail, 1, tmp_path / "a")


def test_the_example_prints_what_one_process_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    """torchrun's `--standalone` picks a free port."""
    example = str(ROOT / "examples" / "ddp_step.py")
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", example]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    for _ in range(3):
        done = subprocess.run(launch, capture_output=True, text=True, timeout=HANG, env=environment, check=False)
        if "terminate called without an active exception" not in done.stderr:  # a thread of torch's own that outlives the last line
            break
    assert done.returncode == 0, done.stderr
    monkeypatch.delenv("RANK", raising=False)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(example, run_name="__main__")
    said = (done.stdout, printed.getvalue())
    two, alone = ([(int(n), float(loss)) for n, loss in re.findall(r"(\d+) tokens, loss (\S+)", out)] for out in said)
    assert len(alone) == 4 and alone[0][1] > alone[-1][1] > 0
    assert [n for n, _ in two] == [n for n, _ in alone]
    assert [loss for _, loss in two] == pytest.approx([loss for _, loss in alone], abs=2e-4)
