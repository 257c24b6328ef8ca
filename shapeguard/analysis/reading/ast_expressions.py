"""Python's own expressions (ast) -> the interpreter's expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.lexical import code
from shapeguard.analysis.reading.spans import Span, span

OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not", ast.And: "and", ast.Or: "or",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


class Expressions:
    """Converts expressions, by one look-up on the node's class; `yields` tells that a `yield` was met."""

    def __init__(self, text: Callable[[Span], str], behind: Callable[[Span], str]) -> None:
        """`text` gives what is written at a place, `behind` the comment that follows it on its row, with at most a comma between."""
        self.yields = False
        self._text = text
        self._behind = behind
        self._expressions: dict[type[ast.AST], Callable[[Any], s.Expr]] = {
            ast.Name: self._name,
            ast.Constant: self._constant,
            ast.JoinedStr: self._fstring,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.Slice: self._slice,
            ast.Tuple: self._tuple,
            ast.List: self._list,
            ast.Set: self._set,
            ast.Dict: self._dict,
            ast.Starred: self._star,
            ast.BinOp: self._binary,
            ast.UnaryOp: self._unary,
            ast.BoolOp: self._boolean,
            ast.Compare: self._comparison,
            ast.IfExp: self._conditional,
            ast.Lambda: self._lambda,
            ast.ListComp: self._list_comp,
            ast.SetComp: self._set_comp,
            ast.GeneratorExp: self._generator,
            ast.DictComp: self._dict_comp,
            ast.NamedExpr: self._walrus,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield_from,
            ast.Await: self._await,
        }
        if (templated := getattr(ast, "TemplateStr", None)) is not None:  # since Python 3.14
            self._expressions[templated] = self._fstring

    def expr(self, node: ast.AST) -> s.Expr:
        """One expression; a kind that a later Python brings becomes a name that nothing binds."""
        return self._expressions.get(type(node), self._unheard)(node)

    def maybe(self, node: ast.AST | None) -> s.Expr | None:
        """One expression, or none."""
        return None if node is None else self.expr(node)

    def exprs(self, nodes: Iterable[ast.AST]) -> list[s.Expr]:
        """Several expressions."""
        table, unheard = self._expressions, self._unheard
        return [table.get(type(node), unheard)(node) for node in nodes]

    def args(self, values: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[s.Arg]:
        """The arguments of a call, or the bases of a class, in the order in which they are written."""
        expr = self.expr
        found = [s.Arg(expr(v.value), None, 1) if isinstance(v, ast.Starred) else s.Arg(expr(v)) for v in values]
        if not keywords:
            return found
        named = [s.Arg(expr(k.value), k.arg, 2 if k.arg is None else 0) for k in keywords]
        if not values or span(values[-1]) < span(keywords[0]):
            return found + named
        at = [*map(span, values), *map(span, keywords)]
        return [arg for _, arg in sorted(zip(at, found + named, strict=True), key=lambda pair: pair[0])]

    def params(self, node: ast.arguments) -> list[s.Param]:
        """The parameters of a function, in the order in which they are written."""
        placed = [*node.posonlyargs, *node.args]
        defaults: list[ast.expr | None] = [*[None] * (len(placed) - len(node.defaults)), *node.defaults]
        kinds = ["posonly"] * len(node.posonlyargs) + ["normal"] * len(node.args)
        found = [self._param(p, kind, d) for p, kind, d in zip(placed, kinds, defaults, strict=True)]
        if node.vararg is not None:
            found.append(self._param(node.vararg, "star"))
        found += [self._param(p, "kwonly", d) for p, d in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
        if node.kwarg is not None:
            found.append(self._param(node.kwarg, "starstar"))
        return found

    def _param(self, node: ast.arg, kind: str, default: ast.expr | None = None) -> s.Param:
        comment = self._behind(span(node if default is None else default))
        return s.Param(node.arg, self.maybe(default), self.maybe(node.annotation), kind, comment)

    @staticmethod
    def _unheard(node: Any) -> s.Expr:
        return s.Name(span(node), "?")

    # literals and names

    @staticmethod
    def _name(node: ast.Name) -> s.Expr:
        return s.Name(span(node), node.id)

    @staticmethod
    def _constant(node: ast.Constant) -> s.Expr:
        return s.Const(span(node), node.value)

    def _fstring(self, node: Any) -> s.Expr:
        parts: list[s.Expr] = []
        self._interpolated(node.values, parts)
        return s.FString(span(node), parts)

    def _interpolated(self, contents: Iterable[Any], into: list[s.Expr]) -> None:
        for content in contents:
            if not isinstance(content, ast.Constant):  # a field of an f-string or a t-string
                into.append(self.expr(content.value))
                if content.format_spec is not None:
                    self._interpolated(content.format_spec.values, into)

    # reaching into things

    def _attribute(self, node: ast.Attribute) -> s.Expr:
        return s.Attr(span(node), self.expr(node.value), node.attr)

    def _call(self, node: ast.Call) -> s.Expr:
        return s.Call(span(node), self.expr(node.func), self.args(node.args, node.keywords))

    def _subscript(self, node: ast.Subscript) -> s.Expr:
        index = node.slice
        if isinstance(index, ast.Tuple) and index.elts and not self._closed(index):
            return s.Index(span(node), self.expr(node.value), self.exprs(index.elts), True)
        return s.Index(span(node), self.expr(node.value), [self.expr(index)])

    def _closed(self, node: ast.Tuple) -> bool:
        """Whether a tuple has brackets of its own: `x[(a, b)]`."""
        text = self._text(span(node))
        return text.startswith("(") and text.endswith(")") and (span(node) < span(node.elts[0])) and _matches(text)

    def _slice(self, node: ast.Slice) -> s.Expr:
        return s.Slice(span(node), self.maybe(node.lower), self.maybe(node.upper), self.maybe(node.step))

    # collections

    def _star(self, node: ast.Starred) -> s.Expr:
        return s.Star(span(node), self.expr(node.value))

    def _tuple(self, node: ast.Tuple) -> s.Expr:
        return s.Sequence(span(node), "tuple", self.exprs(node.elts))

    def _list(self, node: ast.List) -> s.Expr:
        return s.Sequence(span(node), "list", self.exprs(node.elts))

    def _set(self, node: ast.Set) -> s.Expr:
        return s.Sequence(span(node), "set", self.exprs(node.elts))

    def _dict(self, node: ast.Dict) -> s.Expr:
        return s.Dict(span(node), [(self.maybe(k), self.expr(v)) for k, v in zip(node.keys, node.values, strict=True)])

    # operators

    def _binary(self, node: ast.BinOp) -> s.Expr:
        return s.Binary(span(node), OPERATORS[type(node.op)], self.expr(node.left), self.expr(node.right))

    def _unary(self, node: ast.UnaryOp) -> s.Expr:
        return s.Unary(span(node), OPERATORS[type(node.op)], self.expr(node.operand))

    def _boolean(self, node: ast.BoolOp) -> s.Expr:
        op, at = OPERATORS[type(node.op)], span(node)
        found = self.expr(node.values[0])
        for value in node.values[1:]:
            found = s.BoolOp((at[0], at[1], *span(value)[2:]), op, found, self.expr(value))
        found.at = at
        return found

    def _comparison(self, node: ast.Compare) -> s.Expr:
        rest = [(OPERATORS[type(op)], self.expr(right)) for op, right in zip(node.ops, node.comparators, strict=True)]
        return s.Compare(span(node), self.expr(node.left), rest)

    def _conditional(self, node: ast.IfExp) -> s.Expr:
        return s.Cond(span(node), self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    # scopes and the rest

    def _lambda(self, node: ast.Lambda) -> s.Expr:
        params = self.params(node.args)
        outer = self.yields
        body = self.expr(node.body)
        self.yields = outer
        return s.Lambda(span(node), params, body)

    def _fors(self, nodes: Iterable[ast.comprehension]) -> list[s.CompFor]:
        return [s.CompFor(self.expr(n.target), self.expr(n.iter), self.exprs(n.ifs)) for n in nodes]

    def _list_comp(self, node: ast.ListComp) -> s.Expr:
        return s.Comp(span(node), "list", self.expr(node.elt), None, self._fors(node.generators))

    def _set_comp(self, node: ast.SetComp) -> s.Expr:
        return s.Comp(span(node), "set", self.expr(node.elt), None, self._fors(node.generators))

    def _generator(self, node: ast.GeneratorExp) -> s.Expr:
        return s.Comp(span(node), "generator", self.expr(node.elt), None, self._fors(node.generators))

    def _dict_comp(self, node: ast.DictComp) -> s.Expr:
        return s.Comp(span(node), "dict", self.expr(node.key), self.expr(node.value), self._fors(node.generators))

    def _walrus(self, node: ast.NamedExpr) -> s.Expr:
        return s.Walrus(span(node), node.target.id, self.expr(node.value))

    def _yield(self, node: ast.Yield) -> s.Expr:
        self.yields = True
        return s.Yield(span(node), self.maybe(node.value))

    def _yield_from(self, node: ast.YieldFrom) -> s.Expr:
        self.yields = True
        return s.Yield(span(node), self.expr(node.value), True)

    def _await(self, node: ast.Await) -> s.Expr:
        return s.Await(span(node), self.expr(node.value))


def _matches(text: str) -> bool:
    """Whether the bracket that opens a text is closed by its last character."""
    depth = 0
    for at, char in enumerate(code(text)):
        depth += (char in "([{") - (char in ")]}")
        if not depth:
            return at == len(text) - 1
    return False
