"""Arguments of the command line -> the Python files and notebooks that they mean."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from shapeguard.analysis.reading.imports import SKIPPED_FOLDERS
from shapeguard.lint.gitignore import Ignore
from shapeguard.safe_files import SETTINGS, leads_out, read_regular, source_limit

SUFFIXES = (".py", ".ipynb")


class MissingPath(Exception):
    """An argument that names nothing."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: no such file or folder"


@dataclass(frozen=True, slots=True)
class Found:
    """The files, sorted and each once, as the arguments spell them; and what could not be looked into, one sentence each."""

    files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def find_files(paths: Sequence[str], exclude: Iterable[str] = (), root: str | None = None, within: str | None = None) -> Found:
    """The files that `paths` mean; raises MissingPath.

    What `paths` name is taken, whatever else is said of it; folders are searched without what git ignores, what `exclude`
    (patterns in the manner of .gitignore, relative to `root`) matches, hidden folders, virtual environments, links to folders,
    and links that lead out of `within`. What is too large to be read is left out, with a warning.
    """
    found = Found()
    excluded = Ignore.of(as_lines(exclude), os.path.abspath(root or os.curdir))
    taken: dict[str, str] = {}
    links: dict[str, str] = {}
    for path in paths:
        if os.path.isdir(path):
            _search(path, excluded, taken, links, found.warnings)
        elif os.path.exists(path):
            taken.setdefault(os.path.abspath(path), os.path.normpath(path))
        else:
            raise MissingPath(path)
    real = {os.path.realpath(path) for path in taken}
    for link, shown in sorted(links.items()):  # a second name of a file is taken only where the first is not among them
        target = os.path.realpath(link)
        if target in real:
            continue
        if within is not None and leads_out(target, within):
            found.warnings.append(f"{shown}: left out, the link leads out of the project")
            continue
        real.add(target)
        taken.setdefault(link, shown)
    for path, shown in sorted(taken.items(), key=lambda item: item[1]):
        if _size(path) > (limit := source_limit(path)):
            found.warnings.append(f"{shown}: not read, it is larger than {limit >> 20} MiB")
        else:
            found.files.append(shown)
    return found


def project_files(root: str, exclude: Iterable[str] = (), base: str | None = None, within: str | None = None) -> list[str]:
    """The absolute paths of all files of a project that are not kept out, for those who follow imports."""
    return [os.path.abspath(path) for path in find_files([root], exclude, base, within).files]


def as_lines(patterns: Iterable[str]) -> list[bytes]:
    """The patterns of a configuration as a .gitignore would hold them."""
    return [pattern.removeprefix("./").encode("utf-8", "surrogateescape") for pattern in patterns]


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _search(top: str, excluded: Ignore, taken: dict[str, str], links: dict[str, str], warnings: list[str]) -> None:
    """Walks a folder and notes the Python files and links that nothing ignores."""
    start = os.path.abspath(top)
    stack = [(start, _from_above(start, warnings))]
    while stack:
        folder, rules = stack.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            warnings.append(f"{_shown(folder, start, top)}: cannot be searched: {error.strerror or error}")
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and folder != start:
            continue
        if ".gitignore" in names:
            rules = [*rules, *_read(os.path.join(folder, ".gitignore"), folder, warnings)]
        for entry in entries:
            kind = _kind(entry)
            if kind == "other" or _ignored(entry.path, kind == "folder", rules, excluded):
                continue
            if kind == "folder":
                stack.append((entry.path, rules))
            else:
                (links if kind == "link" else taken).setdefault(entry.path, _shown(entry.path, start, top))


def _kind(entry: os.DirEntry[str]) -> str:
    """Folder, file, link (to a file), or other: whatever is not to be looked at."""
    name = entry.name
    if name.startswith("."):
        return "other"
    try:
        if entry.is_dir(follow_symlinks=False):
            return "other" if name in SKIPPED_FOLDERS else "folder"
        if name.endswith(SUFFIXES) and entry.is_file():
            return "link" if entry.is_symlink() else "file"
    except OSError:  # a link to itself
        pass
    return "other"


def _ignored(path: str, folder: bool, rules: list[Ignore], excluded: Ignore) -> bool:
    if excluded.says(path, folder):
        return True
    return next((says for rule in reversed(rules) if (says := rule.says(path, folder)) is not None), False)


def _from_above(folder: str, warnings: list[str]) -> list[Ignore]:
    """What the repository that holds a folder ignores, from the weakest to the strongest; without the folder's own .gitignore."""
    parents: list[str] = []
    at = folder
    while not os.path.exists(os.path.join(at, ".git")):
        at, last = os.path.dirname(at), at
        if at == last:
            return []
        parents.append(at)
    rules = _read(os.path.join(at, ".git", "info", "exclude"), at, warnings)
    for parent in reversed(parents):
        rules += _read(os.path.join(parent, ".gitignore"), parent, warnings)
    return rules


def _read(path: str, base: str, warnings: list[str]) -> list[Ignore]:
    if path.endswith(".gitignore") and os.path.islink(path):
        return []  # git follows none in its tree either
    try:
        data = read_regular(path, SETTINGS)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        warnings.append(f"{path}: cannot be read: {error.strerror or error}")
        return []
    return [Ignore.of([line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")], base)]


def _shown(path: str, start: str, top: str) -> str:
    return os.path.normpath(os.path.join(top, os.path.relpath(path, start)))
