"""libcst and Python's own parser: the same statements, comments and places."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.two_readers import differences
from shapeguard.analysis.reading import ast_expressions
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Unparsable, parse_module
from shapeguard.analysis.reading.project import Project
from tests.analysis.reading.test_convert import GRAMMAR, sample

COMMENTS = '''
# of the module

import a  # of an import
# above b
b = 1; c = 2  # behind c

# an empty line parts this

# above f,
    # in two lines
@decorator  # of the decorator
# between
def f(
    x,  # (B, T)
    y=(1, 2),  # (B,)
    *args,  # rest
    z: int = 3  # last
):  # header
    # above the first
    """Doc."""  # of the doc
    if x:  # if
        y
        # ends the block
    # above elif
    elif z:  # elif
        pass
    else:  # else
        pass
    # ends f
# above g
def g(a, b): return a  # one line
# above the branch
if g: h()  # behind
for i in x:  # for
    # above i
    i
        # deeper
    j  # of j
    # footer
        # deeper footer
# above try
try:  # try
    a
except E:  # except
    b
finally:  # finally
    c
match x:  # match
    # above case
    case 1:  # case
        a  # in case
with (
    a as b,  # first
    c as d
):  # with
    pass
x = [
    1,  # one
    2,  # two
]  # end
class A(B):  # class
    # above x
    x: int = 1  # (N,)

    # of nobody

    def m(self, x):  # m
        return "# no comment" f"{x}# nor this"  # returned
é = "ü"; y = h(é)  # not ASCII
z = f(
    a
)  # behind the bracket
w = 1 \\
    + 2  # continued
async def k(): await x  # awaited
# the end'''


@pytest.mark.parametrize("source", [GRAMMAR, COMMENTS], ids=["grammar", "comments"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_both_make_the_same_of_it(source: str, newline: str) -> None:
    assert list(differences("a.py", source.replace("\n", newline).encode())) == []


def test_real_files() -> None:
    read = 0
    for path in sample():
        try:
            assert list(differences(str(path), path.read_bytes())) == []
        except Unparsable:
            continue
        read += 1
    assert read > 100


def test_what_this_python_refuses_is_read_by_libcst() -> None:
    newer = b"type X = int\nx = f(1)\n"
    try:
        ast.parse(newer)
    except SyntaxError:
        assert parse_module("a.py", newer, consulted=True).tree is not None
    assert [type(statement) for statement in parse_module("a.py", newer, consulted=True).body] == [s.Assign, s.Assign]


def test_nothing_of_a_tree_is_kept() -> None:
    module = parse_module("a.py", COMMENTS.encode(), consulted=True)
    assert module.tree is None
    assert all(type(number) is int for statement in module.body for number in statement.at)


def test_every_operator_has_a_name() -> None:
    groups = (ast.operator, ast.unaryop, ast.cmpop, ast.boolop)
    assert {c for g in groups for c in g.__subclasses__()} == set(ast_expressions.OPERATORS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x[a]", "x[a,]"),
        ("x[(a, b)]", "x[a, b]"),
        ("x[(a), (b)]", "x[((a), (b))]"),
        ("f(a, *b, c=1)", "f(a, c=1, *b)"),
        ("x = 1  # a", "x = 1  # b"),
        ("# a\nx = 1", "# a\n\nx = 1"),
        ("def f(a,  # b\n): pass", "def f(a, # c\n): pass"),
        ("x = y", "x =  y"),
        ("def f(): yield", "def f(): lambda: (yield)"),
    ],
)
def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch, one: str, other: str) -> None:
    import benchmarks.two_readers as readers

    def swapped(path: str, data: bytes, *, consulted: bool = False) -> object:
        return parse_module(path, (other if consulted else one).encode(), consulted=consulted)

    monkeypatch.setattr(readers, "parse_module", swapped)
    assert list(differences("a.py", b""))


def test_what_is_asked_for_and_can_hold_a_loss_is_read_by_libcst(tmp_path: Path) -> None:
    loss, other, consulted = (tmp_path / name for name in ("loss.py", "other.py", "consulted.py"))
    loss.write_text("import torch\nloss = torch.nn.functional.cross_entropy(x, y)\n")
    other.write_text("x = 1\n")
    consulted.write_text(loss.read_text())
    project = Project(tmp_path, asked=[str(loss), str(other)])
    read = {path.stem: project.module_at(path) for path in (loss, other, consulted)}
    assert [name for name, module in read.items() if module is not None and module.tree is not None] == ["loss"]
