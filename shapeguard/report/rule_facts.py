"""The page of `shapeguard rule --facts`: what a loss knows and what can be asked of it, made from the docstrings that stand there.

Every field of LossCall and every question of shapeguard.rule says what it is, when it is None, and what it is of one of PROGRAMS.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from shapeguard import rule
from shapeguard.rule import LossCall, Rule

HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

emb, gru, head = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)


def scores(ids):
    return head(gru(emb(ids))[0])  # (B, T, V)
""".lstrip()

# each holds one loss, which the examples call by the name of its program
PROGRAMS = {
    "padded": """
def step(rows):
    ids = pad_sequence(rows, batch_first=True)
    logits, labels = scores(ids[:, :-1]), ids[:, 1:]
    loss = F.cross_entropy(logits.transpose(1, 2), labels)
    loss.backward()
""",
    "masked": """
criterion = nn.CrossEntropyLoss(reduction="none", ignore_index=-1)


def step(rows):
    ids = pad_sequence(rows, batch_first=True)
    labels = ids[:, 1:]
    mask = labels != 0
    nll = criterion(scores(ids[:, :-1]).transpose(1, 2), labels)
    loss = (nll * mask).sum() / mask.sum()
    loss.backward()
""",
    "selected": """
def step(ids: torch.Tensor, model):
    labels = ids[:, 1:]
    mask = labels != 0
    return F.cross_entropy(model(ids[:, :-1])[mask], labels[mask])
""",
    "weighted": """
END = 2
weight = torch.ones(20)
weight[0] = 0
criterion = nn.CrossEntropyLoss(weight=weight)


def loss_of(ids):
    return criterion(scores(ids[:, :-1]).transpose(1, 2), ids[:, 1:])


def step(rows):
    ids = pad_sequence([torch.tensor([*row, END]) for row in rows], batch_first=True)
    loss_of(ids).backward()
""",
    "unflattened": """
def step(rows):
    ids = pad_sequence(rows, batch_first=True)
    labels = ids[:, 1:]
    mask = labels != 0
    return F.cross_entropy(scores(ids[:, :-1]), labels)
""",
}
INTRODUCTION = """
A rule is a function of one loss, a `LossCall`: what it knows stands below, then the questions that can be asked of it, then what both are
made of. All of it is imported from shapeguard.rule. What is not known is None, empty or "unknown", and a rule says nothing about it.

The examples are of the losses of these programs, by the name of the program; each begins with
"""


def page() -> Iterator[str]:
    """All that a rule author may use."""
    yield from INTRODUCTION.strip().split("\n")
    yield from ("", indent(HEAD.rstrip(), "    "))
    for name, source in PROGRAMS.items():
        yield from ("", f"{name}:", "", indent(source.strip(), "    "))
    yield from _titled("What a loss knows")
    yield from described(LossCall)
    for title, found in questions().items():
        yield from _titled(title)
        for function in found:
            signature = str(inspect.signature(function)).replace("'", "")
            yield from ("", f"{function.__name__}{signature}", indent(inspect.cleandoc(function.__doc__ or ""), "    "))
    yield from _titled("What these are made of")
    for cls in facts():
        yield from described(cls)
    for alias, lines in words().items():
        yield from ("", f"{alias} is one of", *(f"    {line.strip()}" for line in lines))
    yield from _titled("What a rule is made of")
    yield from described(Rule)
    for cls in parts():
        yield from described(cls)


def questions() -> dict[str, list[Callable[..., Any]]]:
    """The functions of shapeguard.rule, by what their module says that it holds."""
    found: dict[str, list[Callable[..., Any]]] = {}
    for function in _public():
        if inspect.isfunction(function):
            module = inspect.getmodule(function)
            title = "To write a report" if module is rule else (inspect.getdoc(module) or "").split("\n")[0].rstrip(".")
            found.setdefault(title, []).append(function)
    return found


def facts() -> list[type]:
    """The classes of what a loss knows, but for LossCall itself."""
    return [cls for cls in _public() if inspect.isclass(cls) and cls.__module__ != rule.__name__ and cls is not LossCall]


def parts() -> list[type]:
    """The classes that a rule is written with, but for Rule itself."""
    return [cls for cls in _public() if inspect.isclass(cls) and cls.__module__ == rule.__name__ and cls is not Rule]


def words() -> dict[str, list[str]]:
    """The names of types that the fields have and that stand for a list of words, each with the lines of the list."""
    found: dict[str, list[str]] = {}
    for cls in (LossCall, *facts()):
        text = _text_of(inspect.getsourcefile(cls) or "")
        used = set(re.findall(r"\w+", " ".join(_annotations(cls).values())))
        for node in ast.parse(text).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id in used:
                listed = "\n".join(text.split("\n")[node.lineno - 1 : node.end_lineno]).partition("Literal[")[2].rpartition("]")[0]
                if listed:
                    found[node.target.id] = listed.strip("\n").split("\n")
    return found


@cache
def _text_of(path: str) -> str:
    return Path(path).read_text("utf-8")


def described(cls: type) -> Iterator[str]:
    """A class: its docstring, then its fields and what else can be asked of it."""
    yield from ("", f"{cls.__name__}: {inspect.getdoc(cls)}")
    said = field_texts(cls)
    for name, annotation in _annotations(cls).items():
        yield from ("", f"  {name}: {annotation}")
        if said.get(name):
            yield indent(said[name], "      ")
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function):
            shown = "" if isinstance(member, property) else str(inspect.signature(function)).replace("'", "")
            yield from ("", f"  {name}{shown}", indent(inspect.cleandoc(function.__doc__ or ""), "      "))


def field_texts(cls: type) -> dict[str, str]:
    """What stands under each field of a class as a docstring, or as a comment behind it or on the lines above."""
    source = dedent(inspect.getsource(cls))
    lines = source.split("\n")
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    found: dict[str, str] = {}
    for here, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(here, ast.AnnAssign) or not isinstance(here.target, ast.Name):
            continue
        match after:
            case ast.Expr(value=ast.Constant(value=str() as text)):
                found[here.target.id] = inspect.cleandoc(text)
            case _:
                behind = lines[(here.end_lineno or 1) - 1].encode()[here.end_col_offset :].decode().strip()
                above = takewhile(lambda line: line.startswith("#"), (line.strip() for line in reversed(lines[: here.lineno - 1])))
                found[here.target.id] = (behind or " ".join([*above][::-1])).replace("# ", "")
    return found


def _annotations(cls: type) -> dict[str, str]:
    if is_dataclass(cls):
        return {f.name: str(f.type) for f in fields(cls)}
    return {name: str(annotation) for name, annotation in inspect.get_annotations(cls).items() if not name.startswith("_")}


def _public() -> list[Any]:
    return [getattr(rule, name) for name in rule.__all__]


def _titled(title: str) -> tuple[str, ...]:
    return ("", "", title, "=" * len(title))
