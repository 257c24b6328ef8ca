"""Python's own statements (ast) -> the interpreter's statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.ast_expressions import OPERATORS, Expressions
from shapeguard.analysis.reading.convert import docstring
from shapeguard.analysis.reading.remarks import Remarks
from shapeguard.analysis.reading.spans import span


def convert(tree: ast.Module, remarks: Remarks) -> list[s.Statement]:
    """The statements of a module; `remarks` are the comments of its source."""
    return Statements(remarks).block(tree.body)


class Statements(Expressions):
    """Converts statements, by one look-up on the node's class."""

    def __init__(self, remarks: Remarks) -> None:
        super().__init__(remarks.text, remarks.behind)
        self._remarks = remarks
        self._statements: dict[type[ast.AST], Callable[[Any], s.Statement]] = {
            ast.Expr: self._expr,
            ast.Assign: self._assign,
            ast.AnnAssign: self._ann_assign,
            ast.AugAssign: self._aug_assign,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.Assert: self._assert,
            ast.Delete: self._delete,
            ast.Pass: self._jump,
            ast.Break: self._jump,
            ast.Continue: self._jump,
            ast.Global: self._scope,
            ast.Nonlocal: self._scope,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.Match: self._match,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
        }
        if (alias := getattr(ast, "TypeAlias", None)) is not None:  # since Python 3.12
            self._statements[alias] = self._type_alias

    def block(self, nodes: Sequence[ast.stmt]) -> list[s.Statement]:
        """The statements of a body, with their comments."""
        remarks = self._remarks
        found: list[s.Statement] = []
        last = len(nodes) - 1
        for i, node in enumerate(nodes):
            statement = self._statements.get(type(node), self._unheard_of)(node)
            found.append(statement)
            if not remarks.any:
                continue
            body = _first_body(node)
            if body:
                statement.comment = remarks.of_header(node, body[0])
            elif i == last or nodes[i + 1].lineno > (node.end_lineno or 0):  # what semicolons join has one comment, at the end
                statement.comment = remarks.at_end(span(node))
            if i == 0 or (nodes[i - 1].end_lineno or 0) < node.lineno:
                behind_a_block = bool(_first_body(nodes[i - 1])) if i else self._is_elif(node)
                statement.above = remarks.above(_first_row(node), node.col_offset, behind_a_block)
        return found

    def _is_elif(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and self._remarks.text((node.lineno, node.col_offset, node.lineno, node.col_offset + 4)) == "elif"

    @staticmethod
    def _unheard_of(node: Any) -> s.Statement:
        return s.ExprStmt(span(node), s.Name(span(node), "?"))

    # one line

    def _expr(self, node: ast.Expr) -> s.Statement:
        return s.ExprStmt(span(node), self.expr(node.value))

    def _assign(self, node: ast.Assign) -> s.Statement:
        return s.Assign(span(node), self.exprs(node.targets), self.expr(node.value))

    def _ann_assign(self, node: ast.AnnAssign) -> s.Statement:
        return s.Assign(span(node), [self.expr(node.target)], self.maybe(node.value), self.expr(node.annotation))

    def _aug_assign(self, node: ast.AugAssign) -> s.Statement:
        return s.AugAssign(span(node), self.expr(node.target), OPERATORS[type(node.op)], self.expr(node.value))

    def _type_alias(self, node: Any) -> s.Statement:
        return s.Assign(span(node), [self.expr(node.name)], self.expr(node.value))

    def _return(self, node: ast.Return) -> s.Statement:
        return s.Return(span(node), self.maybe(node.value))

    def _raise(self, node: ast.Raise) -> s.Statement:
        return s.Raise(span(node), self.maybe(node.exc))

    def _assert(self, node: ast.Assert) -> s.Statement:
        return s.Assert(span(node), self.expr(node.test))

    def _delete(self, node: ast.Delete) -> s.Statement:
        return s.Delete(span(node), self.exprs(node.targets))

    @staticmethod
    def _jump(node: ast.Pass | ast.Break | ast.Continue) -> s.Statement:
        return s.Jump(span(node), type(node).__name__.lower())

    @staticmethod
    def _scope(node: ast.Global | ast.Nonlocal) -> s.Statement:
        return s.Scope(span(node), type(node).__name__.lower(), node.names)

    @staticmethod
    def _import(node: ast.Import) -> s.Statement:
        return s.Import(span(node), _aliases(node.names))

    @staticmethod
    def _import_from(node: ast.ImportFrom) -> s.Statement:
        return s.Import(span(node), _aliases(node.names), node.module, node.level, True)

    # many lines

    def _if(self, node: ast.If) -> s.Statement:
        return s.If(span(node), self.expr(node.test), self.block(node.body), self.block(node.orelse))

    def _for(self, node: ast.For | ast.AsyncFor) -> s.Statement:
        return s.For(span(node), self.expr(node.target), self.expr(node.iter), self.block(node.body), self.block(node.orelse))

    def _while(self, node: ast.While) -> s.Statement:
        return s.While(span(node), self.expr(node.test), self.block(node.body), self.block(node.orelse))

    def _with(self, node: ast.With | ast.AsyncWith) -> s.Statement:
        items = [(self.expr(i.context_expr), self.maybe(i.optional_vars)) for i in node.items]
        return s.With(span(node), items, self.block(node.body))

    def _try(self, node: ast.Try | ast.TryStar) -> s.Statement:
        body = self.block(node.body)
        handlers = [(self.maybe(h.type), h.name, self.block(h.body)) for h in node.handlers]
        return s.Try(span(node), body, handlers, self.block(node.orelse), self.block(node.finalbody))

    def _match(self, node: ast.Match) -> s.Statement:
        return s.Match(span(node), self.expr(node.subject), [(_bound(case.pattern), self.block(case.body)) for case in node.cases])

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> s.Statement:
        decorators = self.exprs(node.decorator_list)
        params = self.params(node.args)
        returns = self.maybe(node.returns)
        outer, self.yields = self.yields, False
        body = self.block(node.body)
        yields, self.yields = self.yields, outer
        asynchronous = isinstance(node, ast.AsyncFunctionDef)
        return s.FuncDef(span(node), node.name, params, body, decorators, returns, docstring(body), asynchronous, yields)

    def _class(self, node: ast.ClassDef) -> s.Statement:
        decorators = self.exprs(node.decorator_list)
        bases = self.args(node.bases, ()) + self.args((), node.keywords)
        body = self.block(node.body)
        return s.ClassDef(span(node), node.name, bases, body, decorators, docstring(body))


def _aliases(nodes: Iterable[ast.alias]) -> list[tuple[str, str | None]]:
    return [(n.name, n.asname) for n in nodes]


def _first_body(node: Any) -> list[Any]:
    """The first block of a statement of many lines; [] for one of one line."""
    cases: list[Any] = getattr(node, "cases", [])
    return cases or getattr(node, "body", [])


def _first_row(node: Any) -> int:
    """The row where a statement begins, with its decorators."""
    decorators = getattr(node, "decorator_list", None)
    return int(decorators[0].lineno if decorators else node.lineno)


def _bound(pattern: ast.pattern | None) -> list[str]:
    """The names that a pattern binds, in the order in which they are written."""
    names: list[str] = []
    todo: list[ast.pattern | str | None] = [pattern]
    while todo:
        node = todo.pop()
        inner: list[ast.pattern | str | None] = []
        match node:
            case str():
                names.append(node)
            case ast.MatchAs():
                inner = [node.pattern, node.name]
            case ast.MatchStar():
                inner = [node.name]
            case ast.MatchSequence() | ast.MatchOr():
                inner = list(node.patterns)
            case ast.MatchMapping():
                inner = [*node.patterns, node.rest]
            case ast.MatchClass():
                inner = [*node.patterns, *node.kwd_patterns]
            case _:
                pass
        todo.extend(reversed(inner))
    return names
