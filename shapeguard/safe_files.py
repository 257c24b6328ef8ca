"""Files that others wrote are read with care: nothing that never ends, nothing that is too large, no link out of the project."""

from __future__ import annotations

import errno
import os
import stat

SETTINGS = 1 << 20  # bytes of a pyproject.toml or a .gitignore; the largest that people write hold a tenth of it
SOURCE = 16 << 20  # of a Python file: libcst needs a hundred times as much memory
NOTEBOOK = 128 << 20  # of a notebook, which holds its pictures too


def read_regular(path: str | os.PathLike[str], limit: int) -> bytes:
    """What a file holds; raises OSError for a pipe or a device, which may never end, and for more than `limit` bytes."""
    _checked(os.stat(path), path, limit)  # before it is opened: that alone can wait for ever, or wind a tape
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        _checked(os.fstat(file.fileno()), path, limit)
        data = file.read(limit + 1)
    if len(data) > limit:
        raise _too_large(path, limit)
    return data


def source_limit(path: str) -> int:
    """The most bytes that are read of a Python file or a notebook."""
    return NOTEBOOK if path.endswith(".ipynb") else SOURCE


def repository(folder: str) -> str:
    """The real path of the git repository that holds a folder, else of the folder itself: what links may not lead out of."""
    real = at = os.path.realpath(folder)
    while not os.path.exists(os.path.join(at, ".git")):
        at, last = os.path.dirname(at), at
        if at == last:
            return real
    return at


def leads_out(path: str, folder: str) -> bool:
    """Whether the real path of a file lies outside of a folder, which is given by its own."""
    return not os.path.realpath(path).startswith(folder.rstrip(os.sep) + os.sep)


def _checked(status: os.stat_result, path: str | os.PathLike[str], limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL, "not a regular file", path)
    if status.st_size > limit:
        raise _too_large(path, limit)


def _too_large(path: str | os.PathLike[str], limit: int) -> OSError:
    return OSError(errno.EFBIG, f"larger than {limit >> 20} MiB", path)
