"""The table of what is known of libraries: operations by dotted name, and what an operation may ask of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias, TypeVar

from shapeguard.analysis.facts.shapes import Dim, Shape
from shapeguard.analysis.facts.tensors import Written
from shapeguard.analysis.facts.values import Args, LibObj, Site, Step, Tensor, Value


class Ctx(Protocol):
    """What an operation may ask."""

    site: Site  # of the call that is being evaluated

    def get(self, value: Value) -> Value:
        """The present facts behind a Ref (through any number of them); any other value as it is."""
        ...

    def new(self, facts: Value) -> Value:
        """A Ref to fresh mutable facts (what operations return is wrapped by the interpreter; this is for values inside containers)."""
        ...

    def set(self, ref: Value, facts: Value) -> None:
        """Overwrite what a Ref points to (in-place operations on containers)."""
        ...

    def call(self, func: Value, args: Args) -> Value:
        """Call any callable value: a project function, a module, a library operation."""
        ...

    def attr(self, value: Value, name: str) -> Value:
        """`value.name`."""
        ...

    def item(self, value: Value, index: Value) -> Value:
        """`value[index]`."""
        ...

    def elem(self, value: Value) -> Value:
        """What iterating gives: a list's element, a loader's batch, a tensor's row."""
        ...

    def one_by_one(self, value: Value) -> Value:
        """A member of a list that is being put together, with a note where it is a position picked in a Python loop."""
        ...

    def step(
        self, op: str, text: str, *parents: Step | None, shape: Shape | None = None, sure: bool = True, about: Dim | None = None
    ) -> Step:
        """A step at the present site; an empty `text` is not shown."""
        ...

    def bind(self, pack: object, axes: tuple[object, ...]) -> None:
        """A pack is now known to stand for these axes (an operation that needs a certain rank was applied to it)."""
        ...

    def loss_call(self, kind: str, obj: LibObj, args: Args, logits: Tensor, targets: Tensor) -> Value:
        """A loss that a library model computes inside; `kind` as in `modules_transformers.kind_of`, `args` without the model."""
        ...

    def by_hand(self, written: Written, y: Tensor) -> Tensor:
        """A loss that is put together by hand, and has come to be y; it counts only if it is taken for a loss later."""
        ...


Op: TypeAlias = Callable[[Ctx, Args], Value]
_F = TypeVar("_F", bound=Op)

# "torch.cat", "numpy.full", "torch.nn.utils.rnn.pad_sequence": functions and constructors, by canonical dotted name
CALLS: dict[str, Op] = {}
# "view", "masked_fill": methods of tensors and arrays; args.pos[0] is the tensor. `name_` is derived from `name` by the interpreter
TENSOR_METHODS: dict[str, Op] = {}
# attributes of tensors: "shape", "T", "mT", "ndim", "device", "dtype"; args.pos[0] is the tensor
TENSOR_ATTRS: dict[str, Op] = {}
# calling an instance: "torch.nn.LSTM"; args.pos[0] is the LibObj, then the call's own arguments
INSTANCES: dict[str, Op] = {}
# methods of library objects and containers: "list.append", "torch.utils.data.DataLoader.__iter__"; args.pos[0] is the object
METHODS: dict[str, Op] = {}
# attributes of library objects: "transformers.PreTrainedTokenizer.pad_token_id"; args.pos[0] is the object
ATTRS: dict[str, Op] = {}
# other spellings -> canonical dotted names: "torch.log_softmax" -> "torch.nn.functional.log_softmax"
ALIASES: dict[str, str] = {}


# where torch has both forms and they are not one operation: why
APART: dict[str, str] = {
    "torch.fill": "makes another tensor, x.fill_() writes over x",
    "torch.normal": "draws from means, x.normal_() writes over x",
    "torch.nn.functional.unfold": "takes patches of images, x.unfold() windows of an axis",
}
_FORMS = ("torch", "torch.nn.functional", "torch.special", "numpy")  # homes of functions that are methods too


def as_method(name: str) -> str:
    """The method that a function is another form of: `gather` of torch.gather; "" where it is none.

    What is asked of an operation by name (is it a loss, does it make a view?) is asked by this one, whichever form is written.
    """
    home, _, last = name.rpartition(".")
    return last if home in _FORMS and name in CALLS and CALLS[name] is TENSOR_METHODS.get(last) else ""


def _register(table: dict[str, Op], names: tuple[str, ...]) -> Callable[[_F], _F]:
    def keep(op: _F) -> _F:
        for name in names:
            if name in table:
                raise ValueError(f"{name} is registered twice")
            table[name] = op
        return op

    return keep


def call(*names: str) -> Callable[[_F], _F]:
    """Register a function or constructor."""
    return _register(CALLS, names)


def method(*names: str) -> Callable[[_F], _F]:
    """Register a tensor method."""
    return _register(TENSOR_METHODS, names)


def attribute(*names: str) -> Callable[[_F], _F]:
    """Register a tensor attribute."""
    return _register(TENSOR_ATTRS, names)


def instance(*names: str) -> Callable[[_F], _F]:
    """Register what calling an instance of a library class does."""
    return _register(INSTANCES, names)


def object_method(*names: str) -> Callable[[_F], _F]:
    """Register a method of a library object or container, `Class.method`."""
    return _register(METHODS, names)


def object_attribute(*names: str) -> Callable[[_F], _F]:
    """Register an attribute of a library object, `Class.attribute`."""
    return _register(ATTRS, names)


def canonical(name: str) -> str:
    """The table's spelling of a dotted name."""
    if name.startswith("torch."):
        _, inner, last = name.rpartition(".F.")
        if inner:  # most modules of torch import it, and hand it on: `from torch.functional import F`
            name = f"torch.nn.functional.{last}"
        elif name.startswith("torch.nn.modules.") and (last := name.rpartition(".")[2])[:1].isupper():
            name = f"torch.nn.{last}"
    return ALIASES.get(name, name)
