"""The commit hook, by the real pre-commit in a fresh repository: it stops what breaks a loss, wherever that stands, and no more."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.analysis.survey.test_dependents import HOW, RIGHT
from tests.project.test_packaging import copy

ROOT = Path(__file__).resolve().parents[2]

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


BROKEN = [  # file, what is changed, into what, and the code of what that breaks
    ("labels.py", "    labels[labels == PAD] = IGNORED\n    return", "    return", "SG201"),
    ("batches.py", "hide(ids)", "ids", "SG201"),
    ("constants.py", "IGNORED = -100", "IGNORED = -1", "SG202"),
    ("model.py", "    return x", "    return x.softmax(-1)", "SG401"),
    ("vocab.py", "self.pad = PAD", "self.pad = 1", "SG201"),
]


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

    # a commit is judged by what it breaks: only the file that is changed is passed, and the loss stands in another
    for name, text in RIGHT.items():
        (folder / name).write_text(text.replace("{how}", HOW["hide"]))
    project.git("add", "-A")
    whole = project.git("commit", "-m", "all", check=False)
    assert whole.returncode == 0, whole.stdout
    for name, old, new, code in BROKEN:
        right = (folder / name).read_text()
        broken = project.commit(name, right.replace(old, new, 1))
        assert broken.returncode == 1, (name, broken.stdout)
        assert f"error[{code}]" in broken.stdout
        assert "--> losses.py:3:" in broken.stdout
        assert "1 file checked, 1 loss call: 1 fault, " in broken.stdout
        mended = project.commit(name, right + "\n# as it was\n")
        assert mended.returncode == 0, (name, mended.stdout)
