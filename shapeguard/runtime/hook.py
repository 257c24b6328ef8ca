"""An import hook that guards every function of a package that has annotated tensors."""

from __future__ import annotations

import ast
import importlib.util
import sys
import warnings
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType, TracebackType
from typing import Any, Self

from shapeguard.printable import plain
from shapeguard.runtime.findable import missing
from shapeguard.runtime.parsing import parse

_NAME = "__shapeguard_hooked__"


def install(packages: str | Iterable[str]) -> Installed:
    """Guards the modules of `packages` that are imported from now on, as if each function with annotated tensors had `@guard`.

    The decorator comes to stand below all others, so it sees the annotations that were written; a dataclass has its `__init__`
    checked. Functions under `typing.no_type_check` are left alone. Hints without tensors are not checked.

    Args:
        packages: names of packages or modules; what lies below them is meant too.

    Returns:
        a handle with `uninstall()`, which is a context manager too.

    Warns:
        UserWarning: a module was imported before, and stays as it is; or there is no package of a name.

    Example:
        with shapeguard.install("my_package"):
            import my_package.train
    """
    names = (packages,) if isinstance(packages, str) else tuple(packages)
    for name in not_found(names):
        warnings.warn(plain(f'no package "{name}" can be found, so nothing of it will be guarded'), stacklevel=2)
    early = sorted(n for n in tuple(sys.modules) if any(n == p or n.startswith(f"{p}.") for p in names))
    if early:
        shown = ", ".join(early[:3]) + (f" and {len(early) - 3} more" if len(early) > 3 else "")
        warnings.warn(f"already imported, so not guarded: {plain(shown)}; call install before the first import", stacklevel=2)
    return hook(names)


def hook(names: tuple[str, ...]) -> Installed:
    """Puts the hook in place, without a look at what is there."""
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    return Installed(finder)


def not_found(names: Iterable[str]) -> list[str]:
    """The packages among these that cannot be imported now."""
    return missing(names, _Finder)


class Installed:
    """The installed hook."""

    def __init__(self, finder: MetaPathFinder) -> None:
        self._finder = finder

    def uninstall(self) -> None:
        """Modules imported from now on are left alone; guarded ones stay guarded."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.uninstall()


class _Finder(MetaPathFinder):
    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not any(fullname == n or fullname.startswith(f"{n}.") for n in self.names):
            return None
        for finder in tuple(sys.meta_path):
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                if type(spec.loader) is SourceFileLoader:
                    spec.loader = _Loader(spec.loader.name, spec.loader.path)
                return spec
        return None


class _Loader(SourceFileLoader):
    """Compiles the source with the decorators put in; nothing is cached, so nothing can be stale."""

    def get_code(self, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:  # type: ignore[override]
        tree = parse(importlib.util.decode_source(data), file=path)
        return compile(_Decorate().module(tree), path, "exec", dont_inherit=True, optimize=_optimize)


class _Decorate(ast.NodeTransformer):
    def module(self, tree: ast.Module) -> ast.Module:
        tree = self.visit(tree)
        at = 0
        for at, node in enumerate(tree.body):  # noqa: B007  (used after the loop)
            documentation = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not documentation and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
                break
        found = ast.ImportFrom("shapeguard.runtime.decorate", [ast.alias("hooked", _NAME)], 0)
        tree.body.insert(at, ast.copy_location(found, tree.body[at]) if tree.body else found)
        return ast.fix_missing_locations(tree)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        if any(map(_is_no_type_check, node.decorator_list)):
            return node
        self.generic_visit(node)
        given = node.args
        arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        if node.returns is not None or any(a is not None and a.annotation is not None for a in arguments):
            node.decorator_list.append(_decorator(node))
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if any(map(_is_no_type_check, node.decorator_list)):
            return node
        self.generic_visit(node)
        if any("dataclass" in ast.unparse(d) for d in node.decorator_list):
            node.decorator_list.insert(0, _decorator(node))  # above @dataclass, which makes __init__
        return node


def _decorator(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.expr:
    return ast.copy_location(ast.Name(_NAME, ast.Load()), node)


def _is_no_type_check(node: ast.expr) -> bool:
    """Whether a decorator is `@no_type_check`."""
    node = node.func if isinstance(node, ast.Call) else node
    return (isinstance(node, ast.Name) and node.id == "no_type_check") or (isinstance(node, ast.Attribute) and node.attr == "no_type_check")
