"""Comments and strings of a source, held against libcst, for programs of any Python: f-strings with quotes, comments and rows inside."""

from __future__ import annotations

import random
from collections.abc import Sequence

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libcst.metadata import MetadataWrapper, PositionProvider

from shapeguard.analysis.reading.lexical import code, comments, literals

NAMES = [
    *("x", "1", "x.y", 'd["k"]', "d['k']", "f(x)", '"#"', "'{'", '"}"', "x!=y", '{1:2}["a"]', '"\\n".join(x)', "'''a'''", '"""b"""'),
    *("(x:=1)", 'r"\\d"', 'b"a"', '[i for i in "ab"]', "x if y else z", '"a" "b"', "u'q'", "(lambda a: a)"),
]
SPECS = [">", "<10", ".3f", "%H:%M", "a b", "{w}", '{d["w"]}', "{x:{y}}", "#x", "\\n", ",", "="]
TEXTS = ["a", "{{", "}}", "{{}}", "\\n", "\\\\", "\\'", '\\"', "é", "#", " ", "\\t", "\\{x}"]
BLANKS = ["", "", "", "", " ", "\n", "  ", " # c \"'{}\n", "\n  "]


class Drawn:
    """Programs with f-strings in f-strings."""

    def __init__(self, rng: random.Random, prefixes: Sequence[str] = ("f", "f", "rf", "fR", "F", "t")) -> None:
        self.rng = rng
        self.prefixes = prefixes

    def expr(self, depth: int) -> str:
        kind = self.rng.randrange(12)
        if depth <= 0 or kind < 3:
            return self.rng.choice(NAMES)
        inner = self.expr(depth - 1)
        if kind < 9:
            return self.string(depth - 1)
        return self.rng.choice([f"g({inner}, {inner})", f"[{inner}]", f"({inner} + x)", f"({{ {inner}: 1 }})", f"d[{inner}:{inner}]"])

    def field(self, depth: int) -> str:
        pick, inner = self.rng.choice, self.expr(depth)
        made = "{" + (" " if inner.startswith("{") else pick(BLANKS)) + inner + pick(BLANKS) + pick(["", "", "", "=", "= "])
        made += pick(["", "", "", "!r", "!s", "!a"])
        if self.rng.random() < 0.35:
            made += ":" + "".join(pick(SPECS) for _ in range(self.rng.randrange(3)))
        return made + "}"

    def string(self, depth: int) -> str:
        quote = self.rng.choice(['"', "'", '"""', "'''"])
        parts = [self.rng.choice([self.field(depth), self.field(depth), self.rng.choice(TEXTS)]) for _ in range(self.rng.randrange(4))]
        return self.rng.choice(self.prefixes) + quote + "".join(parts) + quote

    def program(self) -> str:
        """A few statements, some with comments."""
        rows = [f"v = {self.expr(3)}{self.rng.choice(['', '  # é c', ''])}\n" for _ in range(3)]
        return "".join(rows)


def known(source: str) -> tuple[list[tuple[int, str]], list[str]]:
    """Comments with their rows, and whole strings that are no f-strings, as libcst has them."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places = wrapper.resolve(PositionProvider)
    said: list[tuple[int, str]] = []
    plain: list[str] = []

    def visit(node: cst.CSTNode) -> None:
        if isinstance(node, cst.Comment):
            said.append((places[node].start.line, node.value[1:].strip()))
        elif isinstance(node, cst.SimpleString):
            plain.append(node.value)
        for child in node.children:
            visit(child)

    visit(wrapper.module)
    return said, plain


@given(st.randoms(use_true_random=False))
def test_comments_and_strings_are_those_of_libcst(rng: random.Random) -> None:
    source = Drawn(rng).program()
    try:
        said, plain = known(source)
    except cst.ParserSyntaxError:  # a t-string beside an f-string
        return
    assert sorted(comments(source).items()) == sorted(said)
    texts = [source[start:end] for start, end, comment in literals(source) if not comment]
    for text in plain:
        assert text in texts


@given(st.randoms(use_true_random=False))
def test_code_keeps_every_place(rng: random.Random) -> None:
    source = Drawn(rng).program()
    left = code(source)
    assert len(left) == len(source)
    assert all(a in (b, " ", '"') for a, b in zip(left, source, strict=True))
    assert left.count("(") == left.count(")") and left.count("[") == left.count("]") and left.count("{") == left.count("}")
    assert "#" not in left and "'" not in left


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ('f"{a["#b"]}"  # c', '" {a["   ]}"     '),
        ("x = b'a' # '", 'x = "       '),
        ("f'{x!r:>{w}}' + y", '" {x!r:"{w}}" + y'),
        ("f'''{\n# c}\nx}'''", '"   {\n    \nx}"  '),
        ("x = 'open\ny = 1 # c", "x = 'open\ny = 1    "),
        ('f"open {x\ny}" # c', '"      {x\ny}"    '),
        ('f"open\nx = 1 # c', '"     \nx = 1    '),
        ("fx'a'", 'fx"  '),
        ("half'a'", 'half"  '),
        ('rf"\\"{x}" # c', '"    {x}"    '),
        ('f"\\N{DASH}{x}"', '"         {x}"'),
        ('rf"\\N{x}"', '"    {x}"'),
        ("x = 1 + \\\n  2", "x = 1 +     2"),
    ],
)
def test_what_is_left_as_code(source: str, left: str) -> None:
    assert code(source) == left
