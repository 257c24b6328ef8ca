"""The machine that runs the small language on facts: it keeps the state of a run, and finds the row for whatever it meets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from shapeguard.analysis.facts.contents import Note
from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.steps import Site, Source, Step
from shapeguard.analysis.facts.store import Store
from shapeguard.analysis.facts.tensors import Tensor, Written
from shapeguard.analysis.facts.trail import Trail
from shapeguard.analysis.facts.values import Args, LibObj, Num, Part, Ref, Unknown, Value
from shapeguard.analysis.interpreter.language import (
    attributes,
    calls,
    expression,
    items,
    iterates,
    keys,
    lengths,
    sets_attribute,
    sets_item,
    target,
    truths,
)
from shapeguard.analysis.interpreter.state.book import Book
from shapeguard.analysis.interpreter.state.frames import Frame, Frames
from shapeguard.analysis.interpreter.state.heap import Heap, Kept
from shapeguard.analysis.interpreter.state.objects import Objects
from shapeguard.analysis.interpreter.state.rounds import Rounds
from shapeguard.analysis.interpreter.state.sharing import Sharing
from shapeguard.analysis.interpreter.state.visits import Visits
from shapeguard.analysis.interpreter.state.work import OutOfFuel, Work
from shapeguard.analysis.ops.table import Op
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module
from shapeguard.analysis.reading.project import Project


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
    """The state of a run in named objects, and the services that every row may ask for.

    What a form of syntax or a kind of value does is said by its rows in `language`; here stands what is done where there is none.
    """

    def __init__(self, project: Project, *, losses: Sequence[str] = (), ignore_index: int | None = None) -> None:
        self.project = project
        self.user_losses = frozenset(losses)
        self.loader_ignores = ignore_index
        self.trains: Callable[[object, Module], bool] = lambda node, module: True  # whether a definition leads to a loss

        self.store = Store()
        self.trail = Trail(self.store.data)
        self.kept = Kept()
        self.heap = Heap(self.store, self.kept)
        self.frames = Frames()
        self.objects = Objects(self.store)
        self.sharing = Sharing(self.heap)
        self.rounds = Rounds(self.heap)
        self.work = Work()
        self.book = Book(self.heap, self.kept, self.trail, self.frames)
        self.visits = Visits()
        self.failures: dict[tuple[str, str], None] = {}

        self.site: Site = None  # type: ignore[assignment]  # of what is being evaluated
        self.doubts = 0  # what is called now is one of several, some of which are no loss
        self.refused = 0  # how many blocks are running whose calls are meant to be refused: `with pytest.raises(ShapeError)`

        # the heap's services, by the names under which operations know them
        self.get, self.new, self.set, self.wrap, self.opaque = self.heap.get, self.heap.new, self.heap.set, self.heap.wrap, self.heap.opaque
        self.as_tensor, self.bind = self.heap.as_tensor, self.heap.bind
        self.join, self.join_all, self.run_branches = self.heap.join, self.heap.join_all, self.heap.run_branches

    # syntax

    def value(self, node: s.Expr, frame: Frame) -> Value:
        """The value of an expression."""
        return expression.rows[type(node)](self, node, frame)

    def assign(self, left: s.Expr, value: Value, frame: Frame) -> None:
        """Assign to any target; what is no target is left alone."""
        row = target.rows.get(type(left))
        if row is not None:
            row(self, left, value, frame)

    # values: each row is handed the facts, and the value as it is held

    def call(self, func: Value, args: Args) -> Value:
        """Call any callable value at the present site."""
        self.work.burn()
        facts = self.get(func)
        row = calls.rows.get(type(facts))
        return self.opaque(why="the callee is not known") if row is None else row(self, facts, func, args)

    def attr(self, value: Value, name: str) -> Value:
        """`value.name`."""
        facts = self.get(value)
        row = attributes.rows.get(type(facts))
        return self.opaque(name) if row is None else row(self, facts, value, name)

    def set_attr(self, value: Value, name: str, new: Value) -> None:
        """`value.name = new`; of what cannot change itself, the reference that holds it is remembered to have it."""
        facts = self.get(value)
        new = new if isinstance(new, Ref) else self.wrap(new)
        row = sets_attribute.rows.get(type(facts))
        if row is not None:
            row(self, facts, value, name, new)
        elif isinstance(value, Ref):
            self.store.set(("a", ("r", value.id), name), new)

    def opaque_attr(self, owner: tuple[str, int], name: str, read: Step | None = None) -> Value:
        """An attribute of what nothing is known of, and which may be `read` from a file: the same for the same name."""
        where = ("a", owner, name)
        found = self.store.get(where)
        if found is None:
            found = self.new(Unknown("", name, read=read))
            self.store.set(where, found)
        return found

    def item(self, value: Value, index: Value) -> Value:
        """`value[index]` with one index."""
        facts = self.get(value)
        row = items.rows.get(type(facts))
        return self.opaque_item(value, index) if row is None else row(self, facts, value, index)

    def opaque_item(self, value: Value, index: Value) -> Value:
        """An item of what nothing is known of: the same for the same index."""
        key = self.key(index)
        at = self.get(index)
        if key is None and isinstance(at, Num):
            key = ("at", at.dim)
        if key is None or not isinstance(value, Ref):
            return self.opaque()
        where = ("i", value.id, key)
        found = self.store.get(where)
        if found is None:
            each = isinstance(at, Num) and at.dim.const is None
            read = whole.read if isinstance(whole := self.get(value), Unknown) else None
            found = self.new(Unknown("", str(key) if isinstance(key, str) else "", Part(value, each), read))
            self.store.set(where, found)
        return found

    def set_item(self, value: Value, indices: tuple[Value, ...], new: Value) -> None:
        """`value[indices] = new`."""
        facts = self.get(value)
        row = sets_item.rows.get(type(facts))
        if row is None:
            self.set_opaque_item(value, indices, new)
        else:
            row(self, facts, value, indices, new)

    def set_opaque_item(self, value: Value, indices: tuple[Value, ...], new: Value) -> None:
        """Remember an item of what nothing is known of."""
        key = self.key(indices[0]) if len(indices) == 1 else None
        if isinstance(value, Ref) and key is not None:
            self.store.set(("i", value.id, key), new)

    def elem(self, value: Value) -> Value:
        """What iterating gives."""
        facts = self.get(value)
        row = iterates.rows.get(type(facts))
        found = self.opaque() if row is None else row(self, facts, value)
        return found if isinstance(found, Ref) else self.wrap(found)

    def truth(self, value: Value) -> bool | None:
        """Whether a value is true, where known; an object is, as a rule."""
        facts = self.get(value)
        row = truths.rows.get(type(facts))
        return True if row is None else row(self, facts)

    def length(self, facts: Value) -> Dim | None:
        """How many items iterating gives, where known."""
        row = lengths.rows.get(type(facts))
        return None if row is None else row(self, facts)

    def key(self, value: Value) -> Any:
        """A dictionary key, where it is known: a string, an int, a tuple of such."""
        facts = self.get(value)
        row = keys.rows.get(type(facts))
        return None if row is None else row(self, facts)

    # operations of libraries

    def run_op(self, op: Op, args: Args) -> Value:
        """Run an operation of the table."""
        return self.guarded(lambda: op(self, args), *args.pos, *(v for _, v in args.kw))

    def guarded(self, op: Callable[[], Value], *used: Value) -> Value:
        """Run an operation of ours on some values; a failure in it is remembered and gives unknown."""
        try:
            made = self.wrap(op())
            self.trail.note_made_with(made, used)
            return made
        except (RecursionError, MemoryError, OutOfFuel):
            raise
        except Exception as error:  # our own bug must not stop the user's commit
            self.failed(self.site.module, f"{type(error).__name__}: {error} (line {self.site.place.row})")
            return self.opaque()

    def failed(self, module: Source, what: str) -> None:
        """Remember a failure of our own."""
        self.failures[module.path, what] = None

    # where the run stands

    def at(self, module: Module, node: Any) -> _At:
        """Evaluate with this node as the present site."""
        return _At(self, Site(module, node))

    def step(
        self, op: str, text: str, *parents: Step | None, shape: Shape | None = None, sure: bool = True, about: Dim | None = None
    ) -> Step:
        """A step at the present site."""
        return Step(op, self.site, text, shape, sure and all(p.sure for p in parents if p), tuple(p for p in parents if p), about)

    def stand_still(self) -> None:
        """Nothing is running: an entry point is left, at its end or in the middle of it."""
        self.frames.stack, self.rounds.marks, self.book.quiet, self.work.beside = [], [], 0, False
        self.book.behind = None

    # what operations ask for besides

    def one_by_one(self, value: Value) -> Value:
        """A member of a list that is being put together: with a note where it is a position picked in Python."""
        facts = self.get(value)
        if not isinstance(facts, Tensor) or not self.rounds.one_position(facts) or facts.note("python-filter"):
            return value
        step = self.step("filter", "rows are picked one by one in Python", facts.step)
        return self.new(replace(facts, notes=(*facts.notes, Note("python-filter", step))))

    def loss_call(self, kind: str, obj: LibObj, args: Args, logits: Tensor, targets: Tensor) -> Value:
        """A loss that a library model computes inside."""
        step = self.step("labels", "the model computes the loss from labels=", logits.step, targets.step)
        return self.book.enter_model_loss(kind, logits, targets, step)

    def by_hand(self, written: Written, y: Tensor) -> Tensor:
        """A loss that is put together by hand."""
        what = "log-probabilities are weighed" if written.family == "soft" else "the scores of the targets are picked"
        step = self.step("gather", f"{written.spelling}: {what}", written.scores.step, written.targets.step)
        return self.book.by_hand(written, step, y)
