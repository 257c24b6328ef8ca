"""Processes with gloo for the tests: started with a deadline, so that ranks that wait for each other are a failure, not a hang."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn

from tests.command import HANG

Work = Callable[[int, int], Any]


def run_ranks(work: Work, world: int, folder: Path, deadline: float = HANG) -> list[Any]:
    """What `work(rank, world)` returns on each of the ranks of a new default group.

    The group meets in a file of `folder`: there is no port to clash over.
    """
    context = spawn(_rank, (work, world, folder), nprocs=world, join=False)
    until = time.monotonic() + deadline
    try:
        while not context.join(timeout=1.0):  # raises what a rank raised
            if time.monotonic() > until:
                raise TimeoutError(f"{world} rank(s) did not end within {deadline:.0f} s")
    finally:
        for process in context.processes:
            if process.is_alive():
                process.kill()
            process.join()
    return [torch.load(folder / f"{rank}.pt") for rank in range(world)]


def _rank(rank: int, work: Work, world: int, folder: Path) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder / 'meeting'}"
    dist.init_process_group("gloo", init_method=store, rank=rank, world_size=world, timeout=timedelta(seconds=HANG / 2))
    try:
        torch.save(work(rank, world), folder / f"{rank}.pt")
        gc.collect()  # DDP and its group refer to each other
        dist.barrier()
    finally:
        dist.destroy_process_group()
    os._exit(0)  # a thread of gloo's that is still there when Python ends aborts the process, now and then
