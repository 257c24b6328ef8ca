"""Concrete statements (libcst) -> the interpreter's statements."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, cast

import libcst as cst

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.expressions import OPERATORS, ExpressionConverter, comment_text, dotted


def convert(module: cst.Module) -> list[s.Statement]:
    """The statements of a module."""
    body = StatementConverter().statements(module.body)
    if body and not body[0].above:
        body[0].above = _above(module.header)
    return body


def docstring(body: Sequence[s.Statement]) -> str:
    """The docstring that opens a body, as `inspect.cleandoc` leaves it; "" if there is none."""
    match body:
        case [s.ExprStmt(value=s.Const(value=str() as text)), *_]:
            return inspect.cleandoc(text)
    return ""


class StatementConverter(ExpressionConverter):
    """Converts statements, by one look-up on the node's class."""

    def __init__(self) -> None:
        super().__init__()
        self._small: dict[type[cst.CSTNode], Callable[[Any], s.Statement]] = {
            cst.Expr: self._expr,
            cst.Assign: self._assign,
            cst.AnnAssign: self._ann_assign,
            cst.AugAssign: self._aug_assign,
            cst.Return: self._return,
            cst.Raise: self._raise,
            cst.Assert: self._assert,
            cst.Del: self._del,
            cst.Pass: self._jump,
            cst.Break: self._jump,
            cst.Continue: self._jump,
            cst.Global: self._scope,
            cst.Nonlocal: self._scope,
            cst.Import: self._import,
            cst.ImportFrom: self._import_from,
            cst.TypeAlias: self._type_alias,
        }
        self._compound: dict[type[cst.CSTNode], Callable[[Any], s.Statement]] = {
            cst.If: self._if,
            cst.For: self._for,
            cst.While: self._while,
            cst.With: self._with,
            cst.Try: self._try,
            cst.TryStar: self._try,
            cst.Match: self._match,
            cst.FunctionDef: self._function,
            cst.ClassDef: self._class,
        }

    def statements(self, nodes: Iterable[cst.CSTNode]) -> list[s.Statement]:
        """The statements of a body; those that semicolons join are split."""
        found: list[s.Statement] = []
        for node in nodes:
            if isinstance(node, cst.SimpleStatementLine):
                self._simple(node, found)
                continue
            statement = self._compound.get(type(node), self._unheard_of)(node)
            if isinstance(node, cst.Match):
                statement.comment = comment_text(node.whitespace_after_colon.comment)
            elif isinstance(node, cst.BaseCompoundStatement):
                statement.comment = _header_comment(node.body)
            if isinstance(node, cst.BaseCompoundStatement) and node.leading_lines:
                statement.above = _above(node.leading_lines)
            found.append(statement)
        return found

    def block(self, node: cst.BaseSuite) -> list[s.Statement]:
        """The statements of an indented block, or of what stands behind the colon."""
        if isinstance(node, cst.IndentedBlock):
            return self.statements(node.body)
        found: list[s.Statement] = []
        if isinstance(node, cst.SimpleStatementSuite):
            self._simple(node, found)
        return found

    def _simple(self, line: cst.SimpleStatementLine | cst.SimpleStatementSuite, into: list[s.Statement]) -> None:
        small = self._small
        first = len(into)
        for node in line.body:
            into.append(small.get(type(node), self._unheard_of)(node))
        comment = line.trailing_whitespace.comment
        if comment is not None:
            into[-1].comment = comment_text(comment)
        if isinstance(line, cst.SimpleStatementLine) and line.leading_lines:
            into[first].above = _above(line.leading_lines)

    def _orelse(self, node: cst.If | cst.Else | None) -> list[s.Statement]:
        if node is None:
            return []
        return self.block(node.body) if isinstance(node, cst.Else) else self.statements((node,))

    @staticmethod
    def _unheard_of(node: cst.CSTNode) -> s.Statement:
        return s.ExprStmt(node, s.Name(node, "?"))

    # one line

    def _expr(self, node: cst.Expr) -> s.Statement:
        return s.ExprStmt(node, self.convert(node.value))

    def _assign(self, node: cst.Assign) -> s.Statement:
        expr = self.convert
        return s.Assign(node, [expr(t.target) for t in node.targets], expr(node.value))

    def _ann_assign(self, node: cst.AnnAssign) -> s.Statement:
        return s.Assign(node, [self.convert(node.target)], self.convert_or_none(node.value), self.convert(node.annotation.annotation))

    def _aug_assign(self, node: cst.AugAssign) -> s.Statement:
        return s.AugAssign(node, self.convert(node.target), OPERATORS[type(node.operator)], self.convert(node.value))

    def _type_alias(self, node: cst.TypeAlias) -> s.Statement:
        return s.Assign(node, [self.convert(node.name)], self.convert(node.value))

    def _return(self, node: cst.Return) -> s.Statement:
        return s.Return(node, self.convert_or_none(node.value))

    def _raise(self, node: cst.Raise) -> s.Statement:
        return s.Raise(node, self.convert_or_none(node.exc))

    def _assert(self, node: cst.Assert) -> s.Statement:
        return s.Assert(node, self.convert(node.test))

    def _del(self, node: cst.Del) -> s.Statement:
        target = node.target
        many = isinstance(target, cst.Tuple) and not target.lpar
        return s.Delete(node, self._items(target.elements) if many and isinstance(target, cst.Tuple) else [self.convert(target)])

    @staticmethod
    def _jump(node: cst.Pass | cst.Break | cst.Continue) -> s.Statement:
        return s.Jump(node, type(node).__name__.lower())

    @staticmethod
    def _scope(node: cst.Global | cst.Nonlocal) -> s.Statement:
        return s.Scope(node, type(node).__name__.lower(), [item.name.value for item in node.names])

    @staticmethod
    def _import(node: cst.Import) -> s.Statement:
        return s.Import(node, _aliases(node.names))

    @staticmethod
    def _import_from(node: cst.ImportFrom) -> s.Statement:
        return s.Import(node, _aliases(node.names), dotted(node.module) if node.module is not None else None, len(node.relative), True)

    # many lines

    def _if(self, node: cst.If) -> s.Statement:
        return s.If(node, self.convert(node.test), self.block(node.body), self._orelse(node.orelse))

    def _for(self, node: cst.For) -> s.Statement:
        return s.For(node, self.convert(node.target), self.convert(node.iter), self.block(node.body), self._orelse(node.orelse))

    def _while(self, node: cst.While) -> s.Statement:
        return s.While(node, self.convert(node.test), self.block(node.body), self._orelse(node.orelse))

    def _with(self, node: cst.With) -> s.Statement:
        items = [(self.convert(i.item), self.convert(i.asname.name) if i.asname is not None else None) for i in node.items]
        return s.With(node, items, self.block(node.body))

    def _try(self, node: cst.Try | cst.TryStar) -> s.Statement:
        body = self.block(node.body)
        handlers: list[tuple[s.Expr | None, str | None, list[s.Statement]]] = []
        for h in node.handlers:
            name = h.name.name if h.name is not None else None
            handlers.append((self.convert_or_none(h.type), name.value if isinstance(name, cst.Name) else None, self.block(h.body)))
        final = [] if node.finalbody is None else self.block(node.finalbody.body)
        return s.Try(node, body, handlers, self._orelse(node.orelse), final)

    def _match(self, node: cst.Match) -> s.Statement:
        return s.Match(node, self.convert(node.subject), [(_bound(case.pattern), self.block(case.body)) for case in node.cases])

    def _function(self, node: cst.FunctionDef) -> s.Statement:
        decorators = [self.convert(d.decorator) for d in node.decorators]
        params = self.params(node.params)
        returns = None if node.returns is None else self.convert(node.returns.annotation)
        outer, self.yields = self.yields, False
        body = self.block(node.body)
        yields, self.yields = self.yields, outer
        asynchronous = node.asynchronous is not None
        return s.FuncDef(node, node.name.value, params, body, decorators, returns, docstring(body), asynchronous, yields)

    def _class(self, node: cst.ClassDef) -> s.Statement:
        decorators = [self.convert(d.decorator) for d in node.decorators]
        bases = self.args((*node.bases, *node.keywords))
        body = self.block(node.body)
        return s.ClassDef(node, node.name.value, bases, body, decorators, docstring(body))


def _aliases(nodes: Sequence[cst.ImportAlias] | cst.ImportStar) -> list[tuple[str, str | None]]:
    if isinstance(nodes, cst.ImportStar):
        return [("*", None)]
    return [(dotted(n.name), cast(cst.Name, n.asname.name).value if n.asname is not None else None) for n in nodes]


def _header_comment(suite: cst.BaseSuite) -> str:
    if isinstance(suite, cst.IndentedBlock):
        return comment_text(suite.header.comment)
    return comment_text(suite.trailing_whitespace.comment) if isinstance(suite, cst.SimpleStatementSuite) else ""


def _above(lines: Sequence[cst.EmptyLine]) -> str:
    """The comment lines at the end of `lines`: what an empty line parts from the statement is not about it."""
    found: list[str] = []
    for line in reversed(lines):
        if line.comment is None:
            break
        found.append(comment_text(line.comment))
    return "\n".join(reversed(found))


def _bound(pattern: cst.MatchPattern) -> list[str]:
    """The names that a pattern binds, in the order in which they are written."""
    names: list[str] = []
    todo: list[cst.CSTNode | None] = [pattern]
    while todo:
        node = todo.pop()
        inner: list[cst.CSTNode | None] = []
        match node:
            case cst.MatchAs():
                inner = [node.pattern, node.name]
            case cst.MatchStar():
                inner = [node.name]
            case cst.MatchSequence() | cst.MatchOr():
                inner = list(node.patterns)
            case cst.MatchSequenceElement():
                inner = [node.value]
            case cst.MatchOrElement():
                inner = [node.pattern]
            case cst.MatchMapping():
                inner = [*(e.pattern for e in node.elements), node.rest]
            case cst.MatchClass():
                inner = [*(p.value for p in node.patterns), *(k.pattern for k in node.kwds)]
            case cst.Name():
                names.append(node.value)
            case _:
                pass
        todo.extend(reversed(inner))
    return names
