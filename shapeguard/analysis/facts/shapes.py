"""Exact symbolic sizes: integer polynomials over named symbols, ordered axes, and shapes that may hold an unknown pack."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias


class Same(enum.Enum):
    """The three answers to "are these two the same?"."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"

    def __bool__(self) -> bool:
        raise TypeError("Same has three values: compare it with `is Same.YES`")


@dataclass(frozen=True, slots=True)
class Sym:
    """A named unknown integer; two of them are the same only when `uid` is, the name is for people.

    `name` is what the source calls it.
    """

    name: str
    uid: int = 0
    role: str = field(default="", compare=False)  # batch | time | class | feature | pad | bos | eos | unk | ...

    def __str__(self) -> str:
        return self.name


_uids = itertools.count(1)


def fresh(name: str, role: str = "") -> Dim:
    """A size that nothing else is known to equal."""
    return Dim.of(Sym(name, next(_uids), role))


Monomial: TypeAlias = tuple[Sym, ...]  # sorted, with repetition; () is the constant term


@dataclass(frozen=True, slots=True)
class Dim:
    """An integer polynomial, such as `B*T`, `T-1` or `4*C`; also the value of an id (`PAD`)."""

    terms: tuple[tuple[Monomial, int], ...] = ()  # sorted by monomial, no zero coefficients

    @staticmethod
    def of(value: int | Sym) -> Dim:
        """The polynomial that is just an integer or just a symbol."""
        if isinstance(value, Sym):
            return Dim((((value,), 1),))
        return Dim((((), int(value)),)) if value else Dim()

    @property
    def const(self) -> int | None:
        """The integer, where there is nothing symbolic in it."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and self.terms[0][0] == ():
            return self.terms[0][1]
        return None

    @property
    def sym(self) -> Sym | None:
        """The symbol, where the polynomial is exactly one."""
        if len(self.terms) == 1 and self.terms[0][1] == 1 and len(self.terms[0][0]) == 1:
            return self.terms[0][0][0]
        return None

    @property
    def symbols(self) -> frozenset[Sym]:
        """Every symbol that occurs."""
        return frozenset(s for mono, _ in self.terms for s in mono)

    @property
    def role(self) -> str:
        """The role of the one symbol that the polynomial is about (`T-1` is a time), or ''."""
        roles = {s.role for s in self.symbols}
        return roles.pop() if len(roles) == 1 else ""

    def same(self, other: Dim) -> Same:
        """YES when equal for all sizes, NO when the difference is a nonzero constant, else MAYBE."""
        if self == other:
            return Same.YES
        return Same.NO if (self - other).const is not None else Same.MAYBE

    def __add__(self, other: Dim | int) -> Dim:
        rhs = _dim(other)
        if not self.terms or not rhs.terms:
            return rhs if rhs.terms else self
        return _build(itertools.chain(self.terms, rhs.terms))

    def __neg__(self) -> Dim:
        return Dim(tuple((m, -c) for m, c in self.terms))

    def __sub__(self, other: Dim | int) -> Dim:
        return self + (-_dim(other))

    def __mul__(self, other: Dim | int) -> Dim:
        rhs = _dim(other)
        if rhs.terms == ONE.terms:
            return self
        if self.terms == ONE.terms:
            return rhs
        return _build((_merge(a, b), ca * cb) for a, ca in self.terms for b, cb in rhs.terms)

    def div(self, other: Dim) -> Dim | None:
        """The exact quotient by a single-term divisor, or None when it does not divide every term."""
        if len(other.terms) != 1:
            return Dim.of(1) if self == other and self.terms else None
        mono, coeff = other.terms[0]
        out: list[tuple[Monomial, int]] = []
        for m, c in self.terms:
            rest = _remove(m, mono)
            if rest is None or c % coeff:
                return None
            out.append((rest, c // coeff))
        return _build(out)

    def evaluate(self, sizes: Mapping[Sym, int]) -> int:
        """The value at the given sizes (KeyError for a symbol that is not among them)."""
        total = 0
        for mono, coeff in self.terms:
            for s in mono:
                coeff *= sizes[s]
            total += coeff
        return total

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for mono, coeff in sorted(self.terms, key=lambda t: (t[0] == (), t[1] < 0)):
            body = "*".join(s.name for s in mono)
            mag = abs(coeff)
            piece = f"{mag}*{body}" if body and mag != 1 else body or str(mag)
            text += ("-" if coeff < 0 else "+" if text else "") + piece
        return text


def _dim(value: Dim | int) -> Dim:
    return value if isinstance(value, Dim) else Dim.of(value)


def _key(s: Sym) -> tuple[str, int]:
    return (s.name, s.uid)


def _merge(a: Monomial, b: Monomial) -> Monomial:
    return tuple(sorted(a + b, key=_key)) if a and b else a or b


def _remove(mono: Monomial, part: Monomial) -> Monomial | None:
    left = list(mono)
    for s in part:
        if s not in left:
            return None
        left.remove(s)
    return tuple(left)


def _build(terms: Iterable[tuple[Monomial, int]]) -> Dim:
    acc: dict[Monomial, int] = {}
    for mono, coeff in terms:
        acc[mono] = acc.get(mono, 0) + coeff
    return Dim(tuple(sorted(((m, c) for m, c in acc.items() if c), key=lambda t: [_key(s) for s in t[0]])))


ZERO = Dim()
ONE = Dim.of(1)


@dataclass(frozen=True, slots=True)
class Pack:
    """A run of zero or more axes about which nothing is known (`*x`).

    Two of them are the same only where `uid` is; `name` is for people.
    """

    name: str
    uid: int = 0

    def __str__(self) -> str:
        return f"*{self.name}"


def fresh_pack(name: str) -> Pack:
    """A pack that nothing else is known to equal."""
    return Pack(name, next(_uids))


Part: TypeAlias = "Dim | Pack"


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: the parts that were flattened into it, outermost first (`B.T` is not `T.B`).

    `mixed` marks an axis whose size is known but whose entries were regrouped out of order by a view or reshape:
    its size is the product of `parts`, its meaning is lost.

    `parts` are sizes, or packs about which nothing is known.
    """

    parts: tuple[Part, ...]
    mixed: bool = False

    @property
    def size(self) -> Dim | None:
        """The product of the parts; None when one of them is a pack."""
        out: Dim | None = None
        for p in self.parts:
            if isinstance(p, Pack):
                return None
            out = p if out is None else out * p
        return ONE if out is None else out

    @property
    def role(self) -> str:
        """The role of an axis of one part, or ''."""
        return self.parts[0].role if len(self.parts) == 1 and isinstance(self.parts[0], Dim) and not self.mixed else ""

    def same_size(self, other: Axis) -> Same:
        """Whether the two have as many entries."""
        if sorted(map(_part_key, self.parts)) == sorted(map(_part_key, other.parts)):
            return Same.YES
        a, b = self.size, other.size
        return Same.MAYBE if a is None or b is None else a.same(b)

    def __str__(self) -> str:
        text = ".".join(f"({p})" if isinstance(p, Dim) and len(self.parts) > 1 and len(p.terms) > 1 else str(p) for p in self.parts)
        return (text or "1") + ("~" if self.mixed else "")


def _part_key(p: Part) -> str:
    return repr(p)


def axis(size: Dim | int) -> Axis:
    """An axis of one part (of none, for size 1)."""
    d = _dim(size)
    return Axis((d,))


@dataclass(frozen=True, slots=True)
class Shape:
    """Axes in order, with at most one pack among them.

    `axes` are in order.
    """

    axes: tuple[Axis | Pack, ...]

    @staticmethod
    def of(*sizes: Dim | int | Axis | Pack) -> Shape:
        """A shape from sizes, axes and at most one pack."""
        return Shape(tuple(s if isinstance(s, (Axis, Pack)) else axis(s) for s in sizes))

    @property
    def pack(self) -> Pack | None:
        """The pack, if there is one."""
        return next((a for a in self.axes if isinstance(a, Pack)), None)

    @property
    def rank(self) -> int | None:
        """The number of axes; None behind a pack."""
        return None if self.pack else len(self.axes)

    @property
    def min_rank(self) -> int:
        """The fewest axes that there can be."""
        return len(self.axes) - (self.pack is not None)

    @property
    def dims(self) -> tuple[Axis, ...] | None:
        """The axes, where the rank is known."""
        return None if self.pack else tuple(a for a in self.axes if isinstance(a, Axis))

    def at(self, index: int) -> Axis | None:
        """The axis at an index counted from either end, when the pack does not stand before it."""
        if self.pack is None:
            a = self.axes[index] if -len(self.axes) <= index < len(self.axes) else None
            return a if isinstance(a, Axis) else None
        cut = self.axes.index(self.pack)
        if index >= 0:
            a = self.axes[index] if index < cut else None
        else:
            a = self.axes[index] if -index <= len(self.axes) - 1 - cut else None
        return a if isinstance(a, Axis) else None

    @property
    def numel(self) -> Dim | None:
        """The number of entries, where it is a polynomial."""
        out = ONE
        for a in self.axes:
            size = None if isinstance(a, Pack) else a.size
            if size is None:
                return None
            out = out * size
        return out

    def parts(self) -> Iterator[Part]:
        """Every part of every axis in order: what a full flatten gives."""
        for a in self.axes:
            if isinstance(a, Pack):
                yield a
            else:
                yield from a.parts

    def substitute(self, pack: Pack, axes: tuple[Axis | Pack, ...]) -> Shape:
        """The same shape with a pack made known."""
        out: list[Axis | Pack] = []
        for a in self.axes:
            if a == pack:
                out.extend(axes)
            elif isinstance(a, Axis) and pack in a.parts:
                parts: list[Part] = []
                for p in a.parts:
                    if p == pack:
                        for b in axes:
                            parts.extend((b,) if isinstance(b, Pack) else b.parts)
                    else:
                        parts.append(p)
                out.append(Axis(tuple(parts), a.mixed))
            else:
                out.append(a)
        return Shape(tuple(out))

    def __str__(self) -> str:
        return "(" + ", ".join(map(str, self.axes)) + (",)" if len(self.axes) == 1 else ")")


def same_shape(a: Shape, b: Shape) -> Same:
    """YES when every axis has the same size for all sizes, NO when the ranks or a size certainly differ.

    >>> same_shape(padded.targets.shape, padded.targets.shape).name
    'YES'
    """
    if a.axes == b.axes:
        return Same.YES
    if a.dims is None or b.dims is None:
        fixed, other = (a, b) if a.pack is None else (b, a)
        return Same.NO if fixed.pack is None and fixed.rank is not None and other.min_rank > fixed.rank else Same.MAYBE
    if len(a.dims) != len(b.dims):
        return Same.NO
    answers = [x.same_size(y) for x, y in zip(a.dims, b.dims, strict=True)]
    if any(s is Same.NO for s in answers):
        return Same.NO
    return Same.YES if all(s is Same.YES for s in answers) else Same.MAYBE


@lru_cache(maxsize=4096)
def named(name: str, scope: int = 0, role: str = "") -> Dim:
    """The symbol of a name inside a scope: the same name in the same scope is the same size."""
    return Dim.of(Sym(name, -1 - scope, role))
