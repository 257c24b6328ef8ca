"""Small programs run by the interpreter and by Python, and the comparison of what is claimed with what is."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from shapeguard.analysis.facts.shapes import Axis, Dim, Sym
from shapeguard.analysis.facts.values import Const, Map, Num, Seq, Tensor, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.modules import module_frame
from shapeguard.analysis.ops.tensors.members import dereferenced
from shapeguard.analysis.reading.parse import parse_module
from shapeguard.analysis.reading.project import Project

LOOSE = ("token", "index")
DTYPES = {
    torch.int64: "int64", torch.float32: "float", torch.float64: "double", torch.bool: "bool", torch.int32: "int32", torch.uint8: "uint8",
}  # fmt: skip


class Facts(Mapping[str, Value]):
    """The facts of the names of one module; a failure of ours is an error."""

    def __init__(self, source: str) -> None:
        self.machine = Machine(Project("/nonexistent"))
        self.frame = module_frame(self.machine, parse_module("/nonexistent/program.py", source.encode(), "program"))
        assert not self.machine.failures, list(self.machine.failures)

    def __getitem__(self, name: str) -> Value:
        found = self.machine.store.get(("v", self.frame.id, name))
        if found is None:
            raise KeyError(name)
        return dereferenced(self.machine, found)

    def __iter__(self) -> Iterator[str]:
        return (str(key[2]) for key in self.machine.store.data if key[0] == "v" and key[1] == self.frame.id)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def tensor(value: Value) -> Tensor:
    """The value, which is a tensor."""
    assert isinstance(value, Tensor), value
    return value


def axes(value: Value) -> list[Axis]:
    """The axes of the value, which is a tensor of known rank."""
    dims = tensor(value).shape.dims
    assert dims is not None, value
    return list(dims)


def seq(value: Value) -> Seq:
    """The value, which is a list, tuple or set."""
    assert isinstance(value, Seq), value
    return value


def num(value: Value) -> Dim:
    """The value, which is an integer."""
    assert isinstance(value, Num), value
    return value.dim


class Sizes:
    """What each symbol turned out to be; a symbol that is two numbers at once is a wrong claim."""

    def __init__(self) -> None:
        self.known: dict[Sym, int] = {}
        self.later: list[tuple[Dim, int, str]] = []

    def note(self, dim: Dim, actual: int, where: str) -> None:
        """A size was claimed to be `dim`."""
        if any(s.role in LOOSE for s in dim.symbols):
            return
        if dim.sym is not None:
            found = self.known.setdefault(dim.sym, actual)
            assert found == actual, f"{where}: {dim} is {found} and {actual}"
        else:
            self.later.append((dim, actual, where))

    def settle(self) -> None:
        """Check the claims that are polynomials."""
        for dim, actual, where in self.later:
            if dim.symbols <= set(self.known):
                assert dim.evaluate(self.known) == actual, f"{where}: {dim} is not {actual}"


def agree(value: Value, real: Any, where: str, sizes: Sizes) -> int:
    """Check a claim against a real value; how many facts were claimed."""
    match value:
        case Tensor():
            shape = tuple(real.shape)
            if value.dtype and isinstance(real, torch.Tensor):
                assert DTYPES[real.dtype] == value.dtype, f"{where}: {value.dtype} is {real.dtype}"
            if value.shape.dims is None:
                assert value.shape.min_rank <= len(shape), f"{where}: {value.shape} is {shape}"
                return 0
            assert len(value.shape.dims) == len(shape), f"{where}: {value.shape} is {shape}"
            return sum(_axis(a, n, where, sizes) for a, n in zip(value.shape.dims, shape, strict=True)) + 1
        case Num():
            assert isinstance(real, (int, float)), f"{where}: a number is {real!r}"
            if isinstance(real, int):
                sizes.note(value.dim, real, where)
            return 1
        case Const():
            assert type(value.value) is type(real) and value.value == real, f"{where}: {value.value!r} is {real!r}"
            return 1
        case Seq():
            members = list(real)
            sizes.note(value.length, len(members), where)
            if value.items is None:
                return 1 + sum(agree(value.elem, m, f"{where}[]", Sizes()) for m in members)
            assert len(value.items) == len(members), f"{where}: {len(value.items)} items are {len(members)}"
            pairs = zip(value.items, members, strict=True)
            return 1 + sum(agree(v, m, f"{where}[{i}]", sizes) for i, (v, m) in enumerate(pairs)) if value.kind != "set" else 1
        case Map():
            assert {k for k, _ in value.items} <= set(real), f"{where}: {[k for k, _ in value.items]} are {list(real)}"
            assert value.rest is not None or len(value.items) == len(real), f"{where}: keys are {list(real)}"
            return 1 + sum(agree(v, real[k], f"{where}[{k!r}]", sizes) for k, v in value.items)
        case _:
            return 0


def _axis(claimed: Axis, actual: int, where: str, sizes: Sizes) -> int:
    if claimed.size is None:
        return 0
    sizes.note(claimed.size, actual, where)
    return 1


def check(source: str, *, at_least: int = 1) -> Facts:
    """Run a program both ways; every claim about its names must hold, and there must be some."""
    facts = Facts(source)
    space: dict[str, Any] = {"__name__": "program", "__builtins__": builtins}
    torch.manual_seed(0)
    exec(compile(source, "program", "exec", dont_inherit=True), space)
    sizes = Sizes()
    claims = sum(agree(facts[name], space[name], name, sizes) for name in facts if name in space and not name.startswith("__"))
    sizes.settle()
    assert claims >= at_least, f"only {claims} claims"
    return facts
