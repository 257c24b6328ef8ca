"""Calls that Python refuses end the path, as `raise` does: a loss that nothing else reaches is not judged, and its row names the call."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import Result, check_paths

HEAD = """
import functools
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

rows = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True)
scores = nn.Linear(8, 20)(torch.randn(3, 9, 8)).transpose(1, 2)

def step(x, y, *, scale=1.0):
    return scale * F.cross_entropy(x, y)

"""
TRAINER = """
class Trainer:
    def __init__(self, rate):
        self.rate = rate

    def fit(self, x, y):
        return F.cross_entropy(x, y)

    @staticmethod
    def once(x, y):
        return F.cross_entropy(x, y)

"""
NET = """
class Net(nn.Module):
    def forward(self, x, y):
        return F.cross_entropy(x, y)

"""
READY = "def ready(x):\n    return x\n\n"
LOSS = "F.cross_entropy(scores, rows).backward()"

REFUSED = {
    "a keyword that no parameter takes": "step(scores, rows, smoothing=0.1).backward()",
    "one argument too many": "step(scores, rows, 2.0).backward()",
    "one argument too few": "step(scores).backward()",
    "twice the same": "step(scores, rows, x=scores).backward()",
    "a keyword that is needed": "def f(x, *, y):\n    return F.cross_entropy(x, y)\nf(scores)",
    "a keyword for a place": "def f(x, y, /):\n    return F.cross_entropy(x, y)\nf(scores, y=rows)",
    "a method": TRAINER + "Trainer(0.1).fit(scores, rows, 3)",
    "a static method": TRAINER + "Trainer.once(scores)",
    "an object is made": TRAINER + "Trainer().fit(scores, rows)",
    "a model": NET + "net = Net()\nnet(scores, labels=rows).backward()",
    "a lambda": "f = lambda x, y: F.cross_entropy(x, y)\nf(scores)",
    "a decorator that leaves the parameters": "@torch.no_grad()\ndef f(x, y):\n    return F.cross_entropy(x, y)\nf(scores)",
    "a name that is bound nowhere": "step(scores, labels).backward()",
    "a function that is bound nowhere": "prepare(rows)\n" + LOSS,
    "it stands behind": READY + "ready()\n" + LOSS,
    "behind, in a function": READY + "def main():\n    ready(1, 2)\n    step(scores, rows).backward()\nmain()",
    "behind, one call up": READY + "def load():\n    return ready()\ndef main():\n    load()\n    step(scores, rows)\nmain()",
    "behind, out of a branch": READY + "if rows.numel() > 0:\n    ready()\nelse:\n    raise SystemExit\n" + LOSS,
    "behind, in a context": READY + "with torch.enable_grad():\n    ready()\n" + LOSS,
    "in a round": "for _ in range(2):\n    step(scores, rows, None).backward()",
    "in its own arguments": READY + "F.cross_entropy(ready(), rows).backward()",
    "a handler that ends too": READY + "try:\n    ready()\nexcept TypeError:\n    raise\n" + LOSS,
}

FOLLOWED = {
    "keywords as they are": "step(y=rows, x=scores, scale=2.0).backward()",
    "a call that takes what comes": "def f(x, *more, **options):\n    return F.cross_entropy(x, more[0])\nf(scores, rows, 1, smoothing=2)",
    "a star": "given = (scores, rows)\nstep(*given).backward()",
    "two stars": "given = dict(x=scores, y=rows)\nstep(**given).backward()",
    "another function around it": """
def with_loss(function):
    @functools.wraps(function)
    def run(x, y, note):
        return function(x, y)
    return run

@with_loss
def f(x, y):
    return F.cross_entropy(x, y)

f(scores, rows, "first")
""",
    "a class around it": """
class Noted:
    def __init__(self, function):
        self.function = function

    def __call__(self, x, y, note):
        return self.function(x, y)

@Noted
def f(x, y):
    return F.cross_entropy(x, y)

f(scores, rows, "first")
""",
    "a method of a class that nobody can see": """
class Base:
    def check(self):
        raise NotImplementedError

    def run(self):
        self.check(rows)
        return F.cross_entropy(scores, rows)

type("Made", (Base,), {"check": lambda self, *more: None})().run().backward()
""",
    "partial": "f = functools.partial(step, scores)\nf(rows).backward()",
    "a dataclass": """
@dataclass
class Batch:
    x: torch.Tensor
    y: torch.Tensor

b = Batch(scores, rows)
F.cross_entropy(b.x, b.y).backward()
""",
    "a metaclass": """
class Made(type):
    def __call__(cls, *more):
        return super().__call__(*more[:2])

class Batch(metaclass=Made):
    def __init__(self, x, y):
        self.x, self.y = x, y

b = Batch(scores, rows, 3)
F.cross_entropy(b.x, b.y).backward()
""",
    "a handler": READY + "try:\n    ready()\nexcept TypeError:\n    pass\n" + LOSS,
    "in a handler": READY + "try:\n    ready()\nexcept TypeError:\n    " + LOSS,
    "in a finally": READY + "try:\n    ready()\nfinally:\n    " + LOSS,
    "an error that is kept": READY + "with suppress(TypeError):\n    ready()\n" + LOSS,
    "one of two branches": READY + "if rows.sum() < 0:\n    ready()\n" + LOSS,
    "one of two values": READY + "x = ready(scores) if rows.sum() > 0 else ready()\n" + LOSS,
    "behind an or": READY + "x = rows.sum() > 0 or ready()\n" + LOSS,
    "over nothing": READY + "x = [ready() for row in rows[:0]]\n" + LOSS,
    "a loop over nothing": READY + "for row in rows[:0]:\n    ready()\n" + LOSS,
    "before it": READY + LOSS + "\nready()",
    "another call is right": "step(scores, rows).backward()\nstep(scores, rows, None).backward()",
    "never called": READY + "def f():\n    ready()\n" + LOSS,
    "a generator that nobody asks": READY + "def f():\n    ready()\n    yield 1\nf()\n" + LOSS,
    "a name that is made": "globals()['labels'] = rows\nprint(labels.shape)\n" + LOSS,
    "a name that is bound below": "def f():\n    return step(scores, labels)\nlabels = rows\nf().backward()",
    "a method of a class that derives": """
class Base:
    def run(self, x, y):
        return self.loss(x, y)

    def loss(self, x):
        raise NotImplementedError

class Plain(Base):
    def loss(self, x, y):
        return F.cross_entropy(x, y)

Plain().run(scores, rows).backward()
""",
}


def checked(source: str, folder: Path) -> Result:
    file = folder / "program.py"
    file.write_text(HEAD + dedent(source))
    result = check_paths([str(file)], Settings(per_file_ignores=()))
    assert not result.failures, result.failures
    return result


def computed(source: str) -> tuple[int, BaseException | None]:
    """How many losses on padded targets Python comes to, and what it ends at."""
    torch = pytest.importorskip("torch")
    met: list[Any] = []
    real = torch.nn.functional.cross_entropy

    def spy(*args: Any, **options: Any) -> Any:
        met.append(args)
        return real(*args, **options)

    torch.nn.functional.cross_entropy = spy
    try:
        exec(compile(HEAD + dedent(source), "program", "exec", dont_inherit=True), {"__name__": "program"})
    except BaseException as error:  # SystemExit too
        return len(met), error
    finally:
        torch.nn.functional.cross_entropy = real
    return len(met), None


@pytest.mark.parametrize("name", REFUSED)
def test_what_stands_behind_a_refused_call_is_not_judged(name: str, tmp_path: Path) -> None:
    result = checked(REFUSED[name], tmp_path)
    assert not result.findings, [f"{f.code} {f.place.row}" for f in result.findings]
    reasons = [r.missing for r in result.rows if r.verdict == "unreached"]
    assert any("Python refuses the call in line" in reason for found in reasons for reason in found), [r.missing for r in result.rows]


@pytest.mark.parametrize("name", REFUSED)
def test_python_refuses_it_too(name: str) -> None:
    losses, error = computed(REFUSED[name])
    assert losses == 0 and isinstance(error, (TypeError, NameError)), (losses, error)


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_a_right_call_reaches_is_judged(name: str, tmp_path: Path) -> None:
    assert [f.code for f in checked(FOLLOWED[name], tmp_path).findings] == ["SG201"]


@pytest.mark.parametrize("name", FOLLOWED)
def test_python_comes_to_it_too(name: str) -> None:
    assert computed(FOLLOWED[name])[0] >= 1


def test_the_row_names_the_line_and_the_file(tmp_path: Path) -> None:
    (tmp_path / "losses.py").write_text("import torch.nn.functional as F\n\ndef step(x, y):\n    return F.cross_entropy(x, y)\n")
    (tmp_path / "train.py").write_text("from losses import step\n\nstep(1, 2, 3)\n")
    (row,) = check_paths([str(tmp_path)], Settings()).rows
    says = "step takes 2 arguments by place and is given 3"
    assert row.missing == (f"Python refuses the call in line 3 of train.py, and nothing behind it runs: {says}",)
