"""Time and peak memory of a masked mean cross entropy and its gradient, against what else is in use.

usage: python -m benchmarks.loss [--shape S2] [--dtype fp32] [--given logits hidden] [--rounds N] [--quick] [--markdown]

Forward and backward, at 0, 50 and 90 % padding. Times are CPU seconds of one thread: the ways take turns within each round, and
what is printed is the median over the rounds of a way's time divided by the first one's in the same round, so that a machine
that slows down slows all of them. Memory is the growth of the peak resident size over what the inputs take, gradients included,
of a process of its own for each figure, after a first step has compiled and loaded what there is. What the loss and the
gradient are off by is relative to those of the same inputs in float64: of the loss its size, of the gradient its length; the worst
of the three paddings.

`benchmarks.loss_threads` measures one and two threads, on a quiet and on a busy machine.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.loss_cases import SHAPES, Case, make
from benchmarks.loss_peers import GROUPS, Peer, backward

ROOT = Path(__file__).resolve().parent.parent
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
PADDINGS = (0.0, 0.5, 0.9)
SAMPLE = 0.05  # CPU seconds that one timing takes at least
HEADS = {"logits": "logits given", "hidden": "hidden states and head given"}
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TORCHINDUCTOR_COMPILE_THREADS")


def main() -> None:
    """Measures and prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="S2", help="(B, T, V), D: " + ", ".join(f"{n} {_told(n)}" for n in SHAPES))
    parser.add_argument("--dtype", choices=DTYPES, nargs="+", default=list(DTYPES))
    parser.add_argument("--given", choices=GROUPS, nargs="+", default=list(GROUPS))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="two rounds, and no memory")
    parser.add_argument("--markdown", action="store_true", help="tables for a page")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.worker:
        json.dump(worker(**json.loads(told.worker)), sys.stdout)
        return
    rounds = 2 if told.quick else told.rounds
    for given in told.given:
        results = [measure(given, told.shape, dtype, rounds, memory=not told.quick) for dtype in told.dtype]
        print("\n".join(table(given, told.shape, told.dtype, results, told.markdown)), flush=True)


def peers_of(given: str, shape: str) -> list[Peer]:
    """The ways that are measured at a shape."""
    return [peer for peer in GROUPS[given] if shape in peer.only]


def measure(given: str, shape: str, dtype: str, rounds: int, memory: bool) -> dict[str, Any]:
    """All figures of one dtype: {"time": {way: [ratio of each padding]}, "error": ..., "peak": {way: [MB of each padding]}}."""
    asked = {"given": given, "shape": shape, "dtype": dtype}
    result: dict[str, Any] = _ask({**asked, "rounds": rounds})
    if memory:
        peers = [peer.name for peer in peers_of(given, shape) if not peer.alone]
        result["peak"] = {p: [_ask({**asked, "peer": p, "padding": share})["peak"] for share in PADDINGS] for p in peers}
    return result


def _ask(request: dict[str, Any]) -> Any:
    """The answer of a fresh process; big blocks go back to the system as soon as they are freed."""
    environment = {**os.environ, **dict.fromkeys(THREADS, "1"), "PYTHONPATH": str(ROOT)}
    if "peer" in request:
        environment["MALLOC_MMAP_THRESHOLD_"] = "65536"
    command = [sys.executable, "-m", "benchmarks.loss", "--worker", json.dumps(request)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{request} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def worker(given: str, shape: str, dtype: str, rounds: int = 0, peer: str = "", padding: float = 0.0) -> dict[str, Any]:
    """Inside a process of its own: the times of all ways, or the peak memory of one."""
    torch.set_num_threads(1)
    if peer:
        (way,) = (p for p in GROUPS[given] if p.name == peer)
        return {"peak": peak(way, make(SHAPES[shape], padding, DTYPES[dtype], given == "hidden"))}
    ways = peers_of(given, shape)
    times: dict[str, list[float]] = {way.name: [] for way in ways}
    errors = {way.name: (0.0, 0.0) for way in ways if not way.alone}
    for share in PADDINGS:
        case = make(SHAPES[shape], share, DTYPES[dtype], given == "hidden")
        true = truth(case)
        for way in ways:
            loss = way.step(case)  # the first step compiles, too
            if not way.alone:
                here = off_by(loss, case, true)
                errors[way.name] = max(here[0], errors[way.name][0]), max(here[1], errors[way.name][1])
            case.clear()
        for name, ratio in ratios(ways, case, rounds).items():
            times[name].append(ratio)
    return {"time": times, "error": errors}


def ratios(ways: list[Peer], case: Case, rounds: int) -> dict[str, float]:
    """The median over the rounds of each way's time, divided by the first one's."""
    repeats = {way.name: max(1, round(SAMPLE / max(seconds(way, case, 1), 1e-6))) for way in ways}
    taken: dict[str, list[float]] = {way.name: [] for way in ways}
    for turn in range(rounds):
        order = ways[turn % len(ways) :] + ways[: turn % len(ways)]
        for way in order:
            taken[way.name].append(seconds(way, case, repeats[way.name]))
    first = taken[ways[0].name]
    return {name: median(own / one for own, one in zip(mine, first, strict=True)) for name, mine in taken.items()}


def seconds(way: Peer, case: Case, repeats: int) -> float:
    """CPU seconds of a step."""
    gc.collect()
    begun = time.process_time()
    for _ in range(repeats):
        way.step(case)
        case.clear()
    return (time.process_time() - begun) / repeats


def truth(case: Case) -> tuple[float, list[Tensor]]:
    """The loss of these inputs and their gradients in float64, a row of the batch at a time."""
    leaves = [leaf.detach().double().requires_grad_() for leaf in case.leaves]
    total, tokens = 0.0, int(case.mask.sum())
    for row in range(len(case.target)):
        keep = case.mask[row]
        rows = leaves[0][row, keep]
        logits = rows @ leaves[1].T if len(leaves) > 1 else rows
        total += float(backward(cross_entropy(logits, case.target[row, keep], reduction="sum") / tokens))
    return total, [leaf.grad for leaf in leaves if leaf.grad is not None]


def off_by(loss: Tensor, case: Case, true: tuple[float, list[Tensor]]) -> tuple[float, float]:
    """The relative errors of the loss and of the gradients, all of them taken as one vector."""
    right = sum(float(t.square().sum()) for t in true[1])
    wrong = sum(float((leaf.grad - t).square().sum()) for leaf, t in zip(case.leaves, true[1], strict=True) if leaf.grad is not None)
    return abs(float(loss) - true[0]) / true[0], (wrong / right) ** 0.5


def peak(way: Peer, case: Case) -> float:
    """By how many MiB a step lets the resident size grow at most, over what it is before."""
    for _ in range(2):
        way.step(case)
        case.clear()
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak starts anew
    before = _status("VmHWM")
    way.step(case)
    return (_status("VmHWM") - before) / 1024


def _status(field: str) -> int:
    """A size of this process in KiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith(field))
    return int(line.split()[1])


def table(given: str, shape: str, dtypes: list[str], results: list[dict[str, Any]], markdown: bool) -> list[str]:
    """One line a way."""
    memory = "peak" in results[0]
    head = [f"{HEADS[given]}, {shape} {_told(shape)}"]
    for dtype in dtypes:
        head += [f"{dtype} time", *([f"{dtype} peak MB"] if memory else []), f"{dtype} off by: loss, gradient"]
    ways = peers_of(given, shape)
    rows = []
    for way in ways:
        cells = [f"**{way.name}**" if markdown and way.name.startswith("masked") else way.name]
        for result in results:
            cells.append(" / ".join(f"{ratio:.2f}" for ratio in result["time"][way.name]))
            if memory:
                cells.append("" if way.alone else " / ".join(f"{size:.0f}" for size in result["peak"][way.name]))
            cells.append("" if way.alone else ", ".join(f"{error:.0e}" for error in result["error"][way.name]))
        rows.append(cells)
    if markdown:
        return ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)] + [""]
    widths = [max(len(cells[i]) for cells in (head, *rows)) for i in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in (head, *rows)] + [""]


def _told(shape: str) -> str:
    s = SHAPES[shape]
    return f"({s.batch}, {s.time}, {s.classes}), D {s.width}"


if __name__ == "__main__":
    main()
