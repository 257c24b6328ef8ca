"""One drawn program through the interpreter and through torch, and what is claimed held against what came out."""

from __future__ import annotations

import random
import re
import warnings
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, Sym, axis, fresh_pack
from shapeguard.analysis.facts.values import Args, Func, Num, Origin, Seq, Tensor, Value, uid, unknown_tensor
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.modules import module_frame
from shapeguard.analysis.reading.parse import parse_module
from shapeguard.analysis.reading.project import Project
from tests.analysis.ops.drawn import Drawn, Line, Program, draw

SYMS = {n: Sym(n, 10_000_000 + i, {"B": "batch", "T": "time", "V": "class"}.get(n, "feature")) for i, n in enumerate("BTVHD")}
B, T, V, H, D = (Dim.of(SYMS[n]) for n in "BTVHD")
UNKNOWN_INPUTS = ("e", "u")
ATOMS = {"x": (B, T, V), "z": (T, V), "w": (B, T, H, D), "q": (B, H, T, D), "p": (V,), "a": (B, T, V)}


def inputs() -> dict[str, Value]:
    """What the analysis is told of the variables that every program begins with."""
    ids = Origin(uid())
    return {
        "x": Tensor(Shape.of(B, T, V), dtype="float", scale="logits"),
        "z": Tensor(Shape.of(T, V), dtype="float"),
        "w": Tensor(Shape.of(B, T, H * D), dtype="float", scale="embedding"),
        "c": Tensor(Shape.of(2, 3, 4), dtype="float"),
        "q": Tensor(Shape.of(B, H, T, D), dtype="float"),
        "p": Tensor(Shape.of(V), dtype="float"),
        "y": Tensor(Shape.of(B, T), dtype="int64", scale="ids", origin=ids, low=Dim(), high=V),
        "l": Tensor(Shape.of(B), dtype="int64"),
        "m": Tensor(Shape.of(B, T), dtype="bool", scale="mask"),
        "g": Tensor(Shape.of(2, 3), dtype="int64", scale="ids", low=Dim(), high=Dim.of(2)),
        "a": Tensor(Shape.of(B, T, V), dtype="float", array=True),
        "k": Tensor(Shape.of(B, T), dtype="int64", scale="ids", array=True),
        "e": Tensor(Shape((fresh_pack("e"), axis(V))), dtype="float", contiguous=True),
        "u": unknown_tensor("u", dtype="float"),
    }


@dataclass
class Claims:
    """What the analysis says of a program."""

    values: dict[str, Value]
    unknown: dict[str, Shape]  # what was found out about the inputs of which little was told
    failures: list[str]


def analyse(program: Program) -> Claims:
    """The facts of every variable, by the real interpreter."""
    module = parse_module("/drawn/program.py", program.source.encode(), "program")
    machine = Machine(Project("/drawn"))
    frame = module_frame(machine, module)
    func = machine.get(machine.store.get(("v", frame.id, "program")) or Num(Dim()))
    assert isinstance(func, Func)
    given = {**{n: Num(Dim.of(SYMS[n])) for n in program.sizes}, **inputs()}
    refs = {n: machine.wrap(v) for n, v in given.items()}
    result = machine.get(machine.call(func, Args(tuple(refs.values()))))
    assert isinstance(result, Seq)
    found = result.items or ()
    values = {d.name: machine.get(v) for d, v in zip(program.lines, found, strict=True)}
    unknown = {n: x.shape for n in UNKNOWN_INPUTS if isinstance(x := machine.get(refs[n]), Tensor)}
    return Claims(values, unknown, [f"{where}: {what}" for where, what in machine.failures])


# comparing


@dataclass
class Tally:
    """How much was claimed over many programs."""

    programs: int = 0
    rejected: int = 0
    steps: int = 0
    full: int = 0  # every dim claimed
    ordered: int = 0  # axes whose order was checked
    sums: int = 0
    dense: int = 0  # contiguity claims
    silent: Counter[str] = field(default_factory=Counter)
    views_rejected: int = 0
    views_noted: int = 0
    accepted: set[str] = field(default_factory=set)  # lines that torch ran

    def __str__(self) -> str:
        share = self.full / max(self.steps, 1)
        return (
            f"{self.programs} programs, {self.rejected} of them rejected by torch; "
            f"{self.full} of {self.steps} steps claim every dim ({share:.1%}); "
            f"{self.ordered} axes in order, {self.sums} sums, {self.dense} contiguity claims; "
            f"{self.views_noted} of {self.views_rejected} rejected views were noted; silent: {self.silent.most_common(12)}"
        )


class Wrong(AssertionError):
    """A claim that torch contradicts."""


@dataclass
class Comparison:
    """One program: what is claimed, what torch gave, and the sizes that were learnt on the way."""

    program: Program
    claims: Claims
    tally: Tally
    sizes: dict[Sym, int] = field(default_factory=dict)
    hazy: set[str] = field(
        default_factory=lambda: set(UNKNOWN_INPUTS)
    )  # variables of which not all is known, for which what is made of them is not blamed

    def run(self) -> None:
        """Compare every statement."""
        self.sizes = {SYMS[n]: v for n, v in self.program.sizes.items()}
        if self.claims.failures:
            raise Wrong(self._report(None, "our own failure: " + "; ".join(self.claims.failures)))
        self.tally.programs += 1
        self.tally.rejected += bool(self.program.error)
        if self.program.error:  # what the rejected statement seems to prove of earlier values need not be so
            self.claims.values.update(analyse(self.program.valid).values)
        else:
            self._unknown_input()
        coded = {n: n for n in ATOMS}
        for d in self.program.lines:
            claim = self.claims.values[d.name]
            if d.rejected:
                self._rejected(d, claim)
                return  # a statement that torch rejects proves nothing
            first = next((n for n in _NAME.findall(d.text) if n in self.program.inputs or n in self.claims.values), None)
            if d.line.moves and first in coded:
                coded[d.name] = coded[first]
            self.tally.accepted.add(d.line.key)
            self._statement(d, claim, coded.get(d.name))

    def _unknown_input(self) -> None:
        for name, shape in self.claims.unknown.items():
            real = tuple(self.program.inputs[name].shape)
            if shape.min_rank > len(real) or (shape.rank is not None and shape.rank != len(real)):
                raise Wrong(self._report(None, f"{name} is bound to {shape}, but has shape {real}"))

    def _rejected(self, d: Drawn, claim: Value) -> None:
        if "view size is not compatible" in self.program.error:
            self.tally.views_rejected += 1
            self.tally.views_noted += isinstance(claim, Tensor) and claim.note("view-noncontiguous") is not None

    def _statement(self, d: Drawn, claim: Value, base: str | None) -> None:
        real = d.value
        if isinstance(real, bool) or not isinstance(real, (int, torch.Tensor, np.ndarray, np.generic)):
            return
        if isinstance(real, int):
            self._number(d, claim, real)
        elif not isinstance(claim, Tensor):
            self._count(d, isinstance(claim, Num) and real.ndim == 0)
        else:
            self._tensor(d, claim, real, base)

    def _number(self, d: Drawn, claim: Value, real: int) -> None:
        self._count(d, isinstance(claim, Num) and self._size(d, claim.dim, real))

    def _size(self, d: Drawn, claim: Dim, real: int) -> bool:
        """Hold a size against the real one; a symbol that is met for the first time gets its size. Whether it was a claim."""
        unknown = [s for s in claim.symbols if s not in self.sizes]
        if not unknown:
            found = claim.evaluate(self.sizes)
            if found != real:
                raise Wrong(self._report(d, f"claims {claim} = {found}, torch has {real}"))
            return True
        if claim.sym is not None:
            self.sizes[claim.sym] = real
        return d.line.vague

    def _tensor(self, d: Drawn, claim: Tensor, real: Any, base: str | None) -> None:
        dense = not isinstance(real, torch.Tensor) or real.is_contiguous()
        shape = tuple(real.shape)
        axes = claim.shape.axes
        if claim.shape.rank is not None and claim.shape.rank != len(shape):
            raise Wrong(self._report(d, f"claims {claim.shape}, torch has {shape}"))
        if not shape and claim.shape.pack is not None:
            return  # torch lets a 0-d tensor pass where one axis is asked for
        if claim.shape.min_rank > len(shape):
            raise Wrong(self._report(d, f"claims {claim.shape}, torch has {shape}"))
        cut = axes.index(claim.shape.pack) if claim.shape.pack is not None else len(axes)
        back = len(axes) - cut - 1
        pairs = [
            *zip(axes[:cut], shape, strict=False),
            *zip(axes[len(axes) - back :] if back > 0 else (), shape[len(shape) - back :], strict=False),
        ]
        if any(isinstance(a, Axis) and (a.size is not None) and self._degenerate(a.size) for a, _ in pairs):
            return  # shorter than what was cut off: no generic size
        full = claim.shape.pack is None
        for a, n in pairs:
            assert isinstance(a, Axis)
            size = a.size
            full = (self._size(d, size, n) if size is not None else False) and full
        self._count(d, full)
        self._dtype(d, claim, real)
        if (claim.array and isinstance(real, torch.Tensor)) or (not claim.array and isinstance(real, np.ndarray)):
            raise Wrong(self._report(d, f"is said to be {'an array' if claim.array else 'a tensor'}"))
        self._scale(d, claim, real)
        self._values(d, claim, real)
        if isinstance(real, torch.Tensor) and claim.contiguous is not None and real.numel() and 1 not in shape:
            self.tally.dense += 1
            if claim.contiguous != dense:
                raise Wrong(self._report(d, f"contiguous is said to be {claim.contiguous}, strides {real.stride()} of {shape}"))
        note = claim.note("view-noncontiguous")
        if note is not None and note.step is claim.step:
            raise Wrong(self._report(d, "is said to be a view that torch rejects"))
        if base is not None:
            self._order(d, claim.shape, real, base)

    def _degenerate(self, size: Dim) -> bool:
        return all(s in self.sizes for s in size.symbols) and size.const is None and size.evaluate(self.sizes) < 0

    def _count(self, d: Drawn, full: bool) -> None:
        """Whether a step says all that it should; only the first of several that hang together is blamed."""
        hazy = bool(_names("".join(d.statements)) & self.hazy)
        if not full:
            self.hazy.add(d.name)
        if d.line.vague or hazy:
            return
        self.tally.steps += 1
        self.tally.full += full
        if not full:
            self.tally.silent[d.line.key] += 1

    def _dtype(self, d: Drawn, claim: Tensor, real: Any) -> None:
        names = {"float32": "float", "float64": "double", "float16": "half", "bfloat16": "half", "int16": "int", "int8": "int"}
        name = str(real.dtype).removeprefix("torch.")
        if claim.dtype and claim.dtype != names.get(name, name):
            raise Wrong(self._report(d, f"dtype is said to be {claim.dtype}, is {real.dtype}"))

    def _scale(self, d: Drawn, claim: Tensor, real: Any) -> None:
        """Probabilities sum to one over the axis that they are said to."""
        if claim.norm is None or claim.scale not in ("probs", "log_probs") or claim.shape.pack is not None:
            return
        if any(isinstance(p, Pack) for p in claim.norm.parts):
            return
        value = _torch(real).double()
        if not value.numel() or not bool(torch.isfinite(value).all() if claim.scale == "probs" else ~torch.isnan(value).any()):
            return
        total = value.exp() if claim.scale == "log_probs" else value
        sums = [s for i, a in enumerate(claim.shape.axes) if isinstance(a, Axis) and (s := self._sum(total, i, a, claim.norm)) is not None]
        if any(isinstance(p, Pack) for a in claim.shape.axes if isinstance(a, Axis) for p in a.parts):
            return
        if not sums:
            raise Wrong(self._report(d, f"said to be normalised over {claim.norm}, which {claim.shape} does not have"))
        self.tally.sums += 1
        if not any(torch.allclose(s, torch.ones_like(s), atol=1e-2) for s in sums):
            raise Wrong(self._report(d, f"does not sum to one over {claim.norm} of {claim.shape}"))

    def _sum(self, total: torch.Tensor, at: int, a: Axis, norm: Axis) -> torch.Tensor | None:
        """The sum over an axis, or over that part of it which is the normalised one."""
        if a == norm:
            return total.sum(at)
        first = next((i for i in range(len(a.parts)) if a.parts[i : i + len(norm.parts)] == norm.parts), None)
        sizes = [p.evaluate(self.sizes) for p in a.parts if isinstance(p, Dim) and all(s in self.sizes for s in p.symbols)]
        if first is None or len(sizes) != len(a.parts):
            return None
        split = total.reshape(*total.shape[:at], *sizes, *total.shape[at + 1 :])
        return split.sum(tuple(range(at + first, at + first + len(norm.parts))))

    def _values(self, d: Drawn, claim: Tensor, real: Any) -> None:
        value = _torch(real)
        if not value.numel() or value.is_complex():
            return
        for name, holds in (
            ("value", lambda v, n: bool((v == n).all())),
            ("low", lambda v, n: bool((v >= n).all())),
            ("high", lambda v, n: bool((v < n).all())),
        ):
            dim = getattr(claim, name)
            # bounds are those of ids; what some were overwritten with stands among the swaps and fills
            odd = [d for d in (*(w.new for w in claim.swaps), *(f.id for f in claim.fills)) if d is not None and d.const is not None]
            real_ids = (
                value[~torch.isin(value.double(), torch.tensor([float(d.const or 0) for d in odd]).double())] if name != "value" else value
            )
            if dim is not None and all(s in self.sizes for s in dim.symbols) and not holds(real_ids, dim.evaluate(self.sizes)):
                raise Wrong(self._report(d, f"{name} is said to be {dim}"))
        if claim.scale == "mask" and not bool(((value == 0) | (value == 1)).all()):
            raise Wrong(self._report(d, "is said to be a mask"))

    def _order(self, d: Drawn, shape: Shape, real: Any, base: str) -> None:
        """Moving along a part of an axis must move through the base tensor along the axis of that name."""
        parts: list[tuple[Dim, int, bool]] = []
        for a in shape.axes:
            if isinstance(a, Pack) or any(isinstance(p, Pack) or not all(s in self.sizes for s in p.symbols) for p in a.parts):
                return
            sizes = [p.evaluate(self.sizes) for p in a.parts if isinstance(p, Dim)]
            parts.extend((p, n, a.mixed) for p, n in zip(a.parts, sizes, strict=True) if isinstance(p, Dim))
        value = _torch(real).double()
        if not value.numel() or [n for _, n, _ in parts if n <= 0]:
            return
        value = value.reshape([n for _, n, _ in parts])
        for at, (part, n, mixed) in enumerate(parts):
            stride = _stride(part, base, self.program.sizes)
            if mixed or n < 2 or stride is None:
                continue
            gaps = value.narrow(at, 1, n - 1) - value.narrow(at, 0, n - 1)
            self.tally.ordered += 1
            # all alike where an axis was expanded
            if not bool((gaps == stride).all()) and not bool((gaps == 0).all()):
                raise Wrong(self._report(d, f"{part} of {shape} does not move along {part} of {base}"))

    def _report(self, d: Drawn | None, message: str) -> str:
        claims = {n: str(getattr(v, "shape", v))[:80] for n, v in self.claims.values.items()}
        where = f"{d.name} = {d.text}: " if d is not None else ""
        torch_says = self.program.error or "accepts it"
        return f"{where}{message}\n{self.program.source}\nsizes {self.program.sizes}\nclaims {claims}\ntorch: {torch_says}"


def _torch(real: Any) -> torch.Tensor:
    return real.detach() if isinstance(real, torch.Tensor) else torch.from_numpy(np.array(real))


def _names(text: str) -> set[str]:
    return set(_NAME.findall(text))


_NAME = re.compile(r"\b[a-z]\w*\b")


def _stride(part: Dim, base: str, sizes: dict[str, int]) -> int | None:
    """How far apart in the base tensor two neighbours along a part are; None where the part does not tell which axis it is."""
    atoms = ATOMS[base]
    symbols = part.symbols
    hits = [i for i, a in enumerate(atoms) if a.symbols <= symbols]
    if not symbols or len(hits) != len(symbols) or (len(hits) > 1 and part != H * D) or any(m for m, _ in part.terms if len(m) > 2):
        return None
    if len(hits) == 1 and (part.terms[-1][1] != 1 or len(part.terms[-1][0]) != 1):
        return None
    out = 1
    for a in atoms[max(hits) + 1 :]:
        out *= a.evaluate({SYMS[n]: v for n, v in sizes.items()})
    return out


def check(rng: random.Random, tally: Tally, lines: list[Line], length: int, first: Line | None = None, chain: bool = False) -> None:
    """Draw one program and compare."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        program = draw(rng, lines, length, first, chain)
        if program.lines:
            Comparison(program, analyse(program), tally).run()
