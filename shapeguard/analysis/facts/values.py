"""Every kind of value that the interpreter knows, as plain frozen facts: numbers, containers, what can be called; tensors lie beside it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from shapeguard.analysis.facts.carried import how
from shapeguard.analysis.facts.contents import Count, End, Fill, Mask, Note, NoteKind, Origin, Padding, Real, Swap, Within, padding
from shapeguard.analysis.facts.loss_record import Arg, LossCall
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, fresh_pack
from shapeguard.analysis.facts.steps import ClassCode, Code, Site, Source, Step, uid
from shapeguard.analysis.facts.tensors import Dtype, Scale, Tensor, unknown_tensor
from shapeguard.analysis.facts.uses import After, Uses


# other values
@dataclass(frozen=True, slots=True)
class Part:
    """What an unknown value is a part of: any one of what that holds (`each`), or what stands at one place in it."""

    owner: Value
    each: bool = True


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known; `why` for --show-unknown. `name` is the source name it came under, for hints only.

    `text`: it is a text that a program reads, or a part of one, to which nothing was added: no padding stands in it.
    """

    why: str = field(default="", compare=False)
    name: str = field(default="", compare=False)
    part: Part | None = field(default=None, compare=False)
    read: Step | None = field(default=None, compare=False)  # where it was read from a file, which the program may have written itself
    text: bool = False


UNKNOWN = Unknown()


@dataclass(frozen=True, slots=True)
class Const:
    """A literal that is no integer: float, str, bytes, bool, None, Ellipsis, slice of such ..."""

    value: Any
    step: Step | None = field(default=None, compare=False)


NONE = Const(None)


@dataclass(frozen=True, slots=True)
class Num:
    """An integer (or a float derived from counts): a literal, a size, an id. Ids of the same uid-symbol are the same id."""

    dim: Dim
    count: Count | None = None
    step: Step | None = field(default=None, compare=False)
    of: Origin | None = field(default=None, compare=False)  # of `len(row)`: the ids that it is the number of


Places: TypeAlias = "tuple[tuple[Dim | None, Value], ...]"  # None: somewhere


@dataclass(frozen=True, slots=True)
class Seq:
    """A list, tuple or set. `items` where each element is known, else `elem` stands for all of them."""

    kind: Literal["list", "tuple", "set"] = field(metadata=how("caller"))
    items: tuple[Value, ...] | None = field(metadata=how("caller"))
    elem: Value = field(metadata=how("caller"))  # join of the items; UNKNOWN when empty
    length: Dim = field(metadata=how("caller"))
    names: tuple[str, ...] = field(default=(), metadata=how("same"))  # NamedTuple / namedtuple fields
    fills: tuple[Fill, ...] = field(default=(), metadata=how("union"))
    swaps: tuple[Swap, ...] = field(default=(), metadata=how("swaps"))
    unpadded: bool = field(default=False, metadata=how("and", entries=True))
    origin: Origin | None = field(default=None, metadata=how("same", entries=True))
    low: Dim | None = field(default=None, metadata=how("lowest", entries=True))
    high: Dim | None = field(default=None, metadata=how("highest", entries=True))
    # of items that are not all known: the strings that are, and where they stand
    places: Places = field(default=(), metadata=how("caller"))
    first: Dim | None = field(default=None, metadata=how("same"))  # of consecutive numbers, such as a range: the first
    sizes: Shape | None = field(default=None, metadata=how("same"))  # what `x.shape` gives: the shape that was asked
    ends: tuple[End, ...] = field(default=(), metadata=how("in both", entries=True))  # ids that end every sequence in it
    real: tuple[Real, ...] = field(default=(), metadata=how("in both", entries=True))  # ids that are known to be classes of what it holds
    mask: Mask | None = field(default=None, metadata=how("mask", entries=True))  # 1s and 0s written as a mask: `[1] * n + [0] * (size - n)`
    run: bool = field(default=False, metadata=how("caller"))  # one element over and over: `[PAD] * n`
    # repeats that are not as long as what a row lacks, by id() of their nodes: it may end with these, and more was seen to follow those
    last: tuple[int, ...] = field(default=(), metadata=how("union"))
    inner: tuple[int, ...] = field(default=(), metadata=how("union"))
    unique: bool = field(default=False, metadata=how("and"))  # no member twice
    sifted: bool = field(default=False, metadata=how("and"))  # what a condition left of something
    holds: tuple[Dim, ...] = field(default=(), metadata=how("union"))  # certain ids that were appended to it, somewhere
    step: Step | None = field(default=None, compare=False, metadata=how("step"))

    @property
    def padding(self) -> Padding:
        """Whether padding was seen in it, or there can be none."""
        return padding(self.fills, self.unpadded)


@dataclass(frozen=True, slots=True)
class SliceV:
    """A slice as an index, `lo:hi:step`; NONE where a part is left out."""

    lo: Value = NONE
    hi: Value = NONE
    step: Value = NONE


@dataclass(frozen=True, slots=True)
class Map:
    """A dict, or an object with dict-like keys (BatchEncoding, ModelOutput): known keys, then `rest` for any other."""

    items: tuple[tuple[Any, Value], ...]  # key (a str, int, tuple ...) -> value
    rest: Value | None = None  # None: no other keys
    kind: str = "dict"  # dict | BatchEncoding | ModelOutput | ...
    size: Dim | None = None  # how many keys there are, where known though they are not
    key: Value | None = None  # what any one of the keys is that are not known

    def get(self, key: Any) -> Value | None:
        """The value under a key, `rest`, or None."""
        for k, v in self.items:
            if k == key and type(k) is type(key):
                return v
        return self.rest


@dataclass(frozen=True, slots=True)
class Ref:
    """A mutable value by reference: `Ctx.get` gives its present facts."""

    id: int


@dataclass(frozen=True, slots=True)
class Lib:
    """Something of a library, by dotted name: `torch.nn.functional.cross_entropy`, `torch.nn.Linear`, `numpy`."""

    name: str


@dataclass(frozen=True, slots=True)
class LibObj:
    """An instance of a library class: nn.LSTM(...), a tokenizer, a DataLoader, a torchtext Field, a criterion."""

    cls: str  # canonical dotted name
    args: Args
    facts: tuple[tuple[str, Value], ...] = ()  # attributes known or assigned (pad_token, padding_side, ...)
    uid: int = 0
    step: Step | None = field(default=None, compare=False)

    def fact(self, name: str) -> Value | None:
        """An attribute, where known."""
        return next((v for k, v in self.facts if k == name), None)

    def with_fact(self, name: str, value: Value) -> LibObj:
        """The same object with an attribute set."""
        return replace(self, facts=(*((k, v) for k, v in self.facts if k != name), (name, value)))


@dataclass(frozen=True, slots=True)
class BoundLib:
    """A method of a library value before it is called: `x.view`, `tokenizer.encode`."""

    self: Value  # Ref or facts
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Func:
    """A function, method or lambda of the project."""

    node: Code  # syntax.FuncDef | syntax.Lambda
    module: Source
    frame: int  # the enclosing frame, whose names it sees
    cls: Class | None = None  # the class in whose body it stands
    defaults: tuple[tuple[str, Value], ...] = ()
    kind: Literal["function", "static", "class", "property"] = "function"


@dataclass(frozen=True, slots=True)
class Method:
    """A function bound to its first argument."""

    func: Func
    self: Value


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A class of the project."""

    node: ClassCode  # syntax.ClassDef
    module: Source
    frame: int  # the frame of the class body: its own names
    bases: tuple[Value, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Inst:
    """An instance of a project class; attributes live in the store under its uid."""

    cls: Class
    uid: int


@dataclass(frozen=True, slots=True, eq=False)
class Mod:
    """A module of the project."""

    module: Source
    frame: int


@dataclass(frozen=True, slots=True)
class Lazy:
    """What an import brings, not looked at before its name is used: a module of the project, or a name in it."""

    path: str
    name: str | None  # None: the module itself


@dataclass(frozen=True, slots=True)
class Partial:
    """functools.partial."""

    func: Value
    args: Args


@dataclass(frozen=True, slots=True)
class Super:
    """`super()` inside a method."""

    cls: Class
    self: Value


@dataclass(frozen=True, slots=True)
class Either:
    """One of a few callables or criteria; never of tensors."""

    options: tuple[Value, ...]


_Data: TypeAlias = "Unknown | Const | Num | Tensor | Seq | Map | Ref | SliceV"
_Named: TypeAlias = "Lib | LibObj | BoundLib | Func | Method | Class | Inst | Mod | Lazy | Partial | Super | Either"
Value: TypeAlias = "_Data | _Named"


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments of one call."""

    pos: tuple[Value, ...] = ()
    kw: tuple[tuple[str, Value], ...] = ()
    more: bool = False  # there were * or ** arguments that could not be followed; a list behind * then stands last in `pos`

    def given(self, index: int | None, name: str) -> Value | None:
        """The argument at a position or of a name, as passed (perhaps a Ref), or None when left out."""
        for k, v in self.kw:
            if k == name:
                return v
        return self.pos[index] if index is not None and index < len(self.pos) else None


__all__ = [
    "NONE", "UNKNOWN", "After", "Arg", "Args", "Axis", "BoundLib", "Class", "Const", "Count", "Dim", "Dtype", "Either", "End", "Fill",
    "Func", "Inst", "Lazy", "Lib", "LibObj", "LossCall", "Map", "Mask", "Method", "Mod", "Note", "NoteKind", "Num", "Origin",
    "Pack", "Part", "Partial", "Places", "Real", "Ref", "Scale", "Seq", "Shape", "Site", "SliceV", "Step", "Super", "Swap", "Tensor",
    "Unknown", "Uses", "Value", "Within", "fresh_pack", "uid", "unknown_tensor",
]  # fmt: skip
