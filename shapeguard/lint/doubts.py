"""What is said of settings that take nothing, or everything: the run goes on, and its silence would be taken for success."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence

from shapeguard.analysis.imports import Finder, project_files
from shapeguard.config import Settings
from shapeguard.lint.files import find_files
from shapeguard.pyproject import cut

_UNWORD = rb"[^0-9A-Za-z_\x80-\xff]"


def nothing_checked(paths: Sequence[str], settings: Settings, within: str) -> str:
    """Why there is no file to check."""
    if settings.exclude and find_files(paths, within=within).files:
        return f"{settings.where.get('exclude', 'exclude')}: 0 files checked: exclude takes everything that was found"
    shown = ", ".join([*map(cut, paths[:3]), *["..."][: len(paths) > 3]])
    return f"0 files checked: no Python file and no notebook was found in {shown}"


def unmatched_losses(settings: Settings, root: str, read: Callable[[str], bytes]) -> Iterator[str]:
    """One sentence for each name of `losses` that no function of the project has."""
    finder = Finder(root)
    for name in settings.losses:
        module, _, last = name.rpartition(".")
        here = finder.find(os.path.join(root, "_.py"), module) if module else None
        if here is not None and finder.dotted(here) == module and _defines(here, last, read):
            continue
        defining = [finder.dotted(path) for path in project_files(root) if _defines(path, last, read)]
        if module not in defining if module else not defining:
            near = f'; did you mean "{defining[0]}.{last}"?' if defining else ""
            yield f'{settings.where.get("losses", "losses")}: losses: no function of the project is "{cut(name)}"{near}'


def _defines(path: str, name: str, read: Callable[[str], bytes]) -> bool:
    try:
        data = read(path)
    except OSError:
        return False
    word = name.encode()
    return word in data and re.search(rb"\bdef[ \t]+" + re.escape(word) + _UNWORD, data) is not None
