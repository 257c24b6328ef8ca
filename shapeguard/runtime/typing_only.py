"""Names that a module imports under `if TYPE_CHECKING:` alone: they are found where their module is loaded all the same."""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from importlib.util import resolve_name
from typing import Any

from shapeguard.runtime.parsing import parse

ABSENT: Any = object()


def find(space: dict[str, Any], name: str) -> Any:
    """What `name` would be in the module with the globals `space`; ABSENT where that is not loaded: nothing is imported for it."""
    origin = _imports(str(space.get("__file__", "")), str(space.get("__package__") or "")).get(name)
    if origin is None:
        return ABSENT
    module, attribute = origin
    if attribute is None:
        return sys.modules.get(module, ABSENT)
    return getattr(sys.modules.get(module), attribute, sys.modules.get(f"{module}.{attribute}", ABSENT))


@functools.cache
def _imports(file: str, package: str) -> dict[str, tuple[str, str | None]]:
    """Name -> the module, and the name in it."""
    try:
        tree = parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError):
        return {}
    found: dict[str, tuple[str, str | None]] = {}
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and ast.unparse(block.test).rpartition(".")[2] == "TYPE_CHECKING":
            for node in block.body:
                if isinstance(node, ast.Import):
                    for one in node.names:
                        found[one.asname or one.name.partition(".")[0]] = (one.name if one.asname else one.name.partition(".")[0], None)
                elif isinstance(node, ast.ImportFrom):
                    try:
                        module = resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module or ""
                    except ImportError:
                        continue
                    found.update({one.asname or one.name: (module, one.name) for one in node.names})
    return found
