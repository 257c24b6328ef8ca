"""What every part of the interpreter shares: the store, frames, the call stack, the work bound, and what operations may ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from operator import is_
from typing import TYPE_CHECKING, Any

from shapeguard.analysis.facts.join import join as join_facts
from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, Sym
from shapeguard.analysis.facts.steps import Source
from shapeguard.analysis.facts.store import Changes, Mark, Store
from shapeguard.analysis.facts.trail import Trail
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Class,
    Func,
    Inst,
    Lazy,
    LibObj,
    LossCall,
    Map,
    Mask,
    Origin,
    Ref,
    Seq,
    Site,
    Step,
    Tensor,
    Unknown,
    Uses,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.interpreter.visits import Visits
from shapeguard.analysis.ops import table

if TYPE_CHECKING:
    from shapeguard.analysis.reading import syntax as s
    from shapeguard.analysis.reading.parse import Module
    from shapeguard.analysis.reading.project import Project

MAX_DEPTH = 14  # calls inside calls; deeper ones give unknown
CALL_FUEL = 1_500  # of one call of a function that mentions nothing that leads to a loss
VAIN, VAIN_FUEL = 5_000, 300  # a function in which so much was done and no loss was met, and one more call of it
FUEL = 10_000  # statements and calls of one entry point
ASIDE = 5_000  # of these in calls that mention nothing that leads to a loss: the rest is kept for what does
SPARE = 100  # of one such call when no more is left for them


class OutOfFuel(Exception):
    """The work bound of an entry point was met."""


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a module, class body, function or comprehension."""

    id: int
    module: Module
    kind: str  # module | class | function | block
    parent: Frame | None  # the lexically enclosing one
    func: Func | None = None
    self_value: Value | None = None
    names: set[str] = field(default_factory=set)  # bound here
    outer: dict[str, str] = field(default_factory=dict)  # name -> global | nonlocal
    star_libs: list[str] = field(default_factory=list)
    returns: list[tuple[Value, Changes]] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    mark: Mark | None = None
    captured: bool = False  # whether a function made here may outlive it
    local_masks: dict[str, Mask] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    hints: dict[str, Any] = field(default_factory=dict)  # dimension names of this function's annotations and comments


@dataclass(eq=False, slots=True)
class Pending:
    """A loss call whose aftermath is still being followed."""

    loss: LossCall
    frame: Frame


class _At:
    """A context in which a node is the present site; a plain class, for it is entered with every call."""

    __slots__ = ("before", "here", "machine")

    def __init__(self, machine: Machine, here: Site) -> None:
        self.machine, self.here, self.before = machine, here, machine.site

    def __enter__(self) -> None:
        self.machine.site = self.here

    def __exit__(self, *error: object) -> None:
        self.machine.site = self.before


class Machine:
    """State and services; the mixins in `names`, `evaluate`, `calls`, `objects`, `execute` and `loss_calls` add the language."""

    def __init__(self, project: Project, *, losses: Sequence[str] = (), ignore_index: int | None = None) -> None:
        self.project = project
        self.user_losses = frozenset(losses)
        self.loader_ignores = ignore_index
        self.store = Store()
        self.trail = Trail(self.store.data)
        self.frames: dict[int, Frame] = {}
        self.module_frames: dict[str, Frame] = {}
        self.module_runs: list[tuple[int, int]] = []  # the numbers given out while a module, and what it imports, was run
        self.stack: list[tuple[Func, Site]] = []
        self.quiet = 0
        self.fuel = FUEL
        self.aside = ASIDE  # left of it
        self.beside = False  # in a call that is paid from it
        self.vain_calls: set[int] = set()  # id() of calls of what leads to losses, that met none when this entry point came by
        self.outermost = 1  # calls on the stack that no bound of their own is set to: the entry point itself
        self.loop_marks: list[tuple[Mark, list[Changes], list[Changes]]] = []  # (mark, break states, continue states)
        self.entered: dict[int, None] = {}  # id() of function nodes that were entered by a known caller
        self.cut: dict[int, Site] = {}  # by id() of its node: what was begun and cut off by the work bound
        self.ended: set[int] = set()  # id() of function nodes that were run to their end, with losses recorded
        self.again: set[int] = set()  # id() of function nodes to be run once more, for the losses that were not met
        self.instances: dict[int, list[Inst]] = {}  # id() of class node -> instances made
        self.undecorated: dict[int, Func] = {}  # by id() of their nodes
        self.lines: dict[int, list[Class]] = {}  # method resolution orders, by the frame of the class
        self.nested: list[Func] = []  # functions defined inside of the functions of this entry point
        self.rows: dict[int, tuple[Ref, Value]] = {}  # by a Ref's id: the tensor that it is an entry of, and which
        self.views: dict[int, Ref] = {}  # by a Ref's id: the losses that it is a view of
        self.asked: set[tuple[int, str]] = set()  # the keys that dicts were asked for and did not hold
        self.attr_names: dict[int, set[str]] = {}  # names that were ever written on an instance, by its uid
        self.pending: dict[int, Pending] = {}
        self.stops: dict[int, Step] = {}  # by id() of the step that made a row: the loop over it ends at one of its ids
        self.kept: dict[Uses, None] = {}  # how far losses have come
        self.failures: dict[tuple[str, str], None] = {}
        self.rounds: list[frozenset[Sym]] = []  # of each loop that is running: the numbers that tell its round
        self.sifting = False  # under a condition of the innermost loop, or going over what a filter left
        self.refused = 0  # how many blocks are running whose calls are meant to be refused: `with pytest.raises(ShapeError)`
        self.checked: set[int] = set()  # uids of masks whose count was looked at before it divides
        self.reached = 0  # losses that were met, recorded or not
        self.spent: dict[int, int] = {}  # by id() of a function: the work in calls of it, in this entry point
        self.vain: dict[int, int] = {}  # the same over all entry points: those that met no loss less four times those that did
        self.trains: Callable[[object, Module], bool] = lambda node, module: True
        self.visits = Visits()
        self.doubts = 0  # what is called now is one of several, some of which are no loss
        self.site: Site = None  # type: ignore[assignment]

    # facts behind references

    def get(self, value: Value) -> Value:
        """The present facts behind a Ref."""
        if isinstance(value, Ref):
            data = self.store.data
            for _ in range(32):
                found = data.get(("r", value.id))
                if found is None:
                    return UNKNOWN
                value = found  # type: ignore[assignment]
                if not isinstance(value, Ref):
                    break
            else:
                return UNKNOWN
        return self.store.resolved(value) if isinstance(value, Tensor) else value

    def new(self, facts: Value) -> Ref:
        """A Ref to fresh mutable facts."""
        ref = Ref(self.store.number())
        self.store.make(("r", ref.id), facts)
        return ref

    def set(self, ref: Value, facts: Value) -> None:
        """Overwrite what a Ref points to."""
        if isinstance(ref, Ref):
            target = ref
            while isinstance(inner := self.store.get(("r", target.id)), Ref):
                target = inner
            self.store.set(("r", target.id), self.get(facts) if isinstance(facts, Ref) else facts)

    def wrap(self, value: Value) -> Value:
        """The value as a variable holds it: mutable facts behind a Ref."""
        if isinstance(value, Tensor):
            self.note_losses(value)
            return self.new(value)
        if isinstance(value, (Map, LibObj, Unknown)) or (isinstance(value, Seq) and value.kind != "tuple"):
            return self.new(value)
        if isinstance(value, Seq) and value.items is not None and any(isinstance(i, (Tensor, Map, Seq, Unknown)) for i in value.items):
            return replace(value, items=tuple(self.wrap(i) for i in value.items))
        return value

    def opaque(self, name: str = "", why: str = "") -> Ref:
        """A fresh unknown that is nevertheless one thing: what is learnt of it stays."""
        return self.new(Unknown(why, name))

    def as_tensor(self, value: Value) -> Tensor | None:
        """The tensor facts of a value; an opaque one is from now on a tensor of unknown shape."""
        facts = self.get(value)
        if isinstance(facts, Unknown):
            tensor = unknown_tensor(facts.name or "x", origin=Origin(uid()))
            if isinstance(value, Ref):
                self.set(value, tensor)
            return tensor
        return facts if isinstance(facts, Tensor) else None

    def bind(self, pack: object, axes: tuple[object, ...]) -> None:
        """A pack is now known to stand for these axes."""
        if isinstance(pack, Pack) and self.store.get(("p", pack.uid)) is None and pack not in axes:
            self.store.set(("p", pack.uid), tuple(a for a in axes if isinstance(a, (Axis, Pack))))

    def step(
        self, op: str, text: str, *parents: Step | None, shape: Shape | None = None, sure: bool = True, about: Dim | None = None
    ) -> Step:
        """A step at the present site."""
        return Step(op, self.site, text, shape, sure and all(p.sure for p in parents if p), tuple(p for p in parents if p), about)

    # joining

    def join(self, a: Value, b: Value) -> Value:
        """What is true of both; mutable facts that stood behind different references get a reference of their own."""
        if a == b:
            return a
        if isinstance(a, Ref) or isinstance(b, Ref):
            fa, fb = self.get(a), self.get(b)
            if isinstance(fa, Unknown) or isinstance(fb, Unknown):
                return self.opaque(fa.name if isinstance(fa, Unknown) else fb.name if isinstance(fb, Unknown) else "")
            return self.wrap(self.deep_join(fa, fb))
        return self.wrap(self.deep_join(a, b))

    def deep_join(self, a: Value, b: Value) -> Value:
        """`join` of facts, following the references inside containers."""
        if isinstance(a, Seq) and isinstance(b, Seq):
            a, b = self._plain(a), self._plain(b)
        elif isinstance(a, Map) and isinstance(b, Map):
            a = replace(a, items=tuple((k, self._leaf(v)) for k, v in a.items))
            b = replace(b, items=tuple((k, self._leaf(v)) for k, v in b.items))
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            a, b = _empty_mask(a, b), _empty_mask(b, a)
        return join_facts(a, b)

    def _leaf(self, value: Value, depth: int = 0) -> Value:
        facts = self.get(value)
        return self._plain(facts, depth + 1) if isinstance(facts, Seq) and depth < 4 else facts

    def _plain(self, seq: Seq, depth: int = 0) -> Seq:
        items = None if seq.items is None else tuple(self._leaf(i, depth) for i in seq.items)
        elem = self._leaf(seq.elem, depth)
        if elem is seq.elem and (items is None or seq.items is None or all(map(is_, items, seq.items))):
            return seq
        return replace(seq, items=items, elem=elem)

    def join_all(self, values: Sequence[Value]) -> Value:
        """The join of several values; UNKNOWN of none."""
        if not values:
            return UNKNOWN
        out = values[0]
        for value in values[1:]:
            out = self.join(out, value)
        return out

    def fork(self, *branches: Callable[[], bool]) -> bool:
        """Run each branch from the present state and join those that return True (fall through); False when none does."""
        mark = self.store.mark()
        ends: list[Changes] = []
        try:
            for branch in branches:
                if branch():
                    ends.append(self.store.changes(mark))
                self.store.undo(mark)
        finally:
            self.store.release(mark)
        if ends:
            self.store.merge(ends, self.join)
        return bool(ends)

    # work, failures, losses

    def burn(self, amount: int = 1) -> None:
        """Spend some of the work bound."""
        self.fuel -= amount
        if self.fuel < 0:
            raise OutOfFuel

    def at(self, module: Module, node: Any) -> _At:
        """Evaluate with this node as the present site."""
        return _At(self, Site(module, node))

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Evaluate without recording losses."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    def failed(self, module: Source, what: str) -> None:
        """Remember a failure of our own."""
        self.failures[module.path, what] = None

    def note_losses(self, tensor: Tensor) -> None:
        """Remember how far the losses in a tensor have come."""
        if tensor.losses is not None:
            self.reached += 1
            self.kept[tensor.losses] = None

    # the language; each is defined by one of the mixins

    def in_round(self, item: Value, source: Value, sifting: bool = False) -> AbstractContextManager[None]:
        """One round of a Python loop."""
        raise NotImplementedError

    def on_condition(self) -> AbstractContextManager[None]:
        """A branch that may or may not be taken."""
        raise NotImplementedError

    def picked_by(self, items: tuple[Value, ...]) -> int:
        """By the indices of how many running loops an entry is picked."""
        raise NotImplementedError

    def one_position(self, x: Tensor) -> bool:
        """Whether it is one position that was picked in Python out of many."""
        raise NotImplementedError

    def one_by_one(self, value: Value) -> Value:
        """A member of a list that is being put together."""
        raise NotImplementedError

    def eval(self, node: s.Expr, frame: Frame) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def exec_block(self, body: Sequence[s.Statement], frame: Frame) -> bool:
        """Run statements in order; False when the end is not reached."""
        raise NotImplementedError

    def call(self, func: Value, args: Args) -> Value:
        """Call any callable value at the present site."""
        raise NotImplementedError

    def call_func(self, func: Func, args: Args) -> Value:
        """Enter a project function."""
        raise NotImplementedError

    def attr(self, value: Value, name: str) -> Value:
        """`value.name`."""
        raise NotImplementedError

    def put_attr(self, inst: Inst, name: str, value: Value) -> None:
        """Write an attribute of an instance."""
        raise NotImplementedError

    def one_of(self, elem: Value, index: int) -> Value:
        """The item at a known place of a list whose items are known only as alike."""
        raise NotImplementedError

    def set_attr(self, value: Value, name: str, new: Value) -> None:
        """`value.name = new`."""
        raise NotImplementedError

    def item(self, value: Value, index: Value) -> Value:
        """`value[index]` with one index."""
        raise NotImplementedError

    def index(self, value: Value, items: tuple[Value, ...], comma: bool) -> Value:
        """`value[items]`."""
        raise NotImplementedError

    def set_index(self, value: Value, items: tuple[Value, ...], comma: bool, new: Value) -> None:
        """`value[items] = new`."""
        raise NotImplementedError

    def elem(self, value: Value) -> Value:
        """What iterating gives."""
        raise NotImplementedError

    def lookup(self, name: str, frame: Frame) -> Value:
        """The value of a name."""
        raise NotImplementedError

    def view_of(self, row: Value, owner: Value, index: Value) -> None:
        """Remember that writing into an entry of a tensor writes into the tensor."""
        raise NotImplementedError

    def share(self, view: Value, owner: Value, name: str) -> None:
        """Remember that a method or attribute made a view of losses."""
        raise NotImplementedError

    def write_through(self, value: Value, before: Tensor, now: Tensor) -> None:
        """Losses were written in place: those that share their memory are what they are."""
        raise NotImplementedError

    def rescaled(self, target: s.Index, value: s.Expr, frame: Frame) -> bool:
        """`nll[pad] *= 0`."""
        raise NotImplementedError

    def masked_in_place(self, left: Value, right: Value, made: Value) -> bool:
        """`nll *= mask`."""
        raise NotImplementedError

    def registered(self, table: Value, key: Value) -> Value:
        """The facts of a dict that is asked for a key, once the files that may register it are run."""
        raise NotImplementedError

    def force(self, lazy: Lazy) -> Value:
        """What an import brings, now that it is used."""
        raise NotImplementedError

    def assign(self, name: str, value: Value, frame: Frame) -> None:
        """Bind a name."""
        raise NotImplementedError

    def bind_target(self, target: s.Expr, value: Value, frame: Frame) -> None:
        """Assign to any target."""
        raise NotImplementedError

    def instantiate(self, cls: Class, args: Args) -> Value:
        """Make an object of a project class."""
        raise NotImplementedError

    def mro(self, cls: Class) -> list[Class]:
        """The project classes along the method resolution order."""
        raise NotImplementedError

    def class_attr(self, cls: Class, name: str, after: Class | None = None) -> tuple[Value, Class | None] | None:
        """An attribute found along the method resolution order."""
        raise NotImplementedError

    def lib_base(self, cls: Class) -> str | None:
        """The first library class among the ancestors, by canonical name."""
        raise NotImplementedError

    def lib_bases(self, cls: Class) -> list[str]:
        """All of them."""
        raise NotImplementedError

    def made_by(self, inst: Inst, args: Args, base: str | None) -> None:
        """The library's constructor is run on an object."""
        raise NotImplementedError

    def module_frame(self, module: Module) -> Frame:
        """The frame of a module, run when first asked for."""
        raise NotImplementedError

    def loss_of(self, name: str, obj: LibObj | None, args: Args) -> Value | None:
        """A call of a loss by canonical name, recorded; None when the name is no loss."""
        raise NotImplementedError

    def loss_call(self, kind: str, obj: LibObj, args: Args, logits: Tensor, targets: Tensor) -> Value:
        """A loss that a library model computes inside."""
        raise NotImplementedError

    def super_of(self, frame: Frame) -> Value:
        """`super()` in a method's frame."""
        raise NotImplementedError

    def is_loss(self, dotted: str) -> bool:
        """Whether a canonical name is a loss."""
        raise NotImplementedError

    def guarded(self, op: Callable[[], Value], *used: Value) -> Value:
        """Run an operation of ours on some values (see `Expressions`)."""
        raise NotImplementedError

    def key_of(self, value: Value) -> object:
        """A dictionary key, where it is known."""
        raise NotImplementedError

    def hint_params(self, node: s.FuncDef, frame: Frame) -> None:
        """Apply what annotations, docstrings and comments say of the parameters."""
        raise NotImplementedError

    def frame_done(self, frame: Frame) -> None:
        """A function body was run: settle what only its end can tell."""
        raise NotImplementedError

    def run_op(self, op: table.Op, args: Args) -> Value:
        """Run an operation of the table."""
        raise NotImplementedError

    def stops_at(self, asked: Value) -> None:
        """A loop is left where this holds."""
        raise NotImplementedError

    def look_at_count(self, value: Value) -> None:
        """A number is compared: where it is a count, it no longer divides unguarded."""
        raise NotImplementedError

    def after_op(self, name: str, facts: Tensor, args: Args, result: Value) -> Value:
        """A hook for losses that are spelled as tensor operations."""
        raise NotImplementedError

    def unpack_shape(self, names: list[str], tensor: Tensor) -> None:
        """See `Objects`."""
        raise NotImplementedError

    def hint_above(self, stmt: s.Stmt, frame: Frame) -> None:
        """Apply shape comments above a statement."""
        raise NotImplementedError

    def hint_assign(self, stmt: s.Assign, value: Value, frame: Frame) -> Value:
        """Apply an annotation or a shape comment to the value."""
        raise NotImplementedError

    def binary(self, op: str, left: Value, right: Value) -> Value:
        """See `Expressions`."""
        raise NotImplementedError

    def accumulated(self, value: Value) -> None:
        """A value was added onto a running total."""
        raise NotImplementedError

    @staticmethod
    def capture(frame: Frame) -> None:
        """A function was made that may be called when its frames are done."""
        raise NotImplementedError

    def length(self, facts: Value) -> Dim | None:
        """How many items iterating gives, where known."""
        raise NotImplementedError

    def truth(self, value: Value) -> bool | None:
        """See `Expressions`."""
        raise NotImplementedError

    def defaults(self, params: list[s.Param], frame: Frame) -> tuple[tuple[str, Value], ...]:
        """Default arguments, evaluated where the function is defined."""
        raise NotImplementedError

def _empty_mask(a: Tensor, b: Tensor) -> Tensor:
    """Zeros (or ones) beside the mask by lengths that is being written into them: the mask of no rows yet."""
    if a.mask is None and a.value is not None and b.mask is not None and b.mask.kind == "lengths" and b.value is None:
        return replace(a, mask=b.mask, value=None, scale=b.scale, unpadded=b.unpadded, fills=b.fills)
    return a


def canonical(name: str) -> str:
    """The table's spelling of a dotted name."""
    if name.startswith("torch."):
        _, inner, last = name.rpartition(".F.")
        if inner:  # most modules of torch import it, and hand it on: `from torch.functional import F`
            name = f"torch.nn.functional.{last}"
        elif name.startswith("torch.nn.modules.") and (last := name.rpartition(".")[2])[:1].isupper():
            name = f"torch.nn.{last}"
    return table.ALIASES.get(name, name)

