"""What is found does not depend on the paths that were given: a check of one file finds what `check .` finds at it, or rests on it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
from shapeguard.lint.finding import Finding
from tests.case_programs import Program, programs

SETTINGS = Settings(select=("ALL",))
FOLDERS = [p for p in programs() if p.path.is_dir()]


def told(finding: Finding) -> tuple[object, ...]:
    return finding.place, finding.code, finding.severity, finding.message


def compare(folder: Path) -> set[str]:
    """Asserts it for every file of a project; gives the codes that were found in files that were not given."""
    (folder / "pyproject.toml").touch()
    whole = check_paths([str(folder)], SETTINGS).findings
    elsewhere: set[str] = set()
    for file in sorted(folder.rglob("*.py")):
        path = os.path.abspath(file)
        expected = sorted((told(f) for f in whole if f.place.path == path or path in f.rests_on), key=str)
        result = check_paths([str(file)], SETTINGS)
        assert sorted((told(f) for f in result.findings), key=str) == expected, file.name
        assert not result.warnings
        elsewhere |= {f.code for f in result.findings if f.place.path != path}
    return elsewhere


@pytest.mark.parametrize("program", FOLDERS, ids=lambda p: p.name)
def test_one_file_finds_what_all_find(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / program.name
    shutil.copytree(program.path, folder, ignore=shutil.ignore_patterns("__pycache__"))
    compare(folder)


# a right project, and changes of one line of one file that make its loss wrong: the file that was changed tells

RIGHT = {
    "constants.py": "PAD = 0\nIGNORED = -100\nHIDE = True\nCLASSES = 9\n",
    "vocab.py": """
from constants import PAD

class Vocab:
    def __init__(self):
        self.pad = PAD
        self.ids = {"<pad>": PAD, "a": 1}
""",
    "rows.py": """
from torch.nn.utils.rnn import pad_sequence
from vocab import Vocab

VOCAB = Vocab()

def padded(rows):
    return pad_sequence(rows, batch_first=True, padding_value=VOCAB.pad)
""",
    "labels.py": """
from constants import HIDE, IGNORED, PAD

def hide(labels):
    labels = labels.clone()
    labels[labels == PAD] = IGNORED
    return labels

def hide_in_place(labels):
    labels[labels == PAD] = IGNORED

def maybe_hide(labels):
    if HIDE:
        return hide(labels)
    return labels
""",
    "batches.py": """
from labels import hide, hide_in_place, maybe_hide
from rows import padded
from torch.utils.data import DataLoader

def collate(rows):
    ids = padded(rows)
    labels = {how}
    return ids, labels

def loader(rows):
    return DataLoader(rows, batch_size=8, collate_fn=collate)
""",
    "model.py": """
from constants import CLASSES
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(CLASSES, 4)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, x):
        x = self.head(self.embed(x))
        return x
""",
    "criteria.py": """
from torch import nn

def criterion():
    return nn.CrossEntropyLoss()
""",
    "losses.py": """
def sequence_loss(criterion, logits, labels):
    return criterion(logits.transpose(1, 2), labels)
""",
    "report.py": """
def show(loss):
    print(loss.item())

def seen(labels):
    return int(labels.numel())
""",
    "train.py": """
from batches import loader
from criteria import criterion
from losses import sequence_loss
from model import Net
from report import seen, show

def train(rows):
    model, loss_fn = Net(), criterion()
    for ids, labels in loader(rows):
        seen(labels)
        loss = sequence_loss(loss_fn, model(ids[:, :-1]), labels[:, 1:])
        loss.backward()
        show(loss)
""",
    "other.py": "from constants import CLASSES\n\ndef count():\n    return CLASSES\n",
}
HOW = {
    "hide": "hide(ids)",
    "in place": "ids.clone(); hide_in_place(labels)",
    "a flag": "maybe_hide(ids)",
}


@pytest.mark.parametrize(
    ("how", "file", "old", "new", "code"),
    [
        ("hide", "labels.py", "    labels[labels == PAD] = IGNORED\n    return", "    return", "SG201"),
        ("hide", "labels.py", "    labels = labels.clone()\n    labels[labels == PAD] = IGNORED\n", "", "SG201"),
        ("in place", "labels.py", "labels[labels == PAD] = IGNORED\n\ndef maybe", "pass\n\ndef maybe", "SG201"),
        ("a flag", "constants.py", "HIDE = True", "HIDE = False", "SG201"),
        ("hide", "constants.py", "IGNORED = -100", "IGNORED = -1", "SG202"),
        ("hide", "vocab.py", "self.pad = PAD", "self.pad = 1", "SG201"),
        ("hide", "batches.py", "hide(ids)", "ids", "SG201"),
        ("hide", "model.py", "    return x", "    return x.softmax(-1)", "SG401"),
        ("hide", "criteria.py", "CrossEntropyLoss()", "CrossEntropyLoss(ignore_index=7)", "SG202"),
        ("hide", "losses.py", "logits.transpose(1, 2)", "logits", "SG101"),
    ],
    ids=["deleted", "two deleted", "in place", "flag", "constant", "vocabulary", "not called", "model", "criterion", "helper"],
)
def test_a_change_of_one_file(how: str, file: str, old: str, new: str, code: str, tmp_path: Path) -> None:
    _write(tmp_path, {name: text.replace("{how}", HOW[how]) for name, text in RIGHT.items()})
    assert not check_paths([str(tmp_path / file)], Settings()).findings
    text = (tmp_path / file).read_text()
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1))
    found = check_paths([str(tmp_path / file)], Settings()).findings
    assert [(f.code, Path(f.place.path).name, f.severity) for f in found] == [(code, "losses.py", "error")]
    for unrelated in ("report.py", "other.py"):
        assert not check_paths([str(tmp_path / unrelated)], Settings()).findings, unrelated


def test_a_project_of_many_files(tmp_path: Path) -> None:
    _write(tmp_path, {name: text.replace("{how}", "ids") for name, text in RIGHT.items()})
    assert "SG201" in compare(tmp_path)


def _write(folder: Path, files: dict[str, str]) -> None:
    (folder / "pyproject.toml").touch()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
