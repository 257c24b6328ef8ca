"""The join of two facts: what is true of a value that came by either of two ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from operator import and_
from typing import Any, TypeVar

from shapeguard.analysis.facts import floors
from shapeguard.analysis.facts.arith import stands_for_many
from shapeguard.analysis.facts.carried import Carried, Joined
from shapeguard.analysis.facts.places import common_places
from shapeguard.analysis.facts.shapes import Same, fresh
from shapeguard.analysis.facts.spellings import SPELLINGS
from shapeguard.analysis.facts.token_names import plain_words
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Axis,
    BoundLib,
    Class,
    Const,
    Dim,
    Either,
    Func,
    Inst,
    Lib,
    LibObj,
    Map,
    Mask,
    Method,
    Num,
    Partial,
    Seq,
    Shape,
    Step,
    Swap,
    Tensor,
    Unknown,
    Uses,
    Value,
    fresh_pack,
)

_CALLABLE = (Lib, Func, Method, Class, LibObj, Partial, BoundLib, Inst)
_OPTIONS = 4
_NAMES = {"batch": "B", "time": "T", "class": "V", "feature": "D", "token": "id", "index": "i"}
_T = TypeVar("_T")


def join(a: Value, b: Value) -> Value:
    """What holds of both; references inside containers must have been followed (two different ones join to UNKNOWN)."""
    if a is b:
        return a
    match a, b:
        case Tensor(), Tensor():
            return join_tensors(a, b)
        case Seq(), Seq():
            return join_seqs(a, b)
        case Map(), Map():
            return _maps(a, b)
        case Num(), Num():
            return _nums(a, b)
        case Const(), Const():
            return a if type(a.value) is type(b.value) and a.value == b.value else UNKNOWN
        case (Tensor(), Num() | Const()) if _scalar(a, b):
            return _with_number(a, b)
        case (Num() | Const(), Tensor()) if _scalar(b, a):
            return _with_number(b, a)
        case LibObj(), LibObj() if a.cls == b.cls and a.uid == b.uid and a.args == b.args:
            return _objects(a, b)
        case Unknown(), Unknown():
            return a if a.name == b.name and a.text == b.text else Unknown(text=a.text and b.text)
        case (Unknown(text=True), Const()) | (Const(), Unknown(text=True)) if both_texts(a, b):
            return Unknown(text=True)
        case _:
            pass
    if type(a) is type(b) and a == b:
        return a
    return _either(a, b)


def both_texts(*values: Value) -> bool:
    """Whether each of some values is a text that was read, or one that is written out and no padding."""
    return all(
        v.text if isinstance(v, Unknown) else isinstance(v, Const) and isinstance(v.value, str) and plain_words([v.value]) for v in values
    )


def _either(a: Value, b: Value) -> Value:
    options: list[Value] = []
    for value in (a, b):
        for option in value.options if isinstance(value, Either) else (value,):
            if not isinstance(option, _CALLABLE) and option != NONE:
                return UNKNOWN
            if option not in options:
                options.append(option)
    if len(options) > _OPTIONS or (NONE in options and not any(_made_late(o) for o in options)):
        return UNKNOWN
    return Either(tuple(options))


def _made_late(value: Value) -> bool:
    """Whether a value is a loss, or of the project: a name that holds None at first is still known to hold it."""
    if isinstance(value, (Inst, Func, Method)):
        return True
    return (value.name if isinstance(value, Lib) else value.cls if isinstance(value, LibObj) else "") in SPELLINGS


def union(a: tuple[_T, ...], b: tuple[_T, ...]) -> tuple[_T, ...]:
    """The members of both, each once, in order."""
    if a == b or not b:
        return a
    return a + tuple(x for x in b if x not in a)


def both(a: tuple[_T, ...], b: tuple[_T, ...]) -> tuple[_T, ...]:
    """The members that stand in both."""
    return a if a == b else tuple(x for x in a if x in b)


def _rests_on(step: Step, earlier: Step) -> bool:
    """Whether one step is among the nearer ones that another rests on."""
    todo, seen = [step], {id(step)}
    while todo and len(seen) < 256:
        for parent in todo.pop().parents:
            if parent is earlier:
                return True
            if id(parent) not in seen:
                seen.add(id(parent))
                todo.append(parent)
    return False


def either_step(a: Step | None, b: Step | None) -> Step | None:
    """One step that rests on both histories."""
    if a is None or b is None or a is b:
        return a or b
    if _rests_on(b, a):
        return b
    if _rests_on(a, b):
        return a
    return Step("join", b.site, "", None, a.sure and b.sure, (a, b))


def join_dims(a: Dim, b: Dim) -> Dim:
    """The same size, or one that is not known."""
    if a == b:
        return a
    if stands_for_many(a) or stands_for_many(b):
        return fresh("id", "token") if "token" in (a.role, b.role) else fresh("i", "index")
    role = a.role if a.role == b.role or b.const is not None else b.role if a.const is not None else ""
    return fresh(_NAMES.get(role, "n"), role)


def join_axes(a: Axis, b: Axis) -> Axis:
    """The same axis, or as much of it as both share."""
    if a == b:
        return a
    if a.same_size(b) is Same.YES and a.size is not None:
        return Axis((a.size,), a.mixed or b.mixed)
    role = a.role if a.role == b.role else ""
    return Axis((fresh(_NAMES.get(role, "n"), role),))


def join_shapes(a: Shape, b: Shape) -> Shape:
    """Axis by axis where the ranks agree; else what stands alike at both ends around a pack."""
    if a.axes == b.axes:
        return a
    if a.dims is not None and b.dims is not None and len(a.dims) == len(b.dims):
        return Shape(tuple(join_axes(x, y) for x, y in zip(a.dims, b.dims, strict=True)))
    least = min(len(s.axes) - (s.pack is not None) for s in (a, b))
    head = 0
    while head < least and a.axes[head] == b.axes[head] and isinstance(a.axes[head], Axis):
        head += 1
    tail = 0
    while tail < least - head and a.axes[-1 - tail] == b.axes[-1 - tail] and isinstance(a.axes[-1 - tail], Axis):
        tail += 1
    return Shape((*a.axes[:head], fresh_pack("x"), *a.axes[len(a.axes) - tail :]))


def _lower(a: Dim | None, b: Dim | None) -> Dim | None:
    return _bound(a, b, largest=False)


def _higher(a: Dim | None, b: Dim | None) -> Dim | None:
    return _bound(a, b, largest=True)


def _bound(a: Dim | None, b: Dim | None, largest: bool) -> Dim | None:
    if a is None or b is None or a == b:
        return a if a == b else None
    gap = (a - b).const
    if gap is None:
        return None
    return a if (gap > 0) is largest else b


def _mask(a: Mask | None, b: Mask | None) -> Mask | None:
    if a is None or b is None or a == b:
        return a if a == b else None
    if a.kind == b.kind == "lengths" and a.keeps == b.keeps:
        return replace(a, of=None, rows=())  # by the lengths of other rows
    return Mask("given", "unknown", of=_same(a.of, b.of), uid=a.uid, step=either_step(a.step, b.step))


def _same(a: _T | None, b: _T | None) -> _T | None:
    return a if a == b else None


def _swaps(a: tuple[Swap, ...], b: tuple[Swap, ...]) -> tuple[Swap, ...]:
    # hiding padding on one way only is a choice that the writer made: not ours to doubt
    if a == b:
        return a
    found = [_partly(one, b) for one in a]
    return (*found, *(_partly(one, a) for one in b if not any(_alike(one, other) for other in a)))


def _partly(swap: Swap, elsewhere: tuple[Swap, ...]) -> Swap:
    there = [other for other in elsewhere if _alike(swap, other)]
    return swap if any(not other.partly for other in there) or swap.partly else replace(swap, partly=True)


def _alike(a: Swap, b: Swap) -> bool:
    """Whether the same is rewritten on either way, perhaps of other ids."""
    return a.by == b.by and a.new == b.new and (a.by is not None or a.mask == b.mask)


def by_rows(mask: Mask | None) -> bool:
    """Whether a mask was written row by row."""
    return mask is not None and mask.kind == "lengths" and mask.step is not None and mask.step.kind == "lengths"


_HOW: dict[Joined, Callable[[Any, Any], Any]] = {
    "and": and_, "shape": join_shapes, "union": union, "in both": both, "swaps": _swaps, "mask": _mask, "lowest": _lower,
    "highest": _higher, "fewest": min, "losses": lambda a, b: Uses.together((a, b)), "step": either_step,
}  # fmt: skip


def _rows(kind: type[Tensor | Seq]) -> tuple[tuple[str, Callable[[Any, Any], Any], bool], ...]:
    """The fields of a kind of value that are joined one by one: how, and whether a list without items has nothing to say of it."""
    found: list[tuple[str, Callable[[Any, Any], Any], bool]] = []
    for f in fields(kind):
        carried: Carried = f.metadata["carried"]
        if carried.joined not in ("caller", "default"):
            found.append((f.name, _same_or(f.default) if carried.joined == "same" else _HOW[carried.joined], carried.entries))
    return tuple(found)


def _same_or(default: Any) -> Callable[[Any, Any], Any]:
    return lambda a, b: a if a == b else default


_TENSOR_ROWS = _rows(Tensor)
_SEQ_ROWS = _rows(Seq)


def join_tensors(a: Tensor, b: Tensor) -> Tensor:
    """The facts that hold of either tensor, each joined as its field says."""
    for blank, written in ((a, b), (b, a)):
        if by_rows(written.mask) and blank.mask is None and blank.value is not None and blank.value.const in (0, 1):
            return replace(written, shape=join_shapes(a.shape, b.shape))  # before its first row was written
    facts: dict[str, Any] = {}
    for name, how, _ in _TENSOR_ROWS:
        x, y = getattr(a, name), getattr(b, name)
        facts[name] = x if x is y else how(x, y)
    return Tensor(contiguous=a.contiguous if a.contiguous == b.contiguous and a.breaks == b.breaks else None, **facts)


def _scalar(tensor: Tensor, number: Num | Const) -> bool:
    """Whether a tensor and a number are the two states of one total: `loss = 0`, then `loss += criterion(...)`."""
    plain = isinstance(number, Num) or (isinstance(number.value, (int, float)) and not isinstance(number.value, bool))
    return plain and (tensor.shape.rank == 0 or tensor.losses is not None)


def _with_number(tensor: Tensor, number: Num | Const) -> Tensor:
    zero = number.dim.const == 0 if isinstance(number, Num) else number.value == 0
    return replace(tensor, value=None, low=None, high=None, count=tensor.count if zero else None, unpadded=False, norm=None)


def _nums(a: Num, b: Num) -> Num:
    # an accumulator starts at 0, and 0 counts nothing of whatever is counted
    count = a.count if a.count == b.count or b.dim.const == 0 else b.count if a.dim.const == 0 else None
    # `if n >= k: n = n // k * k`: a text shorter than one window is no window
    dim = a.dim if floors.is_rounded_down(a.dim, b.dim) else b.dim if floors.is_rounded_down(b.dim, a.dim) else join_dims(a.dim, b.dim)
    return Num(dim, count, either_step(a.step, b.step), a.of if a.of == b.of else None)


def join_elems(a: Value, b: Value) -> Value:
    """The join of two members of one container: constants become "some id", not one that both are."""
    if isinstance(a, Num) and isinstance(b, Num) and a.dim != b.dim and a.dim.const is not None and b.dim.const is not None:
        return Num(fresh("id", "token"))
    return join(a, b)


def join_seqs(a: Seq, b: Seq) -> Seq:
    """Item by item where the lengths agree, else element with element; an empty list takes on what the other says of its items."""
    items: tuple[Value, ...] | None = None
    if a.items is not None and b.items is not None and len(a.items) == len(b.items):
        items = tuple(join(x, y) for x, y in zip(a.items, b.items, strict=True))
    none_a, none_b = a.items == (), b.items == ()
    facts: dict[str, Any] = {}
    for name, how, of_items in _SEQ_ROWS:
        x, y = getattr(a, name), getattr(b, name)
        if x is y or (none_b and of_items and not none_a):
            facts[name] = x
        elif none_a and of_items:
            facts[name] = y
        else:
            facts[name] = how(x, y)
    if facts["unpadded"] and not (none_a or none_b) and _filled_up(a, b):
        facts["unpadded"] = False
    return Seq(
        kind=a.kind if a.kind == b.kind else "list",
        items=items,
        places=common_places(a, b) if items is None else (),
        elem=b.elem if none_a else a.elem if none_b else join_elems(a.elem, b.elem),
        length=join_dims(a.length, b.length),
        run=a.run and b.run and a.elem == b.elem,
        **facts,
    )


def _filled_up(a: Seq, b: Seq) -> bool:
    """Whether an id was put behind it on one of the ways alone, and that is no end."""
    return any(d.role not in ("bos", "eos", "sep") for d in (*a.holds, *b.holds) if not (d in a.holds and d in b.holds))


def _maps(a: Map, b: Map) -> Map:
    """Key by key; what stands under a key of one side only is one of the rest."""
    rest = _one_or_both(a.rest, b.rest)
    items: list[tuple[Any, Value]] = []
    known = {(type(k), k): v for k, v in b.items}
    unpaired: list[Value] = []
    for key, value in a.items:
        other = known.pop((type(key), key), None)
        if other is not None:
            items.append((key, join(value, other)))
        else:
            unpaired.append(value)
    for value in (*unpaired, *known.values()):
        rest = value if rest is None else join_elems(rest, value)

    if a == Map(()):  # an empty dict takes on the other's keys
        key = b.key
    elif b == Map(()) or a.key is None:
        key = a.key
    else:
        key = None if b.key is None else join_elems(a.key, b.key)
    return Map(tuple(items), rest, a.kind if a.kind == b.kind else "dict", key=key)


def _one_or_both(a: Value | None, b: Value | None) -> Value | None:
    """The join of what there is."""
    if a is None or b is None:
        return b if a is None else a
    return a if a == b else join_elems(a, b)


def _objects(a: LibObj, b: LibObj) -> LibObj:
    """One object on which an attribute may have been set on one way only: that counts as set, but not as sure."""
    facts: list[tuple[str, Value]] = []
    for name in dict.fromkeys([k for k, _ in (*a.facts, *b.facts)]):
        x, y = a.fact(name), b.fact(name)
        if x is None or y is None:
            only = y if x is None else x
            facts.append((name, UNKNOWN if only is None else _doubted(only)))
        else:
            facts.append((name, join(x, y)))
    return replace(a, facts=tuple(facts), step=either_step(a.step, b.step))


def _doubted(value: Value) -> Value:
    if isinstance(value, (Const, Num)) and value.step is not None:
        return replace(value, step=replace(value.step, sure=False))
    return value


def after_loop(entry: Value, before: Value, after: Value, trips: Dim | None) -> Value | None:
    """What holds behind a loop of `trips` rounds that was entered with `entry` and of which one round took `before` to `after`.

    A list that grew by k items in every round has grown by k * trips, a number that did so too; None where `join` knows as much.
    """
    if trips is None or stands_for_many(trips):
        return None
    if isinstance(entry, Num) and isinstance(before, Num) and isinstance(after, Num):
        gap = (after.dim - before.dim).const
        if not gap or any(stands_for_many(n.dim) for n in (entry, before)):
            return None
        return Num(entry.dim + trips * gap, after.count, after.step)
    if not isinstance(entry, Seq) or not isinstance(before, Seq) or not isinstance(after, Seq):
        return None
    gap = (after.length - before.length).const
    if gap is None or gap < 1 or after.items is not None:
        return None
    return replace(after, length=entry.length + trips * gap)
