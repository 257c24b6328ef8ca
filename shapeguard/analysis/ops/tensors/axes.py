"""Finding axes behind packs, broadcasting, and regrouping the parts of axes as view and reshape do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shapeguard.analysis.facts.shapes import ONE, Axis, Dim, Pack, Part, Same, Shape, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import Tensor
from shapeguard.analysis.ops.table import Ctx

UNIT = axis(1)


UNNAMED = "?"  # a size that the source does not name
RANK = 64  # torch refuses more axes than this: a larger number is no axis


def is_one(a: Axis | Pack) -> bool:
    """Whether an axis certainly has size 1."""
    return isinstance(a, Axis) and a.size is not None and a.size.const == 1


def may_be_one(a: Axis) -> bool:
    """Whether an axis may well have size 1: a size that we know nothing of. Sizes with a role or a name are taken not to be."""
    if a.size is None or a.size.const is not None:
        return a.size is None or a.size.const == 1
    return all(s.uid > 0 and not s.role for s in a.size.symbols)


def at_least(ctx: Ctx, x: Tensor, rank: int, left: bool = True) -> Tensor:
    """The tensor with so many axes known at one side of its pack: an operation that needs them was applied to it."""
    pack = x.shape.pack
    if pack is None or x.shape.min_rank >= rank or rank > RANK:
        return x
    new = tuple(axis(fresh(UNNAMED)) for _ in range(rank - x.shape.min_rank))
    rest = fresh_pack(pack.name)
    axes: tuple[Axis | Pack, ...] = (*new, rest) if left else (rest, *new)
    ctx.bind(pack, axes)
    return replace(x, shape=x.shape.substitute(pack, axes))


def exactly(ctx: Ctx, x: Tensor, rank: int) -> Tensor:
    """The tensor with its pack made as long as the operation demands; unchanged when that cannot be."""
    pack = x.shape.pack
    if pack is None or x.shape.min_rank > rank or rank > RANK:
        return x
    new = tuple(axis(fresh(UNNAMED)) for _ in range(rank - x.shape.min_rank))
    ctx.bind(pack, new)
    return replace(x, shape=x.shape.substitute(pack, new))


def locate(ctx: Ctx, x: Tensor, dim: int) -> tuple[Tensor, int | None]:
    """The tensor, with axes bound as far as `dim` proves them, and where axis `dim` stands in `shape.axes` (None: not known)."""
    x = at_least(ctx, x, dim + 1 if dim >= 0 else -dim, dim >= 0)
    return x, position(x.shape, dim)


def position(shape: Shape, dim: int) -> int | None:
    """Where axis `dim` stands in `shape.axes`."""
    axes = shape.axes
    place = dim if dim >= 0 else len(axes) + dim
    if not 0 <= place < len(axes):
        return None
    if shape.pack is not None:
        cut = axes.index(shape.pack)
        if (dim >= 0 and place >= cut) or (dim < 0 and place <= cut):
            return None
    return place


def vague(shape: Shape, name: str = "x") -> Shape:
    """A shape of which nothing is known but that there is one."""
    pack = shape.pack
    return Shape((fresh_pack(pack.name if pack else name),))


def with_axis_replaced(shape: Shape, place: int, *new: Axis | Pack) -> Shape:
    """The shape with the axis at a place replaced by others (or by none)."""
    return Shape((*shape.axes[:place], *new, *shape.axes[place + 1 :]))


# broadcasting


def broadcast_axis(a: Axis, b: Axis) -> Axis:
    """The axis that broadcasting two gives."""
    if is_one(a):
        return b
    if is_one(b) or a == b:
        return a
    if a.same_size(b) is Same.YES:
        return a if len(a.parts) >= len(b.parts) else b
    for one in (a, b):
        if one.size is not None and one.size.const is not None:
            return one
    if a.size is not None and b.size is not None and may_be_one(a) is not may_be_one(b):
        return b if may_be_one(a) else a  # the other is as long, or 1
    return axis(fresh("n", a.role if a.role == b.role else ""))


def broadcast(*shapes: Shape) -> Shape:
    """The shape that broadcasting gives."""
    out = shapes[0]
    for s in shapes[1:]:
        out = _broadcast(out, s)
    return out


def beside_unknown(shape: Shape) -> Shape:
    """The shape after broadcasting with something unknown: a batch stands outermost, so nothing grows in front of it."""
    if shape.axes and isinstance(shape.axes[0], Axis) and shape.axes[0].role == "batch" and not any(map(is_one, shape.axes)):
        return shape
    return broadcast(shape, Shape((fresh_pack("x"),)))


def _broadcast(a: Shape, b: Shape) -> Shape:
    """The shape that broadcasting two gives, axis by axis from the right."""
    if not b.axes or a.axes == b.axes:
        return a
    if not a.axes:
        return b
    tail: list[Axis | Pack] = []
    left, right = list(a.axes), list(b.axes)
    while left and right:
        x, y = left.pop(), right.pop()
        if isinstance(x, Pack) or isinstance(y, Pack):
            if x == y and not left and not right:
                tail.append(x)
                break
            left.append(x)
            right.append(y)
            if isinstance(x, Pack) and isinstance(y, Pack):
                left, right = [fresh_pack(x.name)], []
                break
            known = right if isinstance(x, Pack) else left
            pack = x if isinstance(x, Pack) else y
            behind = left if isinstance(x, Pack) else right
            if len(behind) > 1:  # axes before the pack: which of them meet the known ones cannot be told
                left, right = [fresh_pack("x")], []
                break
            # an axis that is not 1 is what comes out, whatever the pack holds there
            while known and isinstance(last := known[-1], Axis):
                known.pop()
                tail.append(axis(fresh("n")) if may_be_one(last) else last)
            assert isinstance(pack, Pack)
            left, right = [fresh_pack(pack.name)], []
            break
        tail.append(broadcast_axis(x, y))
    return Shape((*left, *right, *reversed(tail)))


# regrouping


@dataclass(frozen=True, slots=True)
class Regrouped:
    """What a view makes of axes."""

    axes: tuple[Axis | Pack, ...]
    mixed: bool = False  # certainly out of order
    crossed: tuple[int, ...] = ()  # boundaries (-n: before axes[-n] of the old shape) that lie inside a new axis


@dataclass(frozen=True, slots=True)
class _Piece:
    part: Part
    mixed: bool  # of an axis whose order is lost already
    bound: int | None = None  # the boundary of the old shape that it stands behind


def regroup(old: Shape, sizes: Sequence[Dim | None]) -> Regrouped:
    """View `old` as `sizes`, where None is the one size to be worked out (-1)."""
    if list(sizes).count(None) > 1:
        return Regrouped((fresh_pack("x"),))
    given = list(sizes)
    total = old.numel
    if None in given and total is not None:
        given[given.index(None)] = _quotient(total, [d for d in sizes if d is not None])
    store = _pieces(old)
    pieces = tuple(store)
    whole = [d for a in old.axes if isinstance(a, Axis) and (d := a.size) is not None]
    swapped = _permuted(old, given)
    left = [] if swapped else _match(store, given, whole, front=True)
    right = [] if swapped else _match(store, given[len(left) :], whole, front=False)
    middle = given[len(left) : len(given) - len(right)]
    axes: list[Axis | Pack] = [_axis(g) for g in left]
    groups = [*left, *right]
    mixed = False
    if len(middle) == 1:
        axes.append(_rest(store, middle[0], sizes[len(left)]))
        groups.append(store)
    elif middle:
        mixed = swapped or _scrambled(store, middle)
        # which entries an axis got cannot be told, but sizes that a program gives to something unknown say what it takes them for
        lost = mixed or (len(store) > 1 and not any(isinstance(p.part, Pack) for p in store)) or any(p.mixed for p in store)
        axes.extend(Axis((d if d is not None else fresh("n"),), lost) for d in middle)
    axes.extend(_axis(g) for g in reversed(right))
    crossed = tuple(p.bound for g in groups for p in g[1:] if p.bound is not None)
    if not mixed and len(middle) <= 1:
        # the groups of `right` were found from the end
        in_order = [*left, *([store] if middle else []), *reversed(right)]
        foreign = _foreign(pieces, in_order)
        axes = [Axis(a.parts, True) if i in foreign and isinstance(a, Axis) else a for i, a in enumerate(axes)]
        mixed = bool(foreign)
    return Regrouped(tuple(axes), mixed, crossed)


def _foreign(pieces: Sequence[_Piece], groups: Sequence[list[_Piece]]) -> set[int]:
    """Which new axes are taken for an old one of their size and are not: `view(-1, C)` of (B, C, H, W) cuts W in pieces of C."""
    kept = {id(p) for p in pieces}
    lost = {p.part: p for p in pieces if isinstance(p.part, Dim) and not any(len(g) == 1 and g[0] is p for g in groups)}
    out: set[int] = set()
    for i, group in enumerate(groups):
        sizes = [p.part for p in group]
        if any(isinstance(d, Pack) for d in sizes) or all(id(p) in kept for p in group):
            continue
        size = Dim.of(1)
        for d in sizes:
            assert isinstance(d, Dim)
            size = size * d
        if size != Dim.of(1) and (other := lost.get(size)) is not None:
            out |= {i, *(j for j, g in enumerate(groups) if any(p is other for p in g))}
    return out


def _pieces(old: Shape) -> list[_Piece]:
    out: list[_Piece] = []
    for i, a in enumerate(old.axes):
        parts: tuple[Part, ...] = (a,) if isinstance(a, Pack) else tuple(p for p in a.parts if not _is_unit(p))
        for j, p in enumerate(parts):
            bound = i - len(old.axes) if j == 0 and out else None
            out.append(_Piece(p, isinstance(a, Axis) and a.mixed, bound))
    return out


def _axis(group: list[_Piece]) -> Axis:
    return Axis(tuple(p.part for p in group), any(p.mixed for p in group)) if group else UNIT


def _is_unit(p: Part) -> bool:
    return isinstance(p, Dim) and p.const == 1


def _permuted(old: Shape, given: Sequence[Dim | None]) -> bool:
    """Whether the new sizes are the old ones in another order, as in `(B, T, V).view(B, V, T)`."""
    sizes = [a.size if isinstance(a, Axis) else None for a in old.axes]
    if None in sizes or None in given:
        return False
    have = [d for d in sizes if d is not None and d.const != 1]
    want = [d for d in given if d is not None and d.const != 1]
    return have != want and sorted(map(str, have)) == sorted(map(str, want)) and all(d in have for d in want)


def _quotient(total: Dim, known: Sequence[Dim]) -> Dim | None:
    rest: Dim | None = total
    for d in sorted(known, key=lambda d: -len(d.terms)):
        if d.const == 0 or rest is None:
            return None
        rest = divide(rest, d)
    return rest


def divide(a: Dim, b: Dim) -> Dim | None:
    """The exact quotient of two polynomials, where it is one."""
    if not a.terms or not b.terms:
        return None
    simple = a.div(b)
    if simple is not None or len(b.terms) == 1:
        return simple
    out, rest = Dim(), a
    lead = b.terms[-1]
    for _ in range(8):
        if not rest.terms:
            return out
        q = Dim((rest.terms[-1],)).div(Dim((lead,)))
        if q is None:
            return None
        out, rest = out + q, rest - q * b
    return None


def _match(store: list[_Piece], given: Sequence[Dim | None], whole: Sequence[Dim], front: bool) -> list[list[_Piece]]:
    """Take what makes each wanted size from one end of the store, as far as that goes."""
    out: list[list[_Piece]] = []
    for want in given if front else reversed(given):
        group = None if want is None else _take(store, want, whole, front)
        if group is None:
            break
        out.append(group)
    return out


def _take(store: list[_Piece], want: Dim, whole: Sequence[Dim], front: bool) -> list[_Piece] | None:
    """Take pieces from one end of the store whose product is `want`; the store is unchanged when that cannot be."""
    if want.const == 1:
        return []
    if want.const is not None and want.const <= 0:
        return None
    before = list(store)
    took: list[_Piece] = []
    left: Dim | None = want
    while store and left is not None and left.const != 1:
        piece = store[0 if front else -1]
        if isinstance(piece.part, Pack):
            break
        store.pop(0 if front else -1)
        rest = divide(left, piece.part)
        if rest is not None:
            took.append(piece)
            left = rest
            continue
        other = divide(piece.part, left)
        if other is None or (took and want in whole):  # made of fragments though an axis of that size stands elsewhere
            left = None
            continue
        if front:
            took.append(replace(piece, part=left))
            store.insert(0, _Piece(other, piece.mixed))
        else:
            took.append(_Piece(left, piece.mixed))
            store.append(replace(piece, part=other))
        left = ONE
    if left is None or left.const != 1:
        store[:] = before
        return None
    return took if front else took[::-1]


def _rest(store: list[_Piece], solved: Dim | None, written: Dim | None) -> Axis:
    """The one axis that takes all that is left."""
    whole = _axis(store)
    if whole.size is None:
        return whole if written is None else Axis((written,))
    if written is not None and whole.size.same(written) is Same.NO:
        return Axis((written,))  # the program is wrong; its own word is as good as any
    return whole


def _scrambled(store: list[_Piece], middle: Sequence[Dim | None]) -> bool:
    """Whether the regrouping certainly breaks the order: everything is known and nothing matched."""
    asked, there = ONE, ONE
    for d in middle:
        if d is None:
            return False
        asked = asked * d
    for p in store:
        if isinstance(p.part, Pack):
            return False
        there = there * p.part
    return asked == there and len(store) > 1 and not any(map(_counted, [*middle, *(p.part for p in store)]))


def _counted(size: Part | None) -> bool:
    """A sum or multiple of a number without a role, such as how many parts were put together: it may be the size that is asked for."""
    return isinstance(size, Dim) and size.sym is None and any(s.uid > 0 and not s.role for s in size.symbols)
