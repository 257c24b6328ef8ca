"""Which file a module name means, and which files import a file: by paths and bytes alone, nothing is parsed or run."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from shapeguard.analysis.reading.notebook import read_notebook

# names that mean the library, unless the importer's own script folder or the root holds a module of that name
THIRD_PARTY = frozenset(
    {
        *("torch", "torchvision", "torchaudio", "torchtext", "functorch", "ignite", "lightning", "pytorch_lightning"),
        *("transformers", "tokenizers", "datasets", "accelerate", "peft", "trl", "evaluate", "sentencepiece", "sacrebleu"),
        *("numpy", "scipy", "pandas", "sklearn", "matplotlib", "einops", "jaxtyping", "tqdm", "wandb", "yaml", "hydra", "omegaconf"),
        *("tensorflow", "keras", "jax", "flax", "spacy", "nltk", "gensim"),
    }
)
MAX_FILES = 20_000
MAX_BYTES = 5_000_000
SKIPPED_FOLDERS = frozenset({"node_modules", "build", "__pycache__", "site-packages", "dist-packages"})
_IMPORT = re.compile(
    rb"""(?:^|[;:])[ \t]*(?:
        from(?:[ \t]+|(?=\.))(?P<level>[. \t]*)(?P<module>[\w.\x80-\xff]*)[ \t]*import\b[ \t]*
            (?P<names>\((?:[^)#]|\#[^\n]*)*\)|(?:[^\r\n;#\\]|\\\r?\n)*)
        |import[ \t]+(?P<modules>(?:[\w., \t\x80-\xff]|\\\r?\n)+)
    )""",
    re.MULTILINE | re.VERBOSE,
)
_BEFORE = re.compile(rb"[;:](?=[ \t]*(?:from|import)\b)")
_COMMENT = re.compile(rb"#[^\n]*")


class Finder:
    """Turns a module name, as one file of the project writes it, into a path below the root."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._entries: dict[str, frozenset[str]] = {}
        self._bases: dict[str, list[str]] = {}

    def find(self, importer: str, name: str, level: int = 0) -> str | None:
        """The file, or the folder without `__init__.py`, that `name` means to `importer`; None for what is not the project's own."""
        folder = os.path.dirname(importer)
        parts = name.split(".") if name else []
        if level:
            for _ in range(level - 1):
                folder = os.path.dirname(folder)
            return self.below(folder, parts) if self.inside(folder) else None
        if not parts or not self.inside(folder):
            return None
        known = parts[0] in THIRD_PARTY or parts[0] in sys.stdlib_module_names
        bases = self._sure_bases(folder, parts[0]) if known else self._all_bases(folder)
        for base in bases:
            path = self._regular(base, parts)
            if path is not None and path != importer:
                return path
        if known:
            return None
        if parts[0] == os.path.split(self.root)[1] and "__init__.py" in self.entries(self.root):
            return self.below(self.root, parts[1:])
        return next((path for base in bases if (path := self._namespace(base, parts)) is not None), None)

    def below(self, folder: str, parts: list[str]) -> str | None:
        """The module that `parts` name below a folder; with no parts, the folder's own."""
        return self._regular(folder, parts) or self._namespace(folder, parts)

    def inside(self, path: str) -> bool:
        """Whether a path lies below the root."""
        return path == self.root or path.startswith(self.root.rstrip(os.sep) + os.sep)

    def entries(self, folder: str) -> frozenset[str]:
        """What a folder holds, read once; nothing for one that cannot be read."""
        found = self._entries.get(folder)
        if found is None:
            try:
                found = frozenset(os.listdir(folder) if os.path.split(folder)[1] not in SKIPPED_FOLDERS else ())
            except OSError:
                found = frozenset()
            self._entries[folder] = found
        return found

    def dotted(self, path: str) -> str:
        """The name by which the project imports a file."""
        stem, _ = os.path.splitext(path)
        parts = stem.split(os.sep)
        if parts[-1] == "__init__":
            parts.pop()
        above = len(parts) - 1
        if "__init__.py" in self.entries(os.path.dirname(path)):
            while above > 1 and "__init__.py" in self.entries(os.sep.join(parts[:above])):
                above -= 1
        elif self.inside(path):
            above = len(self.root.rstrip(os.sep).split(os.sep))
            above += parts[above:][:1] == ["src"] and len(parts) > above + 1
        return ".".join(parts[above:])

    def _sure_bases(self, folder: str, name: str) -> list[str]:
        """The folders that hold `name` for certain, if they hold it: Python searches them before the installed libraries."""
        if "__init__.py" not in self.entries(folder):
            return [folder, self.root, os.path.join(self.root, "src")]
        top = folder
        while self.inside(parent := os.path.dirname(top)) and "__init__.py" in self.entries(parent):
            top = parent
        own = [os.path.dirname(top)] if os.path.split(top)[1] == name and top != self.root else []
        return [*own, self.root, os.path.join(self.root, "src")]

    def _all_bases(self, folder: str) -> list[str]:
        """The folders that may be on the path when `folder` is used, the likely ones first."""
        found = self._bases.get(folder)
        if found is None:
            inner: list[str] = []  # of a package: only on the path where a file of it is run as a script
            outer: list[str] = []
            at = folder
            while self.inside(at):
                if not outer and "__init__.py" in self.entries(at) and at != self.root:
                    inner.append(at)
                else:
                    outer.append(at)
                    if "src" in self.entries(at):
                        outer.append(os.path.join(at, "src"))
                at = os.path.dirname(at)
                if at == os.path.dirname(at):
                    break
            found = self._bases[folder] = [*outer, *inner]
        return found

    def _regular(self, base: str, parts: list[str]) -> str | None:
        folder = os.path.join(base, *parts[:-1])
        if not parts:
            return os.path.join(base, "__init__.py") if "__init__.py" in self.entries(base) else None
        if not self._walkable(base, parts[:-1]):
            return None
        here, last = self.entries(folder), parts[-1]
        if last in here and "__init__.py" in self.entries(os.path.join(folder, last)):
            return os.path.join(folder, last, "__init__.py")
        path = os.path.join(folder, f"{last}.py")
        return path if f"{last}.py" in here and os.path.isfile(path) else None

    def _namespace(self, base: str, parts: list[str]) -> str | None:
        folder = os.path.join(base, *parts)
        if not self._walkable(base, parts):
            return None
        here = self.entries(folder)
        if any(e.endswith(".py") for e in here):
            return folder
        return folder if any("__init__.py" in self.entries(os.path.join(folder, e)) for e in here if "." not in e) else None

    def _walkable(self, base: str, parts: list[str]) -> bool:
        for part in parts:
            if part not in self.entries(base):
                return False
            base = os.path.join(base, part)
        return True


def project_files(root: str) -> Iterator[str]:
    """The Python files and notebooks below a folder, in a fixed order; links to folders are not followed."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        for file in sorted(files):
            if file.endswith((".py", ".ipynb")):
                count += 1
                if count > MAX_FILES:
                    return
                yield os.path.join(folder, file)


Taken: TypeAlias = "frozenset[tuple[str, str]]"  # names, each with the one that it goes by; ("", name) is the module itself


def imported(finder: Finder, path: str, data: bytes) -> dict[str, Taken]:
    """The files of the project that a file imports, as far as its bytes tell, and what of each."""
    found: dict[str, Taken] = {}

    def add(target: str | None, names: Iterable[tuple[str, str]]) -> None:
        if target is not None and target != path:
            found[target] = found.get(target, frozenset()) | frozenset(names)

    for match in _imports(_code(path, data)):
        if match["modules"] is not None:
            for name, alias in _names(match["modules"]):
                add(finder.find(path, name), [("", alias.rpartition(".")[2])])
            continue
        level, module = match["level"].count(b"."), _text(match["module"])
        target = finder.find(path, module, level)
        if target is None:
            continue
        names = _names(match["names"])
        folder, file = os.path.split(target)
        if file == "__init__.py" or not file.endswith(".py"):
            inner = [(name, alias, finder.below(folder if file == "__init__.py" else target, [name])) for name, alias in names]
            for _, alias, submodule in inner:
                add(submodule, [("", alias)])
            names = [(name, alias) for name, alias, submodule in inner if submodule is None]
            if not names:
                continue
        add(target, names)
    return found


def _imports(code: bytes) -> Iterator[re.Match[bytes]]:
    """The import statements of a source; lines without the word are passed over, which is most of the time that a search would take."""
    at = end = 0
    while (at := code.find(b"import", at)) >= 0:
        start = code.rfind(b"\n", end, at) + 1 or end
        if code[:start].endswith(b"\\\n"):  # `from module \`, then `import name`
            start = code.rfind(b"\n", 0, start - 1) + 1
        match = _IMPORT.match(code, start)
        inline = match is None and b"#" not in code[start:at]  # not in a comment at the end of a line
        for mark in _BEFORE.finditer(code, start, at + 6) if inline else ():  # `try: import a`, `import a; import b`
            match = match or _IMPORT.match(code, mark.start())
        at += 6
        if match is not None and match.end() >= at:
            at = end = max(at, match.end())
            yield match


class Imports:
    """Who imports whom in a project: every file is read once and none is parsed."""

    def __init__(self, finder: Finder, files: Iterable[str], read: Callable[[str], bytes]) -> None:
        self.down: dict[str, dict[str, Taken]] = {}
        found: dict[str, list[str]] = {}
        for path in dict.fromkeys(files):
            try:
                if os.path.getsize(path) > MAX_BYTES:
                    continue
                data = read(path)
            except OSError:
                continue
            self.down[path] = imported(finder, path, data)
            for target in self.down[path]:
                found.setdefault(target, []).append(path)
        self.up = {target: sorted(paths) for target, paths in sorted(found.items())}


def _code(path: str, data: bytes) -> bytes:
    if not path.endswith(".ipynb"):
        return data
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read_notebook(data).source.encode("utf-8", "replace")
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return b""


def _names(text: bytes) -> list[tuple[str, str]]:
    """`a as b, c` -> [("a", "b"), ("c", "c")]."""
    plain = _COMMENT.sub(b"", text).replace(b"\\", b" ").strip(b"() \t\r\n")
    words = [part.split() for part in plain.split(b",")]
    return [(_text(w[0]), _text(w[2] if len(w) > 2 and w[1] == b"as" else w[0])) for w in words if w]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
