"""Concrete expressions (libcst) -> the interpreter's expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any, cast

import libcst as cst

from shapeguard.analysis.reading import syntax as s

_KEYWORDS: dict[str, bool | None] = {"True": True, "False": False, "None": None}

OPERATORS: dict[type[cst.CSTNode], str] = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//", cst.Modulo: "%", cst.Power: "**",
    cst.MatrixMultiply: "@", cst.BitAnd: "&", cst.BitOr: "|", cst.BitXor: "^", cst.LeftShift: "<<", cst.RightShift: ">>",
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/", cst.FloorDivideAssign: "//",
    cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.MatrixMultiplyAssign: "@", cst.BitAndAssign: "&", cst.BitOrAssign: "|",
    cst.BitXorAssign: "^", cst.LeftShiftAssign: "<<", cst.RightShiftAssign: ">>",
    cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~", cst.Not: "not", cst.And: "and", cst.Or: "or",
    cst.Equal: "==", cst.NotEqual: "!=", cst.LessThan: "<", cst.LessThanEqual: "<=", cst.GreaterThan: ">", cst.GreaterThanEqual: ">=",
    cst.Is: "is", cst.IsNot: "is not", cst.In: "in", cst.NotIn: "not in",
}  # fmt: skip


def comment_text(node: cst.Comment | None) -> str:
    """What a comment says: its text without the `#` and the blanks around it."""
    return node.value[1:].strip() if node is not None else ""


def dotted(node: cst.BaseExpression | None) -> str:
    """The text of a dotted name (`a.b.c`)."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if isinstance(node, cst.Name):
        parts.append(node.value)
    return ".".join(reversed(parts))


def text_of(literal: str) -> str | bytes:
    """The value of one string or bytes literal (not of an f-string)."""
    start = min(i for i in (literal.find('"'), literal.find("'")) if i >= 0)
    quotes = 3 if len(literal) >= start + 6 and literal[start : start + 3] in ('"""', "'''") else 1
    prefix, body = literal[:start].lower(), literal[start + quotes : -quotes]
    if "\\" in body and "r" not in prefix:
        try:
            return cast("str | bytes", ast.literal_eval(literal))
        except (SyntaxError, ValueError):  # an escape that Python does not know, and libcst does not look at
            pass
    if "\r" in body:
        body = body.replace("\r\n", "\n").replace("\r", "\n")
    return body.encode("ascii", "replace") if "b" in prefix else body


class ExpressionConverter:
    """Converts expressions, by one look-up on the node's class; `yields` tells that a `yield` was met."""

    def __init__(self) -> None:
        self.yields = False
        self._expressions: dict[type[cst.CSTNode], Callable[[Any], s.Expr]] = {
            cst.Name: self._name,
            cst.Integer: self._integer,
            cst.Float: self._float,
            cst.Imaginary: self._imaginary,
            cst.SimpleString: self._string,
            cst.FormattedString: self._fstring,
            cst.ConcatenatedString: self._concatenated,
            cst.Ellipsis: self._ellipsis,
            cst.Attribute: self._attribute,
            cst.Call: self._call,
            cst.Subscript: self._subscript,
            cst.Tuple: self._tuple,
            cst.List: self._list,
            cst.Set: self._set,
            cst.Dict: self._dict,
            cst.Element: self._element,
            cst.StarredElement: self._star,
            cst.BinaryOperation: self._binary,
            cst.UnaryOperation: self._unary,
            cst.BooleanOperation: self._boolean,
            cst.Comparison: self._comparison,
            cst.IfExp: self._conditional,
            cst.Lambda: self._lambda,
            cst.ListComp: self._list_comp,
            cst.SetComp: self._set_comp,
            cst.GeneratorExp: self._generator,
            cst.DictComp: self._dict_comp,
            cst.NamedExpr: self._walrus,
            cst.Yield: self._yield,
            cst.Await: self._await,
        }
        if (templated := getattr(cst, "TemplatedString", None)) is not None:  # not every libcst knows t-strings
            self._expressions[templated] = self._fstring

    def convert(self, node: cst.CSTNode) -> s.Expr:
        """One expression; a kind that a later Python brings becomes a name that nothing binds."""
        return self._expressions.get(type(node), self._unheard)(node)

    def convert_or_none(self, node: cst.CSTNode | None) -> s.Expr | None:
        """One expression, or none."""
        return None if node is None else self._expressions.get(type(node), self._unheard)(node)

    def args(self, nodes: Iterable[cst.Arg]) -> list[s.Arg]:
        """The arguments of a call, or the bases of a class."""
        expr = self.convert
        return [s.Arg(expr(a.value), None if a.keyword is None else a.keyword.value, len(a.star)) for a in nodes]

    def params(self, node: cst.Parameters) -> list[s.Param]:
        """The parameters of a function, in the order in which they are written."""
        found = [self._param(p, "posonly") for p in node.posonly_params]
        found += [self._param(p, "normal") for p in node.params]
        if isinstance(node.star_arg, cst.Param):
            found.append(self._param(node.star_arg, "star"))
        found += [self._param(p, "kwonly") for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append(self._param(node.star_kwarg, "starstar"))
        return found

    def _param(self, node: cst.Param, kind: str) -> s.Param:
        annotation = None if node.annotation is None else self.convert(node.annotation.annotation)
        behind = node.comma.whitespace_after if isinstance(node.comma, cst.Comma) else node.whitespace_after_param
        comment = comment_text(behind.first_line.comment) if isinstance(behind, cst.ParenthesizedWhitespace) else ""
        return s.Param(node.name.value, self.convert_or_none(node.default), annotation, kind, comment)

    @staticmethod
    def _unheard(node: cst.CSTNode) -> s.Expr:
        return s.Name(node, "?")

    # literals and names

    @staticmethod
    def _name(node: cst.Name) -> s.Expr:
        name = node.value
        return s.Const(node, _KEYWORDS[name]) if name in _KEYWORDS else s.Name(node, name)

    @staticmethod
    def _integer(node: cst.Integer) -> s.Expr:
        try:
            return s.Const(node, int(node.value, 0))
        except ValueError:  # thousands of digits
            return s.Name(node, "?")

    @staticmethod
    def _float(node: cst.Float) -> s.Expr:
        return s.Const(node, float(node.value))

    @staticmethod
    def _imaginary(node: cst.Imaginary) -> s.Expr:
        return s.Const(node, complex(node.value))

    @staticmethod
    def _ellipsis(node: cst.Ellipsis) -> s.Expr:
        return s.Const(node, ...)

    @staticmethod
    def _string(node: cst.SimpleString) -> s.Expr:
        return s.Const(node, text_of(node.value))

    def _fstring(self, node: Any) -> s.Expr:
        parts: list[s.Expr] = []
        self._interpolated(node.parts, parts)
        return s.FString(node, parts)

    def _interpolated(self, contents: Iterable[Any], into: list[s.Expr]) -> None:
        for content in contents:
            if hasattr(content, "expression"):  # of an f-string or a t-string
                into.append(self.convert(content.expression))
                self._interpolated(content.format_spec or (), into)

    def _concatenated(self, node: cst.ConcatenatedString) -> s.Expr:
        pieces: list[Any] = []
        parts: list[s.Expr] = []
        formatted = False
        rest: cst.CSTNode | None = node
        while rest is not None:
            piece, rest = (rest.left, rest.right) if isinstance(rest, cst.ConcatenatedString) else (rest, None)
            if isinstance(piece, cst.SimpleString):
                pieces.append(text_of(piece.value))
            else:
                formatted = True
                if hasattr(piece, "parts"):
                    self._interpolated(piece.parts, parts)
        if formatted:
            return s.FString(node, parts)
        return s.Const(node, (b"" if isinstance(pieces[0], bytes) else "").join(pieces))

    # reaching into things

    def _attribute(self, node: cst.Attribute) -> s.Expr:
        return s.Attr(node, self.convert(node.value), node.attr.value)

    def _call(self, node: cst.Call) -> s.Expr:
        return s.Call(node, self.convert(node.func), self.args(node.args))

    def _subscript(self, node: cst.Subscript) -> s.Expr:
        elements = node.slice
        items = [self._slice(e.slice) for e in elements]
        comma = len(items) > 1 or isinstance(elements[0].comma, cst.Comma) or isinstance(items[0], s.Star)
        return s.Index(node, self.convert(node.value), items, comma)

    def _slice(self, node: cst.BaseSlice) -> s.Expr:
        if isinstance(node, cst.Slice):
            return s.Slice(node, self.convert_or_none(node.lower), self.convert_or_none(node.upper), self.convert_or_none(node.step))
        index = cast(cst.Index, node)
        value = self.convert(index.value)
        return s.Star(index, value) if index.star else value

    # collections

    def _items(self, elements: Iterable[cst.BaseElement]) -> list[s.Expr]:
        expr = self.convert
        return [expr(e.value) if type(e) is cst.Element else expr(e) for e in elements]

    def _element(self, node: cst.Element) -> s.Expr:
        return self.convert(node.value)

    def _star(self, node: cst.StarredElement) -> s.Expr:
        return s.Star(node, self.convert(node.value))

    def _tuple(self, node: cst.Tuple) -> s.Expr:
        return s.Sequence(node, "tuple", self._items(node.elements))

    def _list(self, node: cst.List) -> s.Expr:
        return s.Sequence(node, "list", self._items(node.elements))

    def _set(self, node: cst.Set) -> s.Expr:
        return s.Sequence(node, "set", self._items(node.elements))

    def _dict(self, node: cst.Dict) -> s.Expr:
        expr = self.convert
        return s.Dict(node, [(expr(e.key) if isinstance(e, cst.DictElement) else None, expr(e.value)) for e in node.elements])

    # operators

    def _binary(self, node: cst.BinaryOperation) -> s.Expr:
        return s.Binary(node, OPERATORS[type(node.operator)], self.convert(node.left), self.convert(node.right))

    def _unary(self, node: cst.UnaryOperation) -> s.Expr:
        return s.Unary(node, OPERATORS[type(node.operator)], self.convert(node.expression))

    def _boolean(self, node: cst.BooleanOperation) -> s.Expr:
        return s.BoolOp(node, OPERATORS[type(node.operator)], self.convert(node.left), self.convert(node.right))

    def _comparison(self, node: cst.Comparison) -> s.Expr:
        rest = [(OPERATORS[type(c.operator)], self.convert(c.comparator)) for c in node.comparisons]
        return s.Compare(node, self.convert(node.left), rest)

    def _conditional(self, node: cst.IfExp) -> s.Expr:
        return s.Cond(node, self.convert(node.test), self.convert(node.body), self.convert(node.orelse))

    # scopes and the rest

    def _lambda(self, node: cst.Lambda) -> s.Expr:
        params = self.params(node.params)
        outer = self.yields
        body = self.convert(node.body)
        self.yields = outer
        return s.Lambda(node, params, body)

    def _fors(self, node: cst.CompFor | None) -> list[s.CompFor]:
        found: list[s.CompFor] = []
        while node is not None:
            found.append(s.CompFor(self.convert(node.target), self.convert(node.iter), [self.convert(i.test) for i in node.ifs]))
            node = node.inner_for_in
        return found

    def _list_comp(self, node: cst.ListComp) -> s.Expr:
        return s.Comp(node, "list", self.convert(node.elt), None, self._fors(node.for_in))

    def _set_comp(self, node: cst.SetComp) -> s.Expr:
        return s.Comp(node, "set", self.convert(node.elt), None, self._fors(node.for_in))

    def _generator(self, node: cst.GeneratorExp) -> s.Expr:
        return s.Comp(node, "generator", self.convert(node.elt), None, self._fors(node.for_in))

    def _dict_comp(self, node: cst.DictComp) -> s.Expr:
        return s.Comp(node, "dict", self.convert(node.key), self.convert(node.value), self._fors(node.for_in))

    def _walrus(self, node: cst.NamedExpr) -> s.Expr:
        return s.Walrus(node, cast(cst.Name, node.target).value, self.convert(node.value))

    def _yield(self, node: cst.Yield) -> s.Expr:
        self.yields = True
        value = node.value
        if isinstance(value, cst.From):
            return s.Yield(node, self.convert(value.item), True)
        return s.Yield(node, self.convert_or_none(value))

    def _await(self, node: cst.Await) -> s.Expr:
        return s.Await(node, self.convert(node.expression))
