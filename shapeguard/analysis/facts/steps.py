"""The history of a value: which operation made it, where in the source, and out of what."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias, get_args

from shapeguard.analysis.facts.shapes import Dim, Shape

_uids = itertools.count(1)


def uid() -> int:
    """A number that no other fact of this run has."""
    return next(_uids)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of source: rows and columns count from 1 and in characters, and `end_col` is one past the last one.

    In a notebook `cell` is the index over all cells, and the rows are those of that cell.
    """

    path: str
    row: int
    col: int
    end_row: int
    end_col: int
    cell: int | None = None


class Code(Protocol):
    """What facts ask of a function of the project, whose syntax stands above them: `reading.syntax.FuncDef` or `Lambda`."""

    at: Any


class ClassCode(Code, Protocol):
    """What facts ask of a class of the project, whose syntax stands above them: `reading.syntax.ClassDef`."""

    @property
    def body(self) -> Iterable[object]:
        """Its statements."""
        ...


class Source(Protocol):
    """What facts ask of a parsed file, which stands above them: `reading.parse.Module`."""

    path: str

    def span(self, at: Any) -> Place:
        """Where a piece of syntax stands."""
        ...

    def line(self, row: int, cell: int | None = None) -> str:
        """One row as it was written."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """Where in the source: a parsed file and one of its nodes; `place` (path, rows, columns) is worked out when asked for.

    A rule asks for `place` alone: `module` and `node` are the parser's.
    """

    module: Source
    node: Any

    @property
    def place(self) -> Place:
        """The rows and columns of the node."""
        return self.module.span(self.node)


# what a step may be asked for; an operation that nobody asks for has no kind
StepKind: TypeAlias = Literal[
    "", "add", "annotation", "append", "arange", "blank", "cast", "class", "default_collate", "embedding", "embedding_bag", "empty",
    "expand", "expand_as", "eye", "flatten", "full", "gather", "guarded", "image layer", "index", "lengths", "linear", "literal",
    "log_softmax", "looked up", "mask", "movedim", "named", "number", "one_hot", "ones", "pad_sequence", "permute", "rand", "randint",
    "randn", "rearrange", "repeat", "reshape", "roll", "skip", "softmax", "split", "squeeze", "stack", "stored", "stored ignore_index",
    "sub", "sum", "tensor", "tile", "transpose", "unsqueeze", "view", "windows", "write", "zeros",
]  # fmt: skip
_IMAGE_LAYERS = "conv convtranspose lazyconv lazyconvtranspose avgpool maxpool adaptiveavgpool adaptivemaxpool".split()
KINDS: dict[str, StepKind] = {kind: kind for kind in get_args(StepKind)}
KINDS |= {f"{layer}{dims}": "image layer" for layer in _IMAGE_LAYERS for dims in ("2d", "3d")}
KINDS |= {"image_backbone": "image layer", "rand_like": "rand", "full_like": "full"}


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One link of a value's history; `text` is a margin note for people, such as `logits are (B, T, V)`: it is printed, never compared.

    `site` is where it stands, `shape` what it gave (None where that is not known), and `parents` are the steps that led to it.
    """

    op: str  # the operation's short name: view, transpose, pad_sequence, cross_entropy, comment, annotation ...
    site: Site
    text: str
    shape: Shape | None = None
    sure: bool = True  # False where it rests on a name or a comment
    parents: tuple[Step, ...] = ()
    about: Dim | None = None  # of kind class: the number that is said to be one

    @property
    def kind(self) -> StepKind:
        """What it was, for those who ask: a comparison with what no step is does not pass the type checker."""
        return KINDS.get(self.op, "")

    def history(self) -> tuple[Step, ...]:
        """This step and all that it rests on, oldest first, each once."""
        order: list[Step] = []
        done: set[int] = set()
        todo: list[tuple[Step, bool]] = [(self, False)]
        while todo:
            link, ready = todo.pop()
            if ready:
                order.append(link)
            elif id(link) not in done:
                done.add(id(link))
                todo.append((link, True))
                todo.extend((p, False) for p in reversed(link.parents))
        return tuple(order)
