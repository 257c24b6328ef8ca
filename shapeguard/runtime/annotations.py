"""An annotation, read once: which tensors it holds, at which path, of which dtypes and dimensions."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeAlias

import torch
from jaxtyping import AbstractArray

from shapeguard.runtime import dims as dimensions
from shapeguard.runtime.dims import Dim

_NAMED = {repr(d).rpartition(".")[2]: d for d in vars(torch).values() if isinstance(d, torch.dtype)}
_TOWER: dict[Any, tuple[type, ...]] = {float: (float, int), complex: (complex, float, int)}  # as type checkers promote them
_FREE = (typing.TypeVar, typing.ParamSpec, typing.ParamSpecArgs, typing.ParamSpecKwargs, typing.TypeVarTuple)
_NEVER_WRONG = (typing.Self, typing.NoReturn, typing.Never)  # the class is not known here, and what never comes back is never asked
_UNIONS = (typing.Union, types.UnionType)
_SEQUENCES = (
    list,
    set,
    frozenset,
    collections.deque,
    collections.abc.Sequence,
    collections.abc.MutableSequence,
    collections.abc.Collection,
    collections.abc.Iterable,
)
_MAPPINGS = (dict, collections.OrderedDict, collections.defaultdict, collections.abc.Mapping, collections.abc.MutableMapping)


class Unreadable(TypeError):
    """An annotation that only jaxtyping and beartype together can check."""


class Untestable(TypeError):
    """A hint without tensors that beartype does not take."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One tensor: its class, its dtypes (None: any), its dimensions, and the marks of `Annotated` that speak of values."""

    array: Any
    dtypes: frozenset[torch.dtype] | None
    names: tuple[str | re.Pattern[str], ...] | None  # jaxtyping's own names, for arrays that are not torch's
    dims: tuple[Dim, ...]
    variadic: int | None
    text: str
    marks: tuple[Any, ...] = ()

    def takes(self, dtype: Any) -> bool:
        if self.names is None or self.dtypes is None:
            return True
        if isinstance(dtype, torch.dtype):
            return dtype in self.dtypes
        name = dtype_name(dtype)
        return any(name == n if isinstance(n, str) else n.match(name) is not None for n in self.names)

    def takes_class(self, value: Any) -> bool:
        if self.array is Any:
            return hasattr(value, "shape") and hasattr(value, "dtype")
        return isinstance(value, self.array)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class OneOf:
    """A union."""

    options: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """A tuple of so many items."""

    items: tuple[Node, ...]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Each:
    """A list, a tuple of any length or a dict: every item, or every value, is alike."""

    kind: type
    item: Node
    keyed: bool


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A TypedDict, a dataclass or a named tuple: the fields that hold tensors."""

    kind: type
    fields: tuple[tuple[str, Node, bool], ...]  # name, what it is, whether it must be there
    keyed: bool


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """What holds no annotated tensor: a class, or a hint that beartype tests."""

    hint: Any
    kind: type | tuple[type, ...] | None
    test: Callable[[Any], bool]
    single: bool = False  # `hint` is no hint, but the one object that is taken: a parameter's default


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Free:
    """Anything goes."""


Node: TypeAlias = Leaf | OneOf | Fixed | Each | Record | Plain | Free


def read(hint: Any, resolve: Callable[[Any, type], Any], above: tuple[type, ...] = ()) -> Node:
    """What a hint says about tensors.

    Args:
        hint: an annotation that is no string.
        resolve: gives the object for the annotation of a class's field, which may be a string.
        above: the classes whose fields are being read, so that one that holds itself comes to an end.

    Raises:
        Unreadable: a PyTree, a dimension with `?`, or one that formats a value.
        Untestable: beartype does not take a hint.
    """
    hint = bare(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _marked(read(args[0], resolve, above), args[1:])
    if hint is Any or hint is object:
        return Free()
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return _leaf(hint)
    if "PyTree" in type(hint).__name__ or "PyTree" in getattr(hint, "__name__", ""):
        raise Unreadable(f"{text_of(hint)}: PyTrees are jaxtyping's")
    if origin in _UNIONS:
        return _union([read(a, resolve, above) for a in args], hint)
    node = _container(hint, origin, args, resolve, above)
    return node if node is not None and holds_tensors(node) else node_without_tensors(hint)


def bare(hint: Any) -> Any:
    """The type behind a NewType, a `type` statement, or a bound TypeVar."""
    while True:
        if isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        elif isinstance(hint, typing.TypeVar) and hint.__bound__ is not None:
            hint = hint.__bound__
        elif isinstance(hint, typing.TypeVar) and hint.__constraints__:
            hint = typing.Union[hint.__constraints__]  # noqa: UP007  (made at run time)
        else:
            return hint


def _marked(node: Node, marks: tuple[Any, ...]) -> Node:
    marks = tuple(m for m in marks if hasattr(m, "shapeguard_values"))
    if marks and isinstance(node, Leaf):
        return dataclasses.replace(node, marks=node.marks + marks)
    if marks and isinstance(node, OneOf):
        return OneOf(tuple(_marked(n, marks) for n in node.options))
    return node


def _leaf(hint: Any) -> Leaf:
    names = hint.dtypes if isinstance(hint.dtypes, tuple) else None
    dtypes = None if names is None else _admitted(names)
    try:
        dims = dimensions.read(hint.dim_str)
    except dimensions.NotRead as error:
        raise Unreadable(str(error)) from None
    variadic = next((i for i, d in enumerate(dims) if d.variadic), None)
    text = f"{hint.dtype.__name__}[{' '.join(hint.dim_str.split())}]"
    return Leaf(hint.array_type, dtypes, names, dims, variadic, text)


@functools.cache
def _admitted(names: tuple[str | re.Pattern[str], ...]) -> frozenset[torch.dtype]:
    return frozenset(d for name, d in _NAMED.items() if any(name == n if isinstance(n, str) else n.match(name) for n in names))


def _union(options: list[Node], hint: Any) -> Node:
    if any(isinstance(o, Free) for o in options):
        return Free()
    merged: list[Node] = []
    for option in options:
        last = merged[-1] if merged else None
        if isinstance(option, Leaf) and isinstance(last, Leaf) and _only_dtypes_differ(option, last):
            assert option.names is not None and last.names is not None and option.dtypes is not None and last.dtypes is not None
            text = f"{last.text.partition('[')[0]}|{option.text}"
            merged[-1] = dataclasses.replace(last, dtypes=last.dtypes | option.dtypes, names=last.names + option.names, text=text)
        else:
            merged.append(option)
    if len(merged) == 1:
        return merged[0]
    if not any(holds_tensors(o) for o in merged):
        return node_without_tensors(hint)
    return OneOf(tuple(merged))


def _only_dtypes_differ(a: Leaf, b: Leaf) -> bool:
    same = a.array is b.array and a.names is not None and b.names is not None and not a.marks and not b.marks
    return same and a.text.partition("[")[2] == b.text.partition("[")[2]


def _container(hint: Any, origin: Any, args: tuple[Any, ...], resolve: Callable[[Any, type], Any], above: tuple[type, ...]) -> Node | None:
    if origin is tuple and args:
        if len(args) == 2 and args[1] is Ellipsis:
            return each(tuple, read(args[0], resolve, above), keyed=False)
        return Fixed(tuple(read(a, resolve, above) for a in args if a != ()))
    if origin in _SEQUENCES and len(args) == 1:
        return each(origin, read(args[0], resolve, above), keyed=False)
    if origin in _MAPPINGS and len(args) == 2:
        return each(origin, read(args[1], resolve, above), keyed=True)
    kind = origin if origin is not None else hint
    if not isinstance(kind, type) or kind in above:
        return None
    return _record(kind, resolve, (*above, kind))


def each(kind: type, item: Node, *, keyed: bool) -> Each:
    """Several of an item. Records among them have sizes of their own, as micro-batches and features before padding do."""
    return Each(kind, _apart(item), keyed)


def _apart(node: Node, inside: bool = False) -> Node:
    """The node, with no size that is shared in its records: dtypes, axes and fixed sizes stay."""
    if isinstance(node, Leaf) and inside:
        return dataclasses.replace(node, dims=tuple(dimensions.unnamed(d) for d in node.dims))
    if isinstance(node, Each):
        return dataclasses.replace(node, item=_apart(node.item, inside))
    if isinstance(node, OneOf):
        return OneOf(tuple(_apart(o, inside) for o in node.options))
    if isinstance(node, Fixed):
        return Fixed(tuple(_apart(i, inside) for i in node.items))
    if isinstance(node, Record):
        return dataclasses.replace(node, fields=tuple((name, _apart(item, True), needed) for name, item, needed in node.fields))
    return node


def _record(kind: type, resolve: Callable[[Any, type], Any], above: tuple[type, ...]) -> Record | None:
    if typing.is_typeddict(kind):
        required: frozenset[str] = kind.__required_keys__  # type: ignore[attr-defined]
        hints = {name: (hint, name in required) for name, hint in kind.__annotations__.items()}
    elif dataclasses.is_dataclass(kind):
        hints = {f.name: (f.type, True) for f in dataclasses.fields(kind)}
    elif issubclass(kind, tuple) and hasattr(kind, "_fields"):
        hints = {name: (hint, True) for name, hint in kind.__annotations__.items()}
    else:
        return None
    fields: list[tuple[str, Node, bool]] = []
    for name, (hint, needed) in hints.items():
        hint = resolve(hint, kind)
        origin: Any = typing.get_origin(hint)
        while origin in (typing.Required, typing.NotRequired, typing.ClassVar, typing.Final):
            needed = (needed or origin is typing.Required) and origin is not typing.NotRequired
            hint = typing.get_args(hint)[0]
            origin = typing.get_origin(hint)
        if mentions_arrays(hint) or _may_hold(hint):
            node = read(hint, resolve, above)
            if holds_tensors(node):
                fields.append((name, node, needed))
    return Record(kind, tuple(fields), keyed=typing.is_typeddict(kind)) if fields else None


def _may_hold(hint: Any) -> bool:
    kinds = [bare(hint), *map(bare, typing.get_args(hint))]
    return any(typing.is_typeddict(k) or dataclasses.is_dataclass(k) or hasattr(k, "_fields") for k in kinds)


def mentions_arrays(hint: Any) -> bool:
    """Whether a jaxtyping array stands anywhere in a hint."""
    hint = bare(hint)
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(mentions_arrays(a) for a in typing.get_args(hint) if not isinstance(a, (str, list)))


def _mentions(hint: Any, wanted: tuple[Any, ...]) -> bool:
    return any(hint is w for w in wanted) or any(_mentions(a, wanted) for a in typing.get_args(hint))


def holds_tensors(node: Node) -> bool:
    return any(True for _ in leaves(node))


def leaves(node: Node) -> Iterator[Leaf]:
    """Every tensor that a node speaks of."""
    if isinstance(node, Leaf):
        yield node
    elif isinstance(node, Each):
        yield from leaves(node.item)
    elif isinstance(node, (OneOf, Fixed, Record)):
        inner = node.options if isinstance(node, OneOf) else node.items if isinstance(node, Fixed) else [n for _, n, _ in node.fields]
        for n in inner:
            yield from leaves(n)


def fits_head(node: Node, value: Any) -> bool:
    """Whether a value is of the make that a node asks for, its tensors aside."""
    if isinstance(node, Free):
        return True
    if isinstance(node, Leaf):
        return node.takes_class(value)
    if isinstance(node, Plain):
        return node.test(value)
    if isinstance(node, OneOf):
        return any(fits_head(o, value) for o in node.options)
    if isinstance(node, Fixed):
        return isinstance(value, tuple) and len(value) == len(node.items)
    if isinstance(node, Record) and node.keyed:
        return isinstance(value, collections.abc.Mapping)
    return isinstance(value, node.kind)


def only(value: Any) -> Plain:
    """This very object."""
    return Plain(value, type(value), lambda given: given is value, single=True)


def node_without_tensors(hint: Any) -> Node:
    """A hint without tensors, as a class where it is one, else as beartype's own test."""
    if hint is None or hint is type(None):
        return Plain(None, type(None), lambda value: value is None)
    if isinstance(hint, type) and not typing.get_args(hint) and not typing.is_typeddict(hint):
        if not getattr(hint, "_is_protocol", False):
            kinds = _TOWER.get(hint, hint)
            return Plain(hint, kinds, lambda value: isinstance(value, kinds))
    if isinstance(hint, _FREE) or _mentions(hint, _NEVER_WRONG):
        return Free()
    return Plain(hint, None, _tester(hint))


def _tester(hint: Any) -> Callable[[Any], bool]:
    """beartype's test of a hint; beartype takes a fifth of a second to import, so it waits until a hint needs it."""
    from beartype import BeartypeConf
    from beartype.door import is_bearable
    from beartype.roar import BeartypeException

    conf = BeartypeConf(is_pep484_tower=True)
    try:
        is_bearable(None, hint, conf=conf)
    except BeartypeException as error:
        raise Untestable(str(error).partition("\n")[0]) from None

    def test(value: Any) -> bool:
        return torch.compiler.is_compiling() or is_bearable(value, hint, conf=conf)  # torch.compile cannot read beartype's tests

    return test


def dtype_name(dtype: Any) -> str:
    """jaxtyping's name of a dtype: numpy's and jax's, or torch's."""
    kind: Any = getattr(dtype, "type", None)
    if hasattr(kind, "__name__"):
        return str(dtype) if kind.__name__ == "void" else str(kind.__name__)
    return dtype if isinstance(dtype, str) else repr(dtype).rpartition(".")[2]


def text_of(hint: Any) -> str:
    """A hint as a reader wrote it, as far as Python remembers."""
    if isinstance(hint, str):
        return hint
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return f"{hint.dtype.__name__}[{hint.dim_str}]"
    if isinstance(hint, type) and not typing.get_args(hint):
        return hint.__name__
    return re.sub(r"\b(?:typing|jaxtyping|collections\.abc|torch|builtins)\.", "", repr(hint))
