"""The files of one project as modules, parsed when asked for; user code is read and never run."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import Path

from shapeguard.analysis.reading.imports import Finder, Imports, project_files
from shapeguard.analysis.reading.parse import Module, Unparsable, parse_module
from shapeguard.safe_files import read_regular, source_limit


def find_root(paths: Iterable[str | Path]) -> Path:
    """The project of some files: the folder of the nearest pyproject.toml above them, else the git root, else their common folder."""
    given = [os.path.abspath(p) for p in paths] or [os.getcwd()]
    common = os.path.commonpath([p if os.path.isdir(p) else os.path.dirname(p) for p in given])
    above = [Path(common), *Path(common).parents]
    for marker in ("pyproject.toml", ".git"):
        for folder in above:
            if (folder / marker).exists():
                return folder
    return Path(common)


def read_bytes(path: str) -> bytes:
    """What a source file holds; raises OSError for a pipe or a device, which may never end, and for what is too large."""
    return read_regular(path, source_limit(path))


class Project:
    """Modules by path and by name, each parsed at most once; nothing outside of the root is followed."""

    def __init__(
        self,
        root: str | Path,
        read: Callable[[str], bytes] = read_bytes,
        *,
        files: Callable[[], Iterable[str]] | None = None,
        asked: Collection[str] = (),
        losses: Sequence[str] = (),
    ) -> None:
        """`files` gives the files that can import others, by default all; `losses` are dotted names of a project's own losses.

        `asked` are the paths that were asked for: those of them that can hold a loss are read by libcst, all others by `ast`.
        """
        self.root = Path(os.path.abspath(root))
        self.files = files or (lambda: project_files(str(self.root)))
        self._asked = frozenset(asked)
        self.words = tuple(name.rpartition(".")[2] for name in losses)
        self.broken: dict[str, Unparsable] = {}  # the files that could not be parsed, by path
        self.read = read
        self._mentions: dict[str, bool] = {}
        self._located: dict[tuple[str, str, str, int], str | None] = {}
        self._modules: dict[str, Module | None] = {}
        self.finder = Finder(str(self.root))

    def module_at(self, path: str | Path) -> Module | None:
        """The module of a file, or of a folder without `__init__.py`; None, and an entry in `broken`, where it cannot be parsed."""
        path = os.path.abspath(path)
        if path not in self._modules:
            self._modules[path] = self._load(path)
        return self._modules[path]

    @property
    def parsed(self) -> tuple[str, ...]:
        """The paths of all modules that were asked for so far."""
        return tuple(self._modules)

    def resolve(self, importer: Module, name: str, level: int = 0) -> Module | None:
        """The module that `name` means in a file (`level` counts the leading dots); None for what is not the project's own."""
        path = self.locate(importer, name, level)
        return None if path is None else self.module_at(path)

    def locate(self, importer: Module, name: str, level: int = 0) -> str | None:
        """The path of the module that `name` means in a file, without parsing it."""
        key = (os.path.dirname(importer.path), importer.path if level == 0 else "", name, level)
        if key not in self._located:
            self._located[key] = self.finder.find(os.path.abspath(importer.path), name, level)
        return self._located[key]

    def submodule(self, package: Module, name: str) -> Module | None:
        """The module `name` of a package."""
        if not package.package:
            return None
        path = os.path.abspath(package.path)
        found = self.finder.below(os.path.dirname(path) if path.endswith(".py") else path, [name])
        return None if found is None or not self.finder.inside(found) else self.module_at(found)

    def importers(self, path: str | Path) -> list[str]:
        """The files of the project that import a file, sorted."""
        return list(self.imports.up.get(os.path.abspath(path), ()))

    @cached_property
    def imports(self) -> Imports:
        """Who imports whom."""
        return Imports(self.finder, self.files(), self.read)

    def mentions_loss(self, path: str) -> bool:
        """Whether the bytes of a file can hold a loss; not where it cannot be read."""
        found = self._mentions.get(path)
        if found is None:
            try:
                found = mentions_loss(self.read(path), self.words)
            except OSError:
                found = False
            self._mentions[path] = found
        return found

    def _load(self, path: str) -> Module | None:
        name = self.finder.dotted(path)
        if os.path.isdir(path):
            return Module(path, name, package=True)
        try:
            return parse_module(path, self.read(path), name, consulted=path not in self._asked or not self.mentions_loss(path))
        except Unparsable as error:
            self.broken[path] = error
        except OSError as error:
            self.broken[path] = Unparsable(path, 1, 1, f"cannot be read: {error.strerror or error}")
        return None


# a file whose lower-cased bytes hold none of these words, and no group of those below, computes no cross entropy
LOSS_WORDS = (
    *(b"cross_entropy", b"crossentropy", b"nll_loss", b"nllloss", b"ce_loss", b"celoss"),
    *(b"kl_div", b"kldivloss"),
    *(b"ignore_index", b"loss_function"),  # transformers: self.loss_function(logits, labels, ...)
    *(b"criterion", b"loss_fn", b"loss_fct", b"loss_func", b"lossfn"),  # what is called here and was made elsewhere
)
_TARGETS = (b"labels=", b"labels =", b"'labels'", b'"labels"', b'\\"labels\\"')
_LIBRARIES = (b"transformers", b"trl", b"unsloth")
# each a list of choices, one of which must stand there for every one of them
_TOGETHER: tuple[tuple[tuple[bytes, ...], ...], ...] = (
    # a loss written by hand picks the targets' entries out of log-probabilities, or weighs them with a distribution
    ((b"log_softmax", b"logsoftmax", b"logsumexp", b"log_probs", b"logprobs", b"logps"), (b"gather(", b"nll", b"take_along_dim", b"loss")),
    ((b".log(",), (b"gather(",), (b"loss", b"nll", b".backward(")),
    # a library model that is given its labels, or a batch that holds them, hands back the loss
    ((b".loss", b".backward(", b"'loss'", b'"loss"', b'\\"loss\\"'), (b"(**", b"transformers", *_TARGETS)),
    ((b"loss",), _TARGETS),
    ((b"loss",), (b"(**",), (b"[0]", b"loss, ", b", loss")),
    # a trainer that calls such a model by itself
    ((b"train_dataset", b"trainer(", b"trainer)"), _LIBRARIES),
    ((b"trainer(",), (b".train(",)),
)


def mentions_loss(data: bytes, extra: Iterable[str] = ()) -> bool:
    """Whether the bytes of a file can hold a cross entropy; `extra` are words that a project's own losses go by."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # UTF-16: Python refuses it, which is reported for a file that holds a loss
        data = data.replace(b"\0", b"")
    low = data.lower()  # and plain searches: five times as fast as one regular expression
    if any(word in low for word in LOSS_WORDS):
        return True
    if any(all(any(word in low for word in choice) for choice in choices) for choices in _TOGETHER):
        return True
    return any(word.lower().encode() in low for word in extra)
