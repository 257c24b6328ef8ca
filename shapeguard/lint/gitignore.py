"""Patterns in the manner of .gitignore: what one file of them says of one path, byte for byte as git says it, in linear time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_CLASSES = {
    b"alnum": r"[^\W_]", b"alpha": r"[^\W\d_]", b"blank": r"[ \t]", b"cntrl": r"[\x00-\x1f\x7f]", b"digit": r"\d", b"graph": r"[!-~]",
    b"lower": r"[a-z]", b"print": r"[ -~]", b"punct": r"[!-/:-@\[-`{-~]", b"space": r"\s", b"upper": r"[A-Z]", b"xdigit": r"[0-9a-fA-F]",
}  # fmt: skip
_SPECIAL = re.compile(rb"[*?\[\\]")
LONGEST = 4096  # bytes of a pattern: no path is longer, and a longer one only takes time


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line: what it matches (the last name of a path, or all of it), only folders, ignored or taken after all."""

    matches: Callable[[bytes], object]
    whole_path: bool
    only_folders: bool
    ignored: bool


@dataclass(frozen=True, slots=True)
class Ignore:
    """The patterns of one file, and the folder that they are relative to."""

    base: bytes
    patterns: list[Pattern]  # the last first

    @staticmethod
    def of(lines: Iterable[bytes], base: str) -> Ignore:
        """Reads patterns; what git would not understand matches nothing, as in git."""
        return Ignore(os.fsencode(base).rstrip(b"/") + b"/", [p for line in lines if (p := pattern(line)) is not None][::-1])

    def says(self, path: str, folder: bool) -> bool | None:
        """Whether a path is ignored (True), taken after all (False), or not spoken of.

        Only of the path itself: what stands in an ignored folder is for the caller never to reach.
        """
        if not self.patterns:
            return None
        full = os.fsencode(path if os.sep == "/" else path.replace(os.sep, "/"))
        if not full.startswith(self.base):
            return None
        relative = full[len(self.base) :]
        name = relative[relative.rfind(b"/") + 1 :]
        for p in self.patterns:
            if (folder or not p.only_folders) and p.matches(relative if p.whole_path else name):
                return p.ignored
        return None

    def takes_out(self, path: str) -> bool:
        """Whether a file, or a folder that it lies in, is ignored."""
        full = path if os.sep == "/" else path.replace(os.sep, "/")
        start = len(os.fsdecode(self.base))
        at = full.find("/", start)
        while at > 0:
            if self.says(full[:at], True):
                return True
            at = full.find("/", at + 1)
        return bool(self.says(full, False))


def pattern(line: bytes) -> Pattern | None:
    """Reads one line; None for a comment, an empty one, and for what is no pattern."""
    try:
        return _pattern(line)
    except _Never:
        return None


def matches_nothing(line: bytes) -> str:
    """Why a line that is neither empty nor a comment is no pattern; "" where it is one."""
    try:
        _pattern(line)
    except _Never as never:
        return str(never)
    return ""


def _pattern(line: bytes) -> Pattern | None:
    line = _trimmed(line.split(b"\0", 1)[0])
    if not line or line.startswith(b"#"):
        return None
    ignored = not line.startswith(b"!")
    glob = line if ignored else line[1:]
    only_folders = glob.endswith(b"/")
    glob = glob[:-1] if only_folders else glob
    whole_path = b"/" in glob
    glob = glob[1:] if glob.startswith(b"/") else glob
    if not glob:
        raise _Never("names nothing")
    if len(glob) > LONGEST:
        raise _Never(f"is longer than {LONGEST} bytes")
    return Pattern(_matcher(glob, whole_path), whole_path, only_folders, ignored)


class _Never(Exception):
    """A glob that can match nothing, and why."""


def _trimmed(line: bytes) -> bytes:
    """Without the spaces at the end that no backslash holds."""
    kept = line.rstrip(b" ")
    escapes = len(kept) - len(kept.rstrip(b"\\"))
    return kept + b" " if escapes % 2 and len(kept) < len(line) else kept


def _matcher(glob: bytes, whole_path: bool) -> Callable[[bytes], object]:
    """Whether a glob matches a text as a whole."""
    special = _SPECIAL.search(glob)
    if special is None:
        return glob.__eq__
    if not whole_path and special.start() == 0 and glob.startswith(b"*") and _SPECIAL.search(glob, 1) is None:
        end = glob[1:]
        return lambda text: text.endswith(end)
    return re.compile(_regex(glob, whole_path), re.DOTALL).fullmatch


def _regex(glob: bytes, whole_path: bool) -> bytes:
    r"""A glob as a regular expression that never goes back on what stands between two stars.

    Of the texts that `x` matches behind a star, the nearest is as good as any: what follows has the same slashes before it either way.
    So each `*x` is an atomic group `(?>[^/]*?x)`, and the time is that of a plain search for each piece. The same holds for what
    stands between two `**/`, which begins and ends at a slash; only the last piece of each, which the end of the text holds, is free.
    """
    parts: list[list[bytes]] = [[b""]]  # by `**/`, then by star
    heads: list[bytes] = [b""]  # what stands before each part
    tail = b""
    at = 0
    first_special = _SPECIAL.search(glob)
    literal = first_special.start() if first_special else len(glob)
    while at < len(glob):
        char = glob[at : at + 1]
        if char == b"*":
            end = at
            while glob[end : end + 1] == b"*":
                end += 1
            # git compares what stands before the first special character by itself: `a**/b` is `a`, and then `**/b`
            starts = at == 0 or glob[at - 1 : at] == b"/" or at == literal
            if not (whole_path and end - at > 1 and starts):
                parts[-1].append(b"")
            elif end == len(glob):
                tail = b".*"
            elif glob[end : end + 1] == b"/":
                heads.append(b"(?:[^/]*+/)*")
                parts.append([b""])
                end += 1
            elif glob[end : end + 2] == b"\\/":  # a slash that is escaped does not stand for no folder at all
                heads.append(b"(?:[^/]*+/)+")
                parts.append([b""])
                end += 2
            else:
                parts[-1].append(b"")
            at = end
            continue
        if char == b"?":
            piece, at = b"[^/]", at + 1
        elif char == b"[":
            piece, at = _bracket(glob, at)
        else:
            at += char == b"\\"
            if at == len(glob):
                raise _Never("ends in a backslash")
            piece, at = re.escape(glob[at : at + 1]), at + 1
        parts[-1][-1] += piece
    out = [_stars(parts[0], free=len(parts) == 1 and not tail)]
    for head, part, n in zip(heads[1:], parts[1:], range(2, len(parts) + 1), strict=True):
        last = n == len(parts) and not tail
        out.append(head + _stars(part, free=True) if last else b"(?>" + head + b"?" + _stars(part, free=False) + b")")
    return b"".join(out) + tail


def _stars(pieces: list[bytes], free: bool) -> bytes:
    """Pieces with a star between each two; `free` where the last one is held by the end of the text."""
    out = [pieces[0]]
    for n, piece in enumerate(pieces[1:], 2):
        last = n == len(pieces)
        if not piece and not last:
            continue
        out.append(b"[^/]*" + piece if last and (free or not piece) else b"(?>[^/]*?" + piece + b")")
    return b"".join(out)


def _bracket(glob: bytes, at: int) -> tuple[bytes, int]:
    """The set that a bracket stands for, read as git reads it, and where it ends; a range that runs backwards is its first character."""
    at += 1
    negated = glob[at : at + 1] in (b"!", b"^")
    at += negated
    found: set[int] = set()
    before = -1  # what a range may begin with
    first = True
    while first or glob[at : at + 1] != b"]":
        first = False
        char = glob[at : at + 1]
        if char == b"\\":
            at += 1
            before = _byte(glob, at)
            found.add(before)
        elif char == b"-" and before >= 0 and glob[at + 1 : at + 2] not in (b"", b"]"):
            at += 1
            at += glob[at : at + 1] == b"\\"
            found.update(range(before, _byte(glob, at) + 1))
            before = -1
        elif glob[at : at + 2] == b"[:":
            end = glob.find(b"]", at + 2)
            if end < 0:
                raise _Never("has an open bracket")
            if end > at + 2 and glob[end - 1 : end] == b":":
                found |= _named(glob[at + 2 : end - 1])
                at, before = end, -1
            else:
                before = _byte(glob, at)
                found.add(before)
        else:
            before = _byte(glob, at)
            found.add(before)
        at += 1
    return _set((set(range(256)) - found if negated else found) - {ord("/")}), at + 1


def _set(found: set[int]) -> bytes:
    """Bytes as a set of a regular expression."""
    starts = sorted(byte for byte in found if byte - 1 not in found)
    ends = sorted(byte for byte in found if byte + 1 not in found)
    return b"[" + b"".join(b"\\x%02x-\\x%02x" % pair for pair in zip(starts, ends, strict=True)) + b"]" if found else b"(?!)"


def _byte(glob: bytes, at: int) -> int:
    if at >= len(glob):
        raise _Never("has an open bracket")
    return glob[at]


def _named(name: bytes) -> set[int]:
    known = _CLASSES.get(name)
    if known is None:
        raise _Never("has a class that there is not")
    matches = re.compile(known.encode(), re.ASCII).fullmatch
    return {byte for byte in range(256) if matches(bytes([byte]))}
