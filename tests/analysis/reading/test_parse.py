"""Reading files and notebooks: comments, places, and everything that a reader must survive."""

from __future__ import annotations

import ast
import io
import json
import pickle
import random
import re
import shutil
import subprocess
import sys
import tokenize
import warnings
from pathlib import Path
from typing import Any

import pytest

from shapeguard.analysis.facts.steps import Place
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.depth import DEEPEST, PIECES
from shapeguard.analysis.reading.parse import Module, Unparsable, parse_module

from .test_lexical import Drawn


def parse(text: str | bytes, path: str = "a.py") -> Module:
    return parse_module(path, text.encode() if isinstance(text, str) else text)


def broken(text: str | bytes, path: str = "a.py") -> Unparsable:
    with pytest.raises(Unparsable) as caught:
        parse(text, path)
    assert caught.value.path == path
    return caught.value


def nodes(tree: Any, kind: type[Any]) -> list[Any]:
    """All pieces of a kind below `tree`, in the order of their fields."""
    if isinstance(tree, list | tuple):
        return [n for item in tree for n in nodes(item, kind)]
    names = [name for cls in type(tree).__mro__ for name in getattr(cls, "__slots__", ())]
    inner = [n for name in names if name != "at" for n in nodes(getattr(tree, name), kind)]
    return [tree, *inner] if isinstance(tree, kind) else inner


# comments


def test_comments_of_statements() -> None:
    module = parse(
        "#!/usr/bin/env python\n"
        "\n"
        "# above one\n"
        "#  above two\n"
        "x = 1  # (B, T)\n"
        "# not about y\n"
        "\n"
        "y = 2; z = 3  # behind z\n"
        "# about f\n"
        "@d  # not this\n"
        "def f(a):  # header\n"
        "    # inside\n"
        "    return a(\n"
        "        1,  # one\n"
        "    )  # last\n"
        "for i in z: g(i)  # same line\n"
        "if x:  # first\n"
        "    pass\n"
        "elif y:  # second\n"
        "    pass\n"
        "match x:  # subject\n"
        "    case 1: pass\n"
    )
    x, y, z, f, loop, branch, match = module.body
    assert (x.comment, x.above) == ("(B, T)", "above one\nabove two")
    assert (y.comment, y.above, z.comment, z.above) == ("", "", "behind z", "")
    assert isinstance(f, s.FuncDef) and (f.comment, f.above) == ("header", "about f")
    assert (f.body[0].comment, f.body[0].above) == ("last", "inside")
    assert isinstance(loop, s.For) and (loop.comment, loop.body[0].comment) == ("same line", "same line")
    assert isinstance(branch, s.If) and (branch.comment, branch.orelse[0].comment) == ("first", "second")
    assert match.comment == "subject"


def test_comments_of_parameters() -> None:
    (f,) = parse("def f(\n    a,  # (B, T)\n    b=1,  # two\n    *c,  # three\n    d: int,\n    **e  # five\n):\n    pass\n").body
    assert isinstance(f, s.FuncDef)
    assert [(p.name, p.comment) for p in f.params] == [("a", "(B, T)"), ("b", "two"), ("c", "three"), ("d", ""), ("e", "five")]


def test_all_comments_by_row_agree_with_tokenize() -> None:
    for path in (Path(json.__file__).parent / "decoder.py", Path(re.__file__).parent / "_parser.py", Path(tokenize.__file__)):
        text = path.read_text()
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        assert parse(text).comments == {t.start[0]: t.string[1:].strip() for t in tokens if t.type == tokenize.COMMENT}


def test_what_only_looks_like_a_comment() -> None:
    text = "x = '#a' # b\ny = '''\n# c\n''' \"# d\\\"#\" r'\\\\'  # e\nz = f'{x}#'\n"
    assert parse(text).comments == {1: "b", 4: "e"}


# places


def test_places_of_calls_are_those_of_ast() -> None:
    for path in (Path(json.__file__).parent / "encoder.py", Path(tokenize.__file__), Path(subprocess.__file__)):
        text = path.read_text()
        module = parse(text, str(path))
        rows = text.split("\n")

        def col(row: int, offset: int, rows: list[str] = rows) -> int:
            return len(rows[row - 1].encode()[:offset].decode()) + 1

        expected = {
            Place(str(path), n.lineno, col(n.lineno, n.col_offset), n.end_lineno or 0, col(n.end_lineno or 0, n.end_col_offset or 0))
            for n in ast.walk(ast.parse(text))
            if isinstance(n, ast.Call)
        }
        found = {module.span(call.at) for call in nodes(module.body, s.Call)}
        assert found and found <= expected
        assert len(expected - found) <= 5  # the messages of assert statements are not converted


def test_columns_count_characters() -> None:
    module = parse("é = 'ü'; y = f(x)\n")
    (call,) = nodes(module.body, s.Call)
    assert module.span(call.at) == Place("a.py", 1, 14, 1, 18)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_rows_with_every_line_end(newline: str) -> None:
    module = parse(newline.join(["x = '''a", "b'''", "if x:", "\ty = f(x)  # c", ""]))
    (call,) = nodes(module.body, s.Call)
    assert module.span(call.at) == Place("a.py", 4, 6, 4, 10)
    assert module.comments == {4: "c"}
    assert [module.line(r) for r in (1, 4, 5, 6, 0)] == ["x = '''a", "\ty = f(x)  # c", "", "", ""]
    assert nodes(module.body, s.Const)[0].value == "a\nb"


def test_a_form_feed_is_not_a_row() -> None:
    module = parse("x = 1\n\x0cdef f():\n\x0c    return g()  # \x0c c\n")
    (call,) = nodes(module.body, s.Call)
    assert module.span(call.at).row == 3
    assert module.comments == {3: "c"}


def test_nothing_is_resolved_before_it_is_asked_for() -> None:
    code = (
        "import sys\n"
        "from shapeguard.analysis.reading.parse import parse_module\n"
        "m = parse_module('a.py', b'f(x)  # c')\n"
        "print('comments' in m.__dict__, '_positions' in m.__dict__, 'libcst.matchers' in sys.modules, 'libcst.codemod' in sys.modules)\n"
        "first = m.span(m.body[0].at)\n"
        "positions = m._positions\n"
        "m.span(m.body[0].value.at)\n"
        "print(positions is m._positions)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split("\n")[:2] == ["False False False False", "True"]


# what cannot be read


@pytest.mark.parametrize(
    ("text", "row", "col", "message"),
    [
        ("x = (\n", 1, 5, "never closed"),
        ("x = 1\nprint 'a'\n", 2, 1, "Missing parentheses in call to 'print'"),
        ("if x:\n        y\n\tz\n", 3, 1, "inconsistent use of tabs"),
        (b"x = 1\ny\0 = 2\n", 2, 2, "null byte"),
        (b"x = 1\ny = '\xe9'\n", 2, 6, "not utf-8 text"),
        (b"# coding: klingon\nx = 1\n", 1, 1, "klingon"),
        (b"# coding: rot13\nx = 1\n", 1, 1, "not a text encoding"),
        ("x = 1".encode("utf-16"), 1, 1, "encoding"),
        ("type X = int\nx = = 1\n", 2, 1, "invalid syntax"),
        ('x = f"{a["b"]}"\nprint "a"\n', 2, 1, "invalid syntax"),
        ('x = f"{a b}"\n', 1, 1, "invalid syntax"),
    ],
)
def test_unparsable(text: str | bytes, row: int, col: int, message: str) -> None:
    error = broken(text)
    assert message in error.message
    assert error.wrong
    assert error.row == row
    if "f\"" not in str(text):
        assert error.col == col
    assert str(error).startswith(f"a.py:{row}:")
    again = pickle.loads(pickle.dumps(error))
    assert (again.path, again.row, again.message, again.wrong) == (error.path, error.row, error.message, error.wrong)


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ("(x): int = 1\n", 1, "libcst cannot parse"),
        ("x = t'a' t'b'\n", 1, "a failure of libcst"),
        ("import a\nfrom {{ cookiecutter.name }} import b\n", 2, "a template"),
        ("import a\n{%- if cookiecutter.tests %}\nimport b\n{% endif %}\n", 2, "a template"),
        ("x = {{name}}.b('{{ name }}')\ny = = 1", 1, "a template"),
        ("def f():\n    return {% if x %}1{% else %}2{% endif %}\n", 2, "a template"),
        ("class {{ name|title }}(Base):\n    pass\n", 1, "a template"),
    ],
)
def test_what_may_be_right_is_not_called_wrong(text: str, row: int, message: str) -> None:
    error = broken(text)
    assert message in error.message
    assert (error.row, error.wrong) == (row, False)


def test_a_template_is_told_by_its_code_alone() -> None:
    assert broken("x = '{{ name }}'  # {% if %}\ny = = 1\n").wrong
    assert broken("x = f'{{{name}}}' + '{% if x %}'\ny = = 1\n").wrong
    assert parse("x = {{y}}\n").body


DEEP = {
    "parentheses": "(" * 3000 + "1" + ")" * 3000,
    "calls": "x" + ".b()" * 3000,
    "fewer calls": "x" + ".b()" * 500,
    "and": "x" + " and x" * 3000,
    "plus": "x" + " + x" * 3000,
    "minus": "-" * 100_000 + "x",
    "strings": "x = (" + "'a'\n" * 50_000 + ")",
    "strings on a line": "x = " + "'a'" * 50_000,
    "f-strings": "x = " + "f'{a}'" * 3500,
    "elif": "if x:\n    a\n" + "elif x:\n    a\n" * 3000,
    "for": "[x " + "for x in y " * 3000 + "]",
    "import": "import a" + ".a" * 5000,
    "from": "from a" + ".a" * 5000 + " import b",
    "lambda": "x = " + "lambda: " * 5000 + "1",
    "pattern": "match x:\n    case " + "[" * 30 + "]" * 30 + ": pass",
    "pattern in brackets": "match x:\n    case 1: pass\n    case " + "(" * 30 + "1" + ")" * 30 + ":\n        pass",
    "del": "del " + "(" * 30 + "x" + ")" * 30,
    "chains of brackets": "x" + "[0]()" * 500,
    "open brackets": "(" * 3000,
}


@pytest.mark.parametrize("kind", DEEP)
def test_too_deep_is_said_and_does_not_crash(kind: str) -> None:
    error = broken(DEEP[kind])
    assert re.search("nested", error.message) and not error.wrong


@pytest.mark.parametrize("kind", DEEP)
def test_too_deep_is_said_of_what_this_python_cannot_read(kind: str) -> None:
    error = broken("x = 1\ntry: pass\nexcept A, B: pass\n" + DEEP[kind])
    assert re.search("nested", error.message) and not error.wrong
    if kind not in ("elif", "f-strings", "strings"):
        assert error.row in range(4, 8)


@pytest.mark.parametrize(
    "text",
    [
        "x" + ".b()" * 250,
        "x" + ".b()" * (DEEPEST // 2 - 5),
        "x" + " + x" * (DEEPEST - 10),
        "x = (" + "'a'\n" * PIECES + ")",
        "if x:\n    a\n" + "elif x:\n    a\n" * (DEEPEST - 10),
        "x = '''" + "a\n" * 5000 + "'''\n",
        "f(" + "x, " * 5000 + ")",
        "x = '" + "a" * 3_000_000 + "'",
        "x = [" + "\n".join(f"('a', {i})," for i in range(5000)) + "]",
        "match x:\n    case [[[[1, {2: 3}]]]]:\n        " + "f(" * 20 + ")" * 20 + "\n    case 2: pass\n",
        "del a[" + "f(" * 12 + ")" * 12 + "], b['" + "(" * 99 + "']\n",
    ],
)
def test_deep_or_long_but_not_too_deep(text: str) -> None:
    limit = sys.getrecursionlimit()
    module = parse(text)
    assert module.span(module.body[0].at).row == 1
    assert sys.getrecursionlimit() == limit


@pytest.mark.parametrize(
    "text",
    [
        "x" + ".b()" * 250,
        "x = [" + "\n".join(f"('a', {i} + 1, b.c(d[0]))," for i in range(5000)) + "]",
        "if x:\n    a\n" + "elif x:\n    a\n" * 300 + "if x:\n    a\n" + "elif x:\n    a\n" * 400,
        "f(" + "x.y, " * 5000 + ")",
        "x = 1\n" * 5000,
        "x = 'a' + \\\n 'b'\n" * 700,
        "x = f'{a + b}{c.d}'\n" * 700,
        "def f():\n" + "    return a.b + c\n" * 700,
    ],
)
def test_long_but_not_too_deep_for_a_later_python(text: str) -> None:
    assert parse("type T = int\n" + text).body


def test_the_deepest_row_is_named() -> None:
    assert broken("x = 1\ny = 2\nz = x" + ".b()" * 400 + "\n").row == 3
    assert broken("def f(a):\n    return a\n\n\n" + "if x:\n    a\n" + "elif x:\n    a\n" * 700).row > 300


def test_many_lines() -> None:
    module = parse("x = f(a)\n\n# c\n\n\n" * 10_000)
    assert len(module.body) == 10_000
    assert list(module.comments) == list(range(3, 50_000, 5))


# what can be

NEWER = {
    "an alias": "type X = int",
    "a generic alias": "type Pair[T] = tuple[T, T]",
    "a generic class": "class C[T: int, *Ts, **P](Base[T]):\n    x: T",
    "defaults of type parameters": "class C[T = int, *Ts = *tuple[int]]: pass",
    "a generic function": "def f[T](x: T, *a: T) -> T:\n    return x",
    "a generic method": "class A:\n    async def f[T: (int, str)](self, x: T): return x",
    "the same quotes": 'f"{a["b"]}"',
    "single quotes": "f'{a['b']}' f'{c['d']}'",
    "quotes in the spec": 'f"{a:{b["w"]}}"',
    "three levels": 'f"{f"{f"{1 + 1}"}"}"',
    "a backslash": "f\"{'\\n'.join(a)}\"",
    "a comment": "f\"{\n    a  # it's }\n}\"",
    "rows": "f'{a[\n    'b'\n]:>{\n    w\n}}'",
    "long quotes inside": 'f"{"""a"""}" rf"{r"\\d"}"',
    "brackets in strings": 'f"{"{"}{"}"}{"#"}"',
    "an f-string in an argument": 'print(f"writing to {str(a / "ckpt")}", f"{b("c")}")',
    "exceptions": "try: pass\nexcept A, B: pass",
    "groups of exceptions": "try:\n    pass\nexcept* A, B.c:\n    pass",
    "a t-string": 't"{a}"',
    "a t-string with quotes": 't"{a["b"]!r:{w}}"',
}


@pytest.mark.parametrize("kind", NEWER)
def test_what_a_later_python_reads_is_read(kind: str) -> None:
    module = parse(f"x = 1\n{NEWER[kind]}\n# above\ny = g(x)  # behind\n")
    last = module.body[-1]
    rows = NEWER[kind].count("\n") + 4
    assert module.span(last.value.at) == Place("a.py", rows, 5, rows, 9)  # type: ignore[union-attr]
    assert (last.above, last.comment, module.comments[rows]) == ("above", "behind", "behind")


def _later_pythons() -> list[str]:
    versions = ("3.12", "3.13", "3.14")
    homes = sorted(Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python"))
    return [*map(str, homes), *(found for v in versions if (found := shutil.which(f"python{v}")) and _runs(found))]


def _runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0


CALLS = """
import ast, json, sys
def calls(text):
    tree, rows = ast.parse(text), text.split("\\n")
    col = lambda row, at: len(rows[row - 1].encode()[:at].decode()) + 1
    return sorted([n.lineno, col(n.lineno, n.col_offset), n.end_lineno, col(n.end_lineno, n.end_col_offset)]
                  for n in ast.walk(tree) if isinstance(n, ast.Call))
print(json.dumps([calls(t) for t in json.load(sys.stdin)]))
"""


@pytest.mark.skipif(not _later_pythons(), reason="no later Python here")
def test_places_in_f_strings_are_those_of_a_later_ast() -> None:
    drawn = [Drawn(random.Random(seed), prefixes=("f", "rf", "F")).program() for seed in range(300)]
    texts = [text for text in drawn if "(" in text]
    for python in _later_pythons()[-1:]:
        done = subprocess.run([python, "-W", "ignore", "-c", CALLS], input=json.dumps(texts), capture_output=True, text=True, check=True)
        for text, expected in zip(texts, json.loads(done.stdout), strict=True):
            module = parse(text)
            places = [module.span(call.at) for call in nodes(module.body, s.Call)]
            assert sorted([p.row, p.col, p.end_row, p.end_col] for p in places) == expected, text


def test_what_libcst_does_not_look_at_is_no_error_of_ours() -> None:
    assert nodes(parse("x = '\\N{NO SUCH NAME}'\n").body, s.Const)[0].value == "\\N{NO SUCH NAME}"
    assert parse("x = " + "9" * 5000 + "\n").body


def test_encodings() -> None:
    for data in (
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        "# vim: set fileencoding=cp1252 :\nx = 'é'\n".encode("cp1252"),
        "\ufeffx = 'é'\n".encode(),
        "x = 'é'\n".encode(),
    ):
        assert [c.value for c in nodes(parse(data).body, s.Const)] == ["é"]


@pytest.mark.parametrize("text", ["", "\n", "   \n", "# only\n", "\\\n\n", "\x0c\n"])
def test_empty(text: str) -> None:
    assert parse(text).body == []


def test_warnings_of_the_file_are_not_ours() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (const,) = nodes(parse("x = '\\d'\n").body, s.Const)
    assert const.value == "\\d"


def test_packages_and_docstrings() -> None:
    module = parse_module("a/__init__.py", b'"""Doc.\n\n    More.\n    """\nx = 1\n', "a")
    assert (module.name, module.package, module.doc) == ("a", True, "Doc.\n\nMore.")
    assert not parse_module("a/b.py", b"", "a.b").package


# notebooks


def notebook(*cells: str | tuple[str, str], **metadata: Any) -> bytes:
    made = [{"cell_type": c[0], "source": c[1]} if isinstance(c, tuple) else {"cell_type": "code", "source": c} for c in cells]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def test_a_notebook_is_its_code_cells() -> None:
    module = parse(notebook("import a", ("markdown", "# Title"), "\nx = f(y)  # c", "z = g(\n  x)"), "a.ipynb")
    f, g = nodes(module.body, s.Call)
    assert module.span(f.at) == Place("a.ipynb", 2, 5, 2, 9, 2)
    assert module.span(g.at) == Place("a.ipynb", 1, 5, 2, 5, 3)
    assert module.line(2, 2) == "x = f(y)  # c"
    assert module.comments == {module.source_row(2, 2): "c"}


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("%matplotlib inline\nx = 1", ["", "x = 1"]),
        ("!pip install a \\\n  b\nx = 1", ["", "", "x = 1"]),
        ("if a:\n    !ls\n    %cd b", ["if a:", "    pass", "    pass"]),
        ("x = !ls\ny = %timeit -o f(x)", ["x = None", "y = None"]),
        ("?f\nf?\na.b??\nx = 1", ["", "", "", "x = 1"]),
        ("%%time\nx = 1", ["", "x = 1"]),
        ("\n%%capture out\n!ls\nx = 1", ["", "", "", "x = 1"]),
        ("%%bash\nls -l", ["", ""]),
        ("%%writefile a.py\nx = 1", ["", ""]),
        ("x = (a\n %b)\ny = '''\n!c\n'''", ["x = (a", " %b)", "y = '''", "!c", "'''"]),
        ("for in", [""]),
        ("await f(x)", ["await f(x)"]),
    ],
)
def test_what_only_ipython_understands_is_blanked(cell: str, kept: list[str]) -> None:
    module = parse(notebook("before = 1", cell, "after = f(1)"), "a.ipynb")
    assert module.source.split("\n") == ["before = 1", *kept, "after = f(1)", ""]
    assert module.span(module.body[-1].at).row == 1
    assert [module.line(i + 1, 1) for i in range(len(kept))] == cell.split("\n")


def test_cells_may_be_lists_and_old() -> None:
    cells = [{"cell_type": "code", "input": ["x = 1\n", "y = f(x)"], "language": "python"}]
    module = parse(json.dumps({"worksheets": [{"cells": cells}], "metadata": {}}).encode(), "a.ipynb")
    assert module.span(module.body[1].at) == Place("a.ipynb", 2, 1, 2, 9, 0)


def test_notebooks_without_python() -> None:
    assert parse(notebook("x <- 1", language_info={"name": "R"}), "a.ipynb").body == []
    assert parse(notebook("println(1)", kernelspec={"language": "julia"}), "a.ipynb").body == []
    assert parse(notebook(), "a.ipynb").body == []
    assert parse(notebook("", "!ls"), "a.ipynb").body == []


def test_cells_of_a_later_python() -> None:
    cells = ("type X = int\n%ls\nx = f(f'{y['a']}')", "try: pass\nexcept A, B: g(x)", "class C[T]: pass\nprint 'a'")
    module = parse(notebook(*cells), "a.ipynb")
    f, g = nodes(module.body, s.Call)
    assert module.span(f.at) == Place("a.ipynb", 3, 5, 3, 19, 0)
    assert module.span(g.at) == Place("a.ipynb", 2, 14, 2, 18, 1)


@pytest.mark.parametrize("cell", ["x" + ".b()" * 3000, "type X = int\nx = " + "(" * 3000 + ")" * 3000])
def test_a_cell_that_is_too_deep_is_not_wrong(cell: str) -> None:
    error = broken(notebook("x = 1", cell), "a.ipynb")
    assert "nested" in error.message and not error.wrong


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "property name"),
        (b"", "Expecting value"),
        (b"[]", "not a notebook"),
        (b"{}", "not a notebook"),
        (b"[" * 100_000, "nested"),
        (b'\xff\xfe{"cells": []}', "not utf-8"),
        (notebook("print 'a'", "print 'b'"), "cell 0: Missing parentheses"),
    ],
)
def test_unparsable_notebooks(data: bytes, message: str) -> None:
    assert message in broken(data, "a.ipynb").message
