"""The commit hook, by the real pre-commit in a fresh repository: it stops a fault, lets the mended file pass, and shows warnings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.test_packaging import copy

ROOT = Path(__file__).resolve().parent.parent

DATA = """
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

def collate(rows):
    return pad_sequence(rows, batch_first=True, padding_value=0)

def loader(rows):
    return DataLoader(rows, batch_size=8, collate_fn=collate)
"""

TRAIN = """
from torch import nn
from data import loader

def train(rows):
    model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9))
    criterion = nn.CrossEntropyLoss({option})
    for tokens in loader(rows):
        logits = model(tokens[:, :-1])
        loss = criterion(logits.transpose(1, 2), tokens[:, 1:])
        loss.backward()
"""


@dataclass
class Repository:
    """A repository of a user."""

    folder: Path
    env: dict[str, str]

    def git(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command, merged = ["git", *arguments], subprocess.STDOUT
        return subprocess.run(command, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=merged, text=True, check=check)

    def commit(self, name: str, text: str) -> subprocess.CompletedProcess[str]:
        """Writes a file and tries to commit it."""
        (self.folder / name).write_text(text)
        self.git("add", "-A")
        return self.git("commit", "-m", name, check=False)


def environment(tmp_path: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    settings = tmp_path / "gitconfig"
    settings.write_text("[user]\n name = t\n email = t@example.invalid\n[init]\n defaultBranch = main\n")
    own = {"GIT_CONFIG_GLOBAL": str(settings), "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    return env | own


@pytest.mark.slow
def test_the_hook(tmp_path: Path) -> None:
    env = environment(tmp_path)
    tree = copy(tmp_path / "tree")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", tree)
    hook = Repository(tree, env)
    hook.git("init", "-q")
    hook.git("add", "-A")
    hook.git("commit", "-q", "-m", "the hook")
    rev = hook.git("rev-parse", "HEAD").stdout.strip()

    folder = tmp_path / "project"
    folder.mkdir()
    project = Repository(folder, env)
    project.git("init", "-q")
    (folder / ".pre-commit-config.yaml").write_text(f"repos:\n- repo: file://{tree}\n  rev: {rev}\n  hooks:\n  - id: shapeguard\n")
    (folder / "data.py").write_text(DATA)
    project.git("add", "-A")
    project.git("commit", "-q", "-m", "data")
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=folder, env=env, check=True, capture_output=True)

    # only train.py is passed to the hook: what proves the fault stands in data.py
    faulty = project.commit("train.py", TRAIN.format(option=""))
    assert faulty.returncode == 1, faulty.stdout
    assert "error[SG201] unmasked-padding" in faulty.stdout
    assert "::: data.py:6:" in faulty.stdout
    assert project.git("log", "--oneline").stdout.count("\n") == 1

    mended = project.commit("train.py", TRAIN.format(option="ignore_index=0"))
    assert mended.returncode == 0, mended.stdout
    assert "1 file checked, 1 loss call: " in mended.stdout
    assert project.git("log", "--oneline").stdout.count("\n") == 2
