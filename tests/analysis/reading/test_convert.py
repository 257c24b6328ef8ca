"""The converter against Python's own `ast`: the same tree, over all of the grammar and over real files."""

from __future__ import annotations

import ast
import dataclasses
import sysconfig
import warnings
from pathlib import Path
from typing import Any

import libcst
import pytest

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.expressions import OPERATORS
from shapeguard.analysis.reading.parse import parse_module

STDLIB = Path(sysconfig.get_paths()["stdlib"])
AST_OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>", ast.And: "and", ast.Or: "or",
    ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not", ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=",
    ast.Gt: ">", ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
COMPREHENSIONS = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}


def flat(op: str, items: list[Any]) -> tuple[Any, ...]:
    """`a and b and c` is one node to ast and two to libcst."""
    return ("bool", op, [x for i in items for x in (i[2] if i[:2] == ("bool", op) else [i])])


def of_ast(n: Any) -> Any:  # noqa: C901 (one case a node)
    """A tree of ast as plain tuples; without what the interpreter has no use for (assert messages, causes, guards)."""
    f = of_ast
    match n:
        case None | str() | int():
            return n
        case list():
            return [f(x) for x in n]
        case ast.Name():
            return ("name", n.id)
        case ast.Constant():
            return ("const", type(n.value).__name__, repr(n.value))
        case ast.JoinedStr():
            return ("f", _interpolated(n))
        case ast.Attribute():
            return ("attr", f(n.value), n.attr)
        case ast.Call():
            return ("call", f(n.func), _arguments(n.args, n.keywords))
        case ast.Slice():
            return ("slice", f(n.lower), f(n.upper), f(n.step))
        case ast.Subscript():
            return ("index", f(n.value), f(n.slice))
        case ast.Tuple() | ast.List() | ast.Set():
            return (type(n).__name__.lower(), f(n.elts))
        case ast.Dict():
            return ("dict", [(f(k), f(v)) for k, v in zip(n.keys, n.values, strict=True)])
        case ast.Starred():
            return ("star", f(n.value))
        case ast.BinOp():
            return ("binary", AST_OPERATORS[type(n.op)], f(n.left), f(n.right))
        case ast.UnaryOp():
            return ("unary", AST_OPERATORS[type(n.op)], f(n.operand))
        case ast.BoolOp():
            return flat(AST_OPERATORS[type(n.op)], f(n.values))
        case ast.Compare():
            return ("compare", f(n.left), [(AST_OPERATORS[type(o)], f(c)) for o, c in zip(n.ops, n.comparators, strict=True)])
        case ast.IfExp():
            return ("cond", f(n.test), f(n.body), f(n.orelse))
        case ast.Lambda():
            return ("lambda", _parameters(n.args), f(n.body))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp():
            return ("comp", COMPREHENSIONS[type(n)], f(n.elt), None, [(f(g.target), f(g.iter), f(g.ifs)) for g in n.generators])
        case ast.DictComp():
            return ("comp", "dict", f(n.key), f(n.value), [(f(g.target), f(g.iter), f(g.ifs)) for g in n.generators])
        case ast.NamedExpr():
            return ("walrus", n.target.id, f(n.value))
        case ast.Yield() | ast.YieldFrom():
            return ("yield", f(n.value), isinstance(n, ast.YieldFrom))
        case ast.Await() | ast.Expr() | ast.Return():
            return (type(n).__name__.lower(), f(n.value))
        case ast.Assign():
            return ("assign", f(n.targets), f(n.value), None)
        case ast.AnnAssign():
            return ("assign", [f(n.target)], f(n.value), f(n.annotation))
        case ast.AugAssign():
            return ("augassign", f(n.target), AST_OPERATORS[type(n.op)], f(n.value))
        case ast.Raise():
            return ("raise", f(n.exc))
        case ast.Assert():
            return ("assert", f(n.test))
        case ast.Delete():
            return ("delete", f(n.targets))
        case ast.Pass() | ast.Break() | ast.Continue():
            return ("jump", type(n).__name__.lower())
        case ast.Global() | ast.Nonlocal():
            return ("scope", type(n).__name__.lower(), n.names)
        case ast.Import() | ast.ImportFrom():
            names = [(a.name, a.asname) for a in n.names]
            return ("from", names, n.module, n.level) if isinstance(n, ast.ImportFrom) else ("import", names, None, 0)
        case ast.If() | ast.While():
            return (type(n).__name__.lower(), f(n.test), f(n.body), f(n.orelse))
        case ast.For() | ast.AsyncFor():
            return ("for", f(n.target), f(n.iter), f(n.body), f(n.orelse))
        case ast.With() | ast.AsyncWith():
            return ("with", [(f(i.context_expr), f(i.optional_vars)) for i in n.items], f(n.body))
        case ast.Try() | ast.TryStar():
            return ("try", f(n.body), [(f(h.type), h.name, f(h.body)) for h in n.handlers], f(n.orelse), f(n.finalbody))
        case ast.Match():
            return ("match", f(n.subject), [(_bound(c.pattern), f(c.body)) for c in n.cases])
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            facts = (ast.get_docstring(n) or "", isinstance(n, ast.AsyncFunctionDef), _yields(n.body))
            return ("def", n.name, _parameters(n.args), f(n.body), f(n.decorator_list), f(n.returns), *facts)
        case ast.ClassDef():
            return ("class", n.name, _arguments(n.bases, n.keywords), f(n.body), f(n.decorator_list), ast.get_docstring(n) or "")
        case _ if type(n).__name__ == "TypeAlias":  # Python 3.12
            return ("assign", [f(n.name)], f(n.value), None)
    raise TypeError(n)


def _interpolated(n: ast.JoinedStr) -> list[Any]:
    found: list[Any] = []
    for value in n.values:
        if isinstance(value, ast.FormattedValue):
            found.append(of_ast(value.value))
            if isinstance(value.format_spec, ast.JoinedStr):
                found += _interpolated(value.format_spec)
    return found


def _arguments(args: list[ast.expr], keywords: list[ast.keyword]) -> list[Any]:
    found: list[Any] = []
    written: list[ast.expr | ast.keyword] = [*args, *keywords]
    for a in sorted(written, key=lambda a: (a.lineno, a.col_offset)):
        star = 1 if isinstance(a, ast.Starred) else 2 if isinstance(a, ast.keyword) and a.arg is None else 0
        value = a.value if isinstance(a, ast.Starred | ast.keyword) else a
        found.append((of_ast(value), star, a.arg if isinstance(a, ast.keyword) else None))
    return found


def _parameters(a: ast.arguments) -> list[Any]:
    plain = [(p, "posonly") for p in a.posonlyargs] + [(p, "normal") for p in a.args]
    defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
    found = [(p.arg, of_ast(d), of_ast(p.annotation), kind) for (p, kind), d in zip(plain, defaults, strict=True)]
    if a.vararg:
        found.append((a.vararg.arg, None, of_ast(a.vararg.annotation), "star"))
    found += [(p.arg, of_ast(d), of_ast(p.annotation), "kwonly") for p, d in zip(a.kwonlyargs, a.kw_defaults, strict=True)]
    if a.kwarg:
        found.append((a.kwarg.arg, None, of_ast(a.kwarg.annotation), "starstar"))
    return found


def _bound(pattern: ast.AST) -> list[str]:
    inner = [name for p in ast.iter_child_nodes(pattern) if isinstance(p, ast.pattern) for name in _bound(p)]
    own = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
    return [*inner, own] if own else inner


def _yields(body: list[Any]) -> bool:
    todo = list(body)
    while todo:
        n = todo.pop()
        if isinstance(n, ast.Yield | ast.YieldFrom):
            return True
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += n.decorator_list
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += n.args.defaults
            continue
        todo += ast.iter_child_nodes(n)
    return False


def of_syntax(n: Any) -> Any:
    """A tree of `syntax` as the same tuples."""
    f = of_syntax
    match n:
        case None | str() | int():
            return n
        case list():
            return [f(x) for x in n]
        case tuple():
            return tuple(f(x) for x in n)
        case s.Arg():
            return (f(n.value), n.star, n.name)
        case s.Param():
            return (n.name, f(n.default), f(n.annotation), n.kind)
        case s.CompFor():
            return (f(n.target), f(n.iter), f(n.ifs))
        case s.Const():
            return ("const", type(n.value).__name__, repr(n.value))
        case s.FString():
            return ("f", f(n.parts))
        case s.Index():
            return ("index", f(n.obj), ("tuple", f(n.items)) if n.tuple else f(n.items[0]))
        case s.Sequence():
            return (n.kind, f(n.items))
        case s.BoolOp():
            return flat(n.op, [f(n.left), f(n.right)])
        case s.Await() | s.Return():
            return (type(n).__name__.lower(), f(n.value))
        case s.ExprStmt():
            return ("expr", f(n.value))
        case s.Import():
            return ("from" if n.is_from else "import", n.names, n.module, n.level)
        case s.FuncDef():
            return ("def", n.name, f(n.params), f(n.body), f(n.decorators), f(n.returns), n.doc, n.is_async, n.is_generator)
        case s.ClassDef():
            return ("class", n.name, f(n.bases), f(n.body), f(n.decorators), n.doc)
    names = [field.name for field in dataclasses.fields(n) if field.name not in {"at", "comment", "above"}]
    return (type(n).__name__.lower(), *(f(getattr(n, name)) for name in names))


def same(path: str, data: bytes) -> None:
    module = parse_module(path, data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(data)
    assert of_syntax(module.body) == of_ast(tree.body), path
    assert module.doc == (ast.get_docstring(tree) or "")


GRAMMAR = r'''
"""A docstring
    of two lines.
"""
from __future__ import annotations
import a, a.b.c as d; from . import x; from ..m import y as z, w; from .. import *
x = y = 1_000 + 0x1F - 0b1 * 1.5e-3 / 2j // 3 % 4 ** -5 @ m & 1 | 2 ^ 3 << 4 >> ~5
x: int; x: dict[str, int] = {**a, "b": 1, c: 2}; x.y: int = 2
x += 1; x -= 1; x *= 1; x /= 1; x //= 1; x %= 1; x **= 1; x @= 1; x &= 1; x |= 1; x ^= 1; x <<= 1; x >>= 1
a[1], a[1, 2], a[1,], a[(1, 2)], a[1:2:3], a[:, None, ..., ::2], a[*b], a[*b, c], a[b := 1], a[()], a[:]
*a, (b, [c, *d]) = e
"a" 'b' """c
d""", rf"\d{x}" "\n" f"{x!r:>{width}.{y}}" f"", b"\x00" b'a', r"\n", "\N{EM DASH}", u"u", "\
", f"{x = }", f"{{}}", f"{f(x)['a']:%Y-%m-%d}"
f(a, *b, c=1, *d, **e, f=(yield_ for yield_ in x)), f(x for x in y), f(a)(b)[c].d, f(**a, b=1)
a if b else c if d else e, (a, b if c else d), not a and b or c and not d, a or (b or c), (a and b) and c
a < b <= c != d is not e not in f in g is h
[x for y in z if a if b for c in d], {x for x in y}, {x: y for x, y in z}, (x async for x in y), [[a for a in b] for b in c if (q := 1)]
lambda: 0, lambda a, /, b=1, *c, d, e=2, **f: (a, b), lambda *, a: a, lambda *a: (yield)
del a, b[0], c.d; del (a, b); del [a]; del (a), b
assert a, "message"; assert (a, b)
{}, [], (), {1}, {*a, 1}, (a,), [*a, *b], ...
@decorator
@a.b(c)[d]
class A(B, *C, metaclass=D, **e):
    """Doc."""
    x = 1; y: int
    def method(self): yield; return
    class Inner: pass
async def f(a, b: int = 1, /, c: "str" = "x", *args: *Ts, d, e: int = 2, **kwargs: dict) -> Tensor[a, b]:
    """Doc."""
    global g, h
    async with a as b, c as (d, e): await x
    async for x in y: pass
    else: z
    return [x async for x in y]
def generator(a=(yield), *, b=lambda: (yield)):
    def inner(): return 1
    x = yield
    y = yield from x
    return x, *y
def plain():
    @(yield_)
    def inner(): yield 1
    nonlocal_ = lambda: (yield)
def decorated_inside():
    @(yield)
    def inner(x=1): ...
if a: b
elif c: d; e
else:
    f
    if g: h
for x, *y in *a, b:
    if c: continue
    break
else: d
while (x := f()): pass
else: y
with (open(a) as b, c,): d
with (a): b
with (a, b) as c, d: e
try: a
except: b
try: a
except (A, B) as e: raise
except C: raise D from e
else: f
finally: g
try: a
except* A as e: raise E
match x:
    case 1 | "a" | None | -1.5 | 1 + 2j | A.b: pass
    case [a, *rest] | (a, *rest) as whole if a > 1: x = a
    case {"k": v, **more}: pass
    case A(b, c=d, e=[f, *_]): pass
    case {}: pass
    case _: pass
match = case = type = 1
match(x); match[x]; match.x
print(match, *case, type); return_ = not x
if x:
    pass; pass
'''


def test_grammar() -> None:
    same("grammar.py", GRAMMAR.encode())


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_grammar_with_other_line_ends(newline: str) -> None:
    same("grammar.py", GRAMMAR.replace("\n", newline).encode())


def test_every_operator_has_a_name() -> None:
    groups = (libcst.BaseBinaryOp, libcst.BaseUnaryOp, libcst.BaseCompOp, libcst.BaseBooleanOp, libcst.BaseAugOp)
    assert {c.__name__ for g in groups for c in g.__subclasses__()} == {c.__name__ for c in OPERATORS}


def sample() -> list[Path]:
    small = [p for p in sorted(STDLIB.rglob("*.py")) if "site-packages" not in p.parts and 500 < p.stat().st_size < 40_000]
    named = [STDLIB / "test" / name for name in ("test_patma.py", "test_fstring.py", "test_unpack_ex.py", "test_coroutines.py")]
    own = sorted(Path(libcst.__file__).parent.rglob("tests/**/*.py"))
    return [*small[:: max(1, len(small) // 150)], *(p for p in named if p.exists()), *own[::6]]


def test_real_files_are_the_same_trees() -> None:
    checked = 0
    for path in sample():
        data = path.read_bytes()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(data)
        except (SyntaxError, ValueError):
            continue
        same(str(path), data)
        checked += 1
    assert checked > 100


def test_the_comparison_can_fail() -> None:
    assert of_syntax(parse_module("a.py", b"f(a, b=1)").body) != of_ast(ast.parse("f(a, b=2)").body)
    assert of_syntax(parse_module("a.py", b"x[a]").body) != of_ast(ast.parse("x[a,]").body)
