"""What is said of settings that take nothing, or everything: the run goes on, and its silence would be taken for success."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from shapeguard.analysis.reading.imports import Finder, project_files
from shapeguard.config import Settings
from shapeguard.lint.files import find_files
from shapeguard.pyproject import cut

TOLD = 5  # names that are listed
_DEF = re.compile(rb"\bdef[ \t]+([0-9A-Za-z_\x80-\xff]+)")


def nothing_checked(paths: Sequence[str], settings: Settings, within: str) -> str:
    """Why there is no file to check."""
    if settings.exclude and find_files(paths, within=within).files:
        return f"{settings.where.get('exclude', 'exclude')}: 0 files checked: exclude takes everything that was found"
    shown = ", ".join([*map(cut, paths[:3]), *["..."][: len(paths) > 3]])
    return f"0 files checked: no Python file and no notebook was found in {shown}"


def unmatched_losses(settings: Settings, root: str, read: Callable[[str], bytes]) -> Iterator[str]:
    """One sentence for each name of `losses` that no function of the project has."""
    finder = Finder(root)
    known: dict[str, frozenset[str]] = {}  # what a file defines, by path

    def defines(path: str) -> frozenset[str]:
        if path not in known:
            known[path] = _defined(path, read)
        return known[path]

    left = {}
    for name in settings.losses:
        module, _, last = name.rpartition(".")
        here = finder.find(os.path.join(root, "_.py"), module) if module else None
        if here is None or finder.dotted(here) != module or last not in defines(here):
            left[name] = (module, last)
    modules: dict[str, list[str]] = {last: [] for _, last in left.values()}
    for path in project_files(root) if left else ():
        for last in modules.keys() & defines(path):
            modules[last].append(finder.dotted(path))
    unmatched = [name for name, (module, last) in left.items() if (module not in modules[last] if module else not modules[last])]
    for name in unmatched[:TOLD]:
        last = left[name][1]
        near = f'; did you mean "{modules[last][0]}.{last}"?' if modules[last] else ""
        yield f'{settings.where.get("losses", "losses")}: losses: no function of the project is "{cut(name)}"{near}'
    if len(unmatched) > TOLD:
        yield f"{settings.where.get('losses', 'losses')}: losses: nor are {len(unmatched) - TOLD} more"


def _defined(path: str, read: Callable[[str], bytes]) -> frozenset[str]:
    try:
        return frozenset(name.decode("utf-8", "replace") for name in _DEF.findall(read(path)))
    except OSError:
        return frozenset()
