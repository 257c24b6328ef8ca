"""The losses of a DTensor under `loss_parallel`, in two processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch.distributed as dist

from tests.command import HANG

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not dist.is_available(), reason="this torch is built without torch.distributed")
def test_classes_spread_over_two_processes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.losses.losses_ranks"]
    ranks = [
        subprocess.Popen([*command, str(r), str(tmp_path / "store")], cwd=ROOT, stderr=subprocess.PIPE, text=True) for r in range(2)
    ]
    try:
        errors = [rank.communicate(timeout=HANG)[1] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    assert [rank.returncode for rank in ranks] == [0, 0], "\n".join(errors)
