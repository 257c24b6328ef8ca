"""What is left of a length that is rounded down: `n // k * k` is at most `n`, and windows of `k` fill it."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim, Sym, fresh

_quotients: dict[Sym, tuple[Dim, Dim]] = {}
_remainders: dict[Sym, Dim] = {}
_divisors: set[Dim] = set()
_windows: set[Sym] = set()


def quotient(number: Dim, by: Dim, role: str = "") -> Dim:
    """`number // by`."""
    found = fresh("n", role)
    if found.sym is not None and _divides(by):
        _quotients[found.sym] = (number, by)
        _divisors.add(by)
    return found


def remainder(number: Dim, by: Dim, role: str = "") -> Dim:
    """`number % by`."""
    found = fresh("n", role)
    if found.sym is not None and _divides(by):
        _remainders[found.sym] = number - quotient(number, by) * by
    return found


def _divides(by: Dim) -> bool:
    return by.const > 0 if by.const is not None else by.sym is not None


def divides_some(dim: Dim) -> bool:
    """Whether some length was divided by this number: it is one number then, and not another one in each row."""
    return dim in _divisors


def as_window_length(length: Dim) -> Dim:
    """The length of windows of one width that is not known, remembered to be that: all may be full."""
    if length.sym is not None:
        _windows.add(length.sym)
    return length


def may_be_full(length: Dim) -> bool:
    """Whether rows of this length are windows of one width that is not known."""
    return length.sym in _windows


def windows_fill(size: Dim, by: Dim) -> bool:
    """Whether windows of one width fill a length that was rounded down to them."""
    size = written_out(size)
    return _divides(by) and size.const is None and size.div(by) is not None and _rounded(size)


def is_rounded_down(count: Dim, size: Dim) -> bool:
    """Whether a number is what was left of a size, or of a smaller one, when it was rounded down."""
    room = written_out(size - count)
    for sym in room.symbols:
        if sym in _quotients:
            number, by = _quotients[sym]
            over = (room - (number - Dim.of(sym) * by)).const
            if over is not None and over >= 0:
                return True
    return False


def written_out(dim: Dim) -> Dim:
    """The same number without remainders: `n - n % k` is `n // k * k`."""
    for sym in dim.symbols & _remainders.keys():
        times = sum(c for mono, c in dim.terms if mono == (sym,))
        dim = dim + (_remainders[sym] - Dim.of(sym)) * times
    return dim


def _rounded(size: Dim) -> bool:
    return any(sym in _quotients for sym in size.symbols)
