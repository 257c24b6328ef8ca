"""Names are followed to the definitions that they stand for, and to no other of the same name."""

from __future__ import annotations

import pytest

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.mentions import Mentions, definitions
from shapeguard.analysis.reading.parse import Module, parse_module
from shapeguard.analysis.reading.reach import LOSS_NAMES, Reach

LOSS = "import torch.nn.functional as F\n\n\ndef loss_of(x, y):\n    return F.cross_entropy(x, y)\n\n\ncompute = loss_of\n"
FILES = {"pkg/losses.py": LOSS, "pkg/other.py": "def loss_of(x):\n    return x\n"}


def module(path: str, source: str) -> Module:
    return parse_module(f"/project/{path}", source.encode())


def leading(source: str, path: str = "pkg/train.py") -> set[str]:
    """The definitions of a file that lead to the loss of losses.py."""
    modules = [*(module(p, text) for p, text in FILES.items()), module(path, source)]
    mentions = Mentions()
    reach = Reach(modules, mentions)
    return {name for name, known, _ in mentions.of(modules[-1]) if not known.isdisjoint(reach.leading)}


@pytest.mark.parametrize(
    "source",
    [
        "from pkg.losses import loss_of\ndef f(x): return loss_of(x, x)\n",
        "from .losses import loss_of as criterion_of\ndef f(x): return criterion_of(x, x)\n",
        "from pkg.losses import *\ndef f(x): return loss_of(x, x)\n",
        "from pkg import losses\ndef f(x): return losses.loss_of(x, x)\n",
        "from . import losses as l\ndef f(x): return l.loss_of(x, x)\n",
        "import pkg.losses\ndef f(x): return pkg.losses.loss_of(x, x)\n",
        "import pkg.losses as l\ndef f(x): return l.compute(x, x)\n",
        "def f(x):\n    from pkg.losses import loss_of\n    return loss_of(x, x)\n",
        "from pkg.losses import loss_of\nclass f:\n    def g(self, x): return loss_of(x, x)\n",
        "from pkg.losses import loss_of\ndef main(x): return loss_of(x, x)\ndef f(x): return main(x)\n",
        "import functools, pkg.losses as l\nf = functools.partial(l.loss_of, 1)\n",
    ],
)
def test_followed(source: str) -> None:
    assert "f" in leading(source)


@pytest.mark.parametrize(
    "source",
    [
        "from pkg.other import loss_of\ndef f(x): return loss_of(x)\n",
        "from pkg import other\ndef f(x): return other.loss_of(x)\n",
        "def loss_of(x): return x\ndef f(x): return loss_of(x)\n",
        "def f(loss_of): return loss_of(1)\n",
        "def f(model): return model.loss_of(1)\n",
        "class f:\n    compute: int = 3\n",
        "import json\ndef f(x): return json.compute(x)\n",
    ],
)
def test_another_of_the_same_name(source: str) -> None:
    assert "f" not in leading(source)


def test_what_a_package_hands_on() -> None:
    mentions = Mentions()
    start = mentions.names_leading_to(module("pkg/losses.py", LOSS), set(LOSS_NAMES))
    assert set(start) == {"loss_of", "compute"}
    known = {mention for mentions_of in start.values() for mention in mentions_of}
    handed = mentions.names_leading_to(module("pkg/__init__.py", "from .losses import loss_of as public\n"), known)
    assert set(handed) == {"public"}
    user = "from pkg import public\ndef f(x): return public(x, x)\n"
    assert set(mentions.names_leading_to(module("user.py", user), handed["public"])) == {"f"}
    assert set(mentions.names_leading_to(module("pkg/all/__init__.py", "from pkg.losses import *\n"), known)) == {"loss_of", "compute"}


def test_methods_of_one_class() -> None:
    source = "import pkg.losses\nclass Base:\n    def make(self): return pkg.losses.loss_of(1, 1)\nclass T(Base):\n"
    source += "    def a(self): self.b()\n    def b(self): self.make()\n    def c(self): self.d()\n    def d(self): pass\n"
    modules = [*(module(p, text) for p, text in FILES.items()), module("t.py", source)]
    reach = Reach(modules, Mentions())
    cls = next(n for n in definitions(modules[-1].body) if n.name == "T")
    assert isinstance(cls, s.ClassDef)
    methods = [n for n in definitions(cls.body) if isinstance(n, s.FuncDef)]
    assert [n.name for n in methods if reach.trains_in(cls, n, modules[-1])] == ["a", "b"]
