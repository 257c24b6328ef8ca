"""Time of the loss on logits with one and with two threads, on a quiet and on a busy machine, against `F.cross_entropy`.

usage: python -m benchmarks.loss_threads [--threads 1 2] [--load quiet busy] [--classes 32000 131072 262144] [--rounds N] [--quick]

Forward and backward, fp32 and bf16, of 64 MiB of float32 logits at 0, 50 and 90 % padding, and as many rows shifted by a slice.
A busy machine is made: a process for each core does nothing but count. Times are by the wall clock, for it is there that threads
wait for each other; both ways take turns within each round, and what is printed is the median of the ratios of a round, with the
milliseconds of F.cross_entropy. Every ratio should be at most 1.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.loss_cases import IGNORED
from shapeguard import masked_cross_entropy

ROOT = Path(__file__).resolve().parent.parent
CLASSES = (32_000, 131_072, 262_144)
SIZE = 64 << 20  # bytes of float32 logits
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
# name, rows of the batch, share of padding, logits[:, :-1]
BATCHES = (("0 %", 4, 0.0, False), ("50 %", 8, 0.5, False), ("90 %", 4, 0.9, False), ("50 %, sliced", 8, 0.5, True))


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that do nothing but count."""
    started = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def batch(classes: int, rows: int, padding: float, sliced: bool, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """A leaf of logits (B, T, V), with one step more where it is sliced, and targets (B, T)."""
    torch.manual_seed(0)
    steps = max(2, SIZE // (4 * classes * rows))
    spread = torch.linspace(0.5, 1.5, rows) if padding else torch.ones(rows)
    lengths = (steps * (1 - padding) * spread).round().long().clamp(1, steps)
    target = torch.randint(0, classes, (rows, steps)).masked_fill(torch.arange(steps) >= lengths[:, None], IGNORED)
    return torch.randn(rows, steps + sliced, classes).to(dtype).requires_grad_(), target


def step_of(loss: Callable[[Tensor, Tensor], Tensor], leaf: Tensor, target: Tensor) -> Callable[[], float]:
    """Seconds of a step."""

    def step() -> float:
        leaf.grad = None
        begun = time.perf_counter()
        loss(leaf[:, : target.shape[1]] if leaf.shape[1] > target.shape[1] else leaf, target).backward()  # type: ignore[no-untyped-call]
        return time.perf_counter() - begun

    return step


def flat(logits: Tensor, target: Tensor) -> Tensor:
    return cross_entropy(logits.reshape(-1, logits.shape[-1]), target.reshape(-1), ignore_index=IGNORED)


def measure(classes: int, dtype: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Of each batch the ratio, and the milliseconds of F.cross_entropy."""
    found = {}
    for name, rows, padding, sliced in BATCHES:
        leaf, target = batch(classes, rows, padding, sliced, DTYPES[dtype])
        theirs, ours = step_of(flat, leaf, target), step_of(masked_cross_entropy, leaf, target)
        theirs(), ours()
        pairs = []
        for turn in range(rounds):
            one, other = (theirs, ours) if turn % 2 else (ours, theirs)
            first, second = one(), other()
            pairs.append((first, second) if turn % 2 else (second, first))
        found[name] = median(mine / their for their, mine in pairs), 1e3 * median(their for their, _ in pairs)
    return found


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--load", choices=("quiet", "busy"), nargs="+", default=["quiet", "busy"])
    parser.add_argument("--classes", type=int, nargs="+", default=list(CLASSES))
    parser.add_argument("--dtype", choices=DTYPES, nargs="+", default=list(DTYPES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="three rounds, float32, two threads alone")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.worker:
        threads, classes, dtype, rounds = json.loads(told.worker)
        torch.set_num_threads(threads)
        json.dump(measure(classes, dtype, rounds), sys.stdout)
        return
    if told.quick:
        told.rounds, told.dtype, told.threads = 3, ["fp32"], [2]
    worst = 0.0
    for load in told.load:
        with busy((os.cpu_count() or 1) if load == "busy" else 0):
            for threads in told.threads:
                for classes in told.classes:
                    for dtype in told.dtype:
                        request = json.dumps([threads, classes, dtype, told.rounds])
                        command = [sys.executable, "-m", "benchmarks.loss_threads", "--worker", request]
                        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
                        found = json.loads(done.stdout)
                        worst = max(worst, *(ratio for ratio, _ in found.values()))
                        shown = "; ".join(f"{name}: {ratio:.2f} of {ms:.0f} ms" for name, (ratio, ms) in found.items())
                        print(f"{load}, {threads} threads, V {classes}, {dtype}: {shown}", flush=True)
    print(f"the worst: {worst:.2f}")


if __name__ == "__main__":
    main()
