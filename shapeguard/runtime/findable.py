"""Whether a package can be found by its name, without running anything of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any


def missing(names: Iterable[str], apart: type[MetaPathFinder]) -> list[str]:
    """The names that no import could find now; `apart` is a kind of finder that is not asked."""
    return [name for name in names if not _found(name, apart)]


def _found(name: str, apart: type[MetaPathFinder]) -> bool:
    """Whether an import of a module would find it, without running anything."""
    if name in sys.modules:
        return sys.modules[name] is not None
    parts = name.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    path: Sequence[str] | None = None
    for n in range(1, len(parts) + 1):
        whole = ".".join(parts[:n])
        module = sys.modules.get(whole)
        if module is not None:
            path = getattr(module, "__path__", None)
        else:
            try:
                spec = _spec(whole, path, apart)
            except KeyError as error:
                # for a folder without __init__.py inside of another, importlib asks for the outer one, which is not imported
                folders = [folder for at in path or () if os.path.isdir(folder := os.path.join(at, parts[n - 1]))]
                if not folders or error.args[0] != ".".join(parts[: n - 1]):
                    return True
                path = folders
                continue
            except Exception:  # a finder of somebody else, and what it would say is not known
                return True
            if spec is None:
                return False
            # and so does its path where it is walked: what is known now is in `_path`
            path = getattr(spec.submodule_search_locations, "_path", spec.submodule_search_locations)
            if n < len(parts) and _makes_its_own(spec):
                return True
        if path is None and n < len(parts):
            return False
    return True


def _spec(name: str, path: Sequence[str] | None, apart: type[MetaPathFinder]) -> ModuleSpec | None:
    for finder in sys.meta_path:
        if not isinstance(finder, apart) and hasattr(finder, "find_spec"):
            spec = finder.find_spec(name, path, None)
            if spec is not None:
                return spec
    return None


def _makes_its_own(spec: ModuleSpec) -> bool:
    """Whether a package may have modules that only it knows of, once it is imported."""
    loader: Any = spec.loader
    if loader is None:  # a folder without __init__.py
        return False
    try:
        source = loader.get_source(spec.name)
    except Exception:
        return True
    return source is None or "__path__" in source or "sys.modules" in source
