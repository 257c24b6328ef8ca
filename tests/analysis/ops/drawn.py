"""What the test of the interpreter against torch draws from: one line of Python for each operation of the table, and programs of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

IMPORTS = """import copy
import torch
import torch.nn.functional as F
import numpy as np
import einops
from torch.nn.utils import rnn

"""
Value = Any
MAX_ENTRIES = 4000  # values that a program may go on with


@dataclass(frozen=True)
class Line:
    """How one operation is drawn: `make` gives an expression, or None where it does not suit what there is."""

    key: str  # `torch.cat`, `.view`, `@T`, or a form of the language such as `x[...]`
    make: Callable[[Draw], str | None]
    moves: bool = False  # entries are moved, not changed: axis order can be read off them
    vague: bool = False  # the sizes of the result depend on values, or on more than sizes
    inputs: int = 1


@dataclass
class Draw:
    """The state of a program that is being drawn: its variables so far and a source of choices."""

    rng: random.Random
    names: dict[str, Value]
    sizes: dict[str, int]
    fixed: str | None = None  # the variable that the next line must use

    def choice(self, options: list[Any]) -> Any:
        return options[self.rng.randrange(len(options))]

    def between(self, low: int, high: int) -> int:
        return self.rng.randint(low, high)

    def maybe(self, one_in: int) -> bool:
        return self.rng.randrange(one_in) == 0

    def find(self, test: Callable[[Value], bool] = lambda v: True, array: bool = False) -> str | None:
        kind = np.ndarray if array else torch.Tensor
        fit = [n for n, v in self.names.items() if isinstance(v, kind) and test(v)]
        if self.fixed in fit:
            return self.fixed
        # the latest are the most interesting
        return self.choice(fit + fit[-3:] * 2) if fit else None

    def real(self, least: int = 0, most: int = 9) -> str | None:
        return self.find(lambda v: v.is_floating_point() and least <= v.dim() <= most)

    def tensor(self, least: int = 0, most: int = 9) -> str | None:
        return self.find(lambda v: least <= v.dim() <= most)

    def ids(self, least: int = 0, most: int = 9) -> str | None:
        return self.find(lambda v: v.dtype == torch.int64 and least <= v.dim() <= most and v.numel() > 0)

    def mask(self, least: int = 0) -> str | None:
        return self.find(lambda v: v.dtype == torch.bool and v.dim() >= least)

    def array(self, least: int = 0, most: int = 9) -> str | None:
        return self.find(lambda v: least <= v.ndim <= most, array=True)

    def like(self, name: str) -> str | None:
        """Another variable of the same shape and kind, perhaps the same."""
        v = self.names[name]
        return self.find(lambda w: w.shape == v.shape and w.dtype == v.dtype, array=isinstance(v, np.ndarray))

    def beside(self, name: str) -> str | None:
        """A variable that broadcasts with this one."""
        v = self.names[name]

        def fits(w: Value) -> bool:
            return w.dtype == v.dtype and all(a == b or 1 in (a, b) for a, b in zip(reversed(w.shape), reversed(v.shape), strict=False))

        return self.find(fits, array=isinstance(v, np.ndarray))

    def rank(self, name: str) -> int:
        return len(self.names[name].shape)

    def dim(self, name: str) -> int:
        """A dim of a variable, counted from either end; now and then one that is not there."""
        r = self.rank(name)
        if r == 0 or self.maybe(40):
            return self.between(-3, 3)
        d = self.between(0, r - 1)
        return d - r if self.maybe(2) else d

    def size(self, name: str, at: int) -> str:
        """A spelling of a size."""
        n = self.names[name].shape[at]
        known = [k for k, v in self.sizes.items() if v == n]
        if len(known) == 1 and self.maybe(3):
            return known[0]
        if self.maybe(12):
            return str(n)
        torchy = isinstance(self.names[name], torch.Tensor)
        return f"{name}.size({at})" if torchy and self.maybe(2) else f"{name}.shape[{at}]"

    def row(self, name: str) -> list[str]:
        return [self.size(name, i) for i in range(self.rank(name))]


@dataclass
class Program:
    """Statements with what each of them gave under torch."""

    sizes: dict[str, int]
    inputs: dict[str, Value]
    lines: list[Drawn] = field(default_factory=list)
    error: str = ""  # how torch rejected the last statement

    @property
    def valid(self) -> Program:
        """The program without the statement that torch rejects."""
        return Program(self.sizes, self.inputs, [d for d in self.lines if not d.rejected])

    @property
    def source(self) -> str:
        """The program as a function that returns all that it computed."""
        body = [f"    {statement}" for d in self.lines for statement in d.statements]
        names = "".join(f"{d.name}, " for d in self.lines)
        head = f"def program({', '.join([*self.sizes, *self.inputs])}):"
        return IMPORTS + "\n".join([head, *body, f"    return ({names})", ""])


@dataclass
class Drawn:
    """One statement."""

    name: str
    text: str
    line: Line
    value: Value = None
    rejected: bool = False

    @property
    def statements(self) -> list[str]:
        """An assignment, and what is written into its target afterwards (`it` stands for that)."""
        first, *rest = self.text.split("\n")
        return [f"{self.name} = {first}", *(f"{self.name}{r.removeprefix('it')}" for r in rest)]


def inputs_of(sizes: dict[str, int]) -> dict[str, Value]:
    """The variables that every program begins with; floats are coded by index, so that the order of axes can be read off."""
    b, t, v, h, d = (sizes[n] for n in "BTVHD")
    code = {"x": (b, t, v), "z": (t, v), "w": (b, t, h * d), "c": (2, 3, 4), "q": (b, h, t, d), "p": (v,)}
    out: dict[str, Value] = {n: torch.arange(_product(s), dtype=torch.float32).reshape(s) for n, s in code.items()}
    rng = torch.Generator().manual_seed(b * 100 + t)
    out["y"] = torch.randint(0, v, (b, t), generator=rng)
    out["l"] = torch.randint(1, t + 1, (b,), generator=rng)
    out["m"] = torch.arange(t)[None, :] < out["l"][:, None]
    out["g"] = torch.randint(0, 2, (2, 3), generator=rng)
    out["a"] = np.arange(b * t * v, dtype=np.float32).reshape(b, t, v)
    out["k"] = out["y"].numpy().copy()
    out["e"] = torch.arange(b * t * v, dtype=torch.float32).reshape(b, t, v)  # of which only the last axis is told
    out["u"] = torch.arange(b * t * v, dtype=torch.float32).reshape(b, t, v)  # of which the analysis knows nothing
    return out


def _product(sizes: tuple[int, ...]) -> int:
    n = 1
    for s in sizes:
        n *= s
    return n


def sizes_of(rng: random.Random) -> dict[str, int]:
    """Sizes as they are in real programs: none of them 1, now and then two alike."""
    sizes = {"B": rng.randint(2, 4), "T": rng.randint(5, 8), "V": rng.randint(5, 9), "H": rng.randint(2, 3), "D": rng.randint(2, 4)}
    if rng.randrange(12) == 0:
        sizes["T"] = sizes["V"]
    return sizes


def namespace(program: Program) -> dict[str, Any]:
    """What the statements see."""
    import copy

    import einops
    import torch.nn.functional as functional
    from torch.nn.utils import rnn

    return {"copy": copy, "torch": torch, "F": functional, "np": np, "einops": einops, "rnn": rnn, **program.sizes, **program.inputs}


def draw(rng: random.Random, lines: list[Line], length: int, first: Line | None = None, chain: bool = False) -> Program:
    """A program of up to `length` statements, the last of which torch may reject."""
    sizes = sizes_of(rng)
    program = Program(sizes, inputs_of(sizes))
    seen = namespace(program)
    state = Draw(rng, dict(program.inputs), sizes)
    torch.default_generator.manual_seed(0)
    np.random.seed(0)
    while len(program.lines) < length:
        line = first if first is not None and not program.lines else lines[rng.randrange(len(lines))]
        state.fixed = program.lines[-1].name if chain and program.lines else None
        text = line.make(state)
        if text is None:
            if line is first:
                break
            continue
        one = Drawn(f"v{len(program.lines)}", text, line)
        program.lines.append(one)
        compile("\n".join(one.statements), text, "exec")
        try:
            exec("\n".join(one.statements), seen)
            one.value = seen[one.name]
        except Exception as error:  # torch has many ways to say no
            one.rejected = True
            program.error = f"{type(error).__name__}: {error}"
            break
        if isinstance(one.value, (torch.Tensor, np.ndarray)) and _small(one.value):
            state.names[one.name] = one.value
    return program


def _small(value: Value) -> bool:
    return bool(_product(tuple(value.shape)) <= MAX_ENTRIES and len(value.shape) <= 5)
