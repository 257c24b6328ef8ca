"""Whether both readers make the same of every Python file below some folders: statements, comments and places.

usage: python -m benchmarks.two_readers FOLDER [...] [--files N] [--seed N]

Files that are asked for are read by libcst, those that are only consulted by `ast`. Each file is read both ways, and what differs is
printed, with the number of files and the CPU time of both. Exit code 1 where anything differs.
Three places may differ: what stands in brackets of its own (`(a, b)`, `(x for x in y)`) begins at the bracket for `ast` alone, a
slice may end in blanks for libcst, and a block ends with its last semicolon for `ast`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module, Unparsable, parse_module


def differences(path: str, data: bytes) -> Iterator[str]:
    """What one reader makes of a file and the other does not; raises Unparsable where neither reads it."""
    asked, consulted = parse_module(path, data), parse_module(path, data, consulted=True)
    if asked.doc != consulted.doc:
        yield f"{path}: docstring"
    yield from _between(asked.body, consulted.body, asked, consulted)


def _between(a: Any, b: Any, asked: Module, consulted: Module) -> Iterator[str]:
    if type(a) is not type(b) or (isinstance(a, list | tuple) and len(a) != len(b)):
        yield f"{asked.path}: {a} is not {b}"
    elif isinstance(a, list | tuple):
        for x, y in zip(a, b, strict=True):
            yield from _between(x, y, asked, consulted)
    elif not is_dataclass(a):
        if a != b and (a == a or b == b):  # a NaN
            yield f"{asked.path}: {a!r} is not {b!r}"
    else:
        for field in fields(a):
            x, y = getattr(a, field.name), getattr(b, field.name)
            if field.name != "at":
                yield from _between(x, y, asked, consulted)
            elif not _same_place(a, asked, x, consulted, y):
                yield f"{asked.path}: {type(a).__name__} at {asked.span(x)} is not at {consulted.span(y)}"


def _same_place(node: Any, asked: Module, x: Any, consulted: Module, y: Any) -> bool:
    a, b = asked.span(x), consulted.span(y)
    if isinstance(node, s.Sequence | s.Comp):
        return (a.row, a.cell) >= (b.row, b.cell) and a.end_row <= b.end_row
    if isinstance(node, s.Slice):
        return (a.row, a.col, a.cell) == (b.row, b.col, b.cell)
    if b.end_col == a.end_col + 1 and asked.line(a.end_row, a.cell)[a.end_col - 1 : a.end_col] == ";":
        b = replace(b, end_col=a.end_col)
    return a == b


def main() -> int:
    """Reads the files, and prints what differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--files", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    paths = sorted(p for folder in options.folders for p in folder.rglob("*.py") if p.is_file())
    random.Random(options.seed).shuffle(paths)
    read = different = 0
    spent = {"libcst": 0.0, "ast": 0.0}
    for path in paths:
        if read == options.files:
            break
        data = path.read_bytes()
        try:
            for reader in spent:
                start = time.process_time()
                parse_module(str(path), data, consulted=reader == "ast")
                spent[reader] += time.process_time() - start
            found = list(differences(str(path), data))
        except Unparsable:
            continue
        read += 1
        different += bool(found)
        for line in found[:3]:
            print(line)
    print(f"{read} files, {different} of them different; CPU {spent['libcst']:.1f} s with libcst, {spent['ast']:.1f} s with ast")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
