"""Runs one module call twice, through the operations and through torch, and holds the claims against what came out."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, Sym, fresh_pack
from shapeguard.analysis.facts.tensors import Written
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    BoundLib,
    Const,
    Lib,
    LibObj,
    Map,
    Num,
    Origin,
    Ref,
    Seq,
    Site,
    Step,
    Tensor,
    Unknown,
    Value,
    uid,
)
from shapeguard.analysis.ops import table

SIZES = {"B": 3, "T": 5, "S": 7, "V": 11}  # distinct, and no module below is made with them
SYMS = {name: Sym(name, 1_000_000 + i, {"B": "batch", "T": "time", "S": "time", "V": "class"}[name]) for i, name in enumerate(SIZES)}
NOWHERE = Site(None, None)  # type: ignore[arg-type]


class FakeCtx:
    """The least that operations ask of the interpreter."""

    site = NOWHERE

    def __init__(self) -> None:
        self.cells: dict[int, Value] = {}
        self.packs: dict[Pack, tuple[Any, ...]] = {}
        self.losses: list[tuple[str, LibObj, Tensor, Tensor]] = []

    def resolve(self, shape: Shape) -> Shape:
        while (pack := shape.pack) is not None and pack in self.packs:
            shape = shape.substitute(pack, self.packs[pack])
        return shape

    def get(self, value: Value) -> Value:
        while isinstance(value, Ref):
            value = self.cells[value.id]
        return replace(value, shape=self.resolve(value.shape)) if isinstance(value, Tensor) else value

    def new(self, facts: Value) -> Value:
        self.cells[len(self.cells) + 1] = facts
        return Ref(len(self.cells))

    def set(self, ref: Value, facts: Value) -> None:
        assert isinstance(ref, Ref)
        self.cells[ref.id] = facts

    def call(self, func: Value, args: Args) -> Value:
        facts = self.get(func)
        if isinstance(facts, LibObj):
            return table.INSTANCES[facts.cls](self, Args((func, *args.pos), args.kw, args.more))
        if isinstance(facts, Lib):
            return table.CALLS[facts.name](self, args)
        if isinstance(facts, BoundLib) and facts.name == "backward":
            return NONE
        return UNKNOWN

    def attr(self, value: Value, name: str) -> Value:
        obj = self.get(value)
        assert isinstance(obj, LibObj)
        op = table.ATTRS.get(f"{obj.cls}.{name}") or table.ATTRS.get(f"torch.nn.Module.{name}")
        return op(self, Args((value,))) if op is not None else obj.fact(name) or UNKNOWN

    def method(self, value: Value, name: str, *args: Value) -> Value:
        obj = self.get(value)
        assert isinstance(obj, LibObj)
        return table.METHODS[f"{obj.cls}.{name}"](self, Args((value, *args)))

    def item(self, value: Value, index: Value) -> Value:
        facts, at = self.get(value), self.get(index)
        if isinstance(facts, Seq) and facts.items is not None and isinstance(at, Num) and at.dim.const is not None:
            return facts.items[at.dim.const]
        if isinstance(facts, Map) and isinstance(at, Const):
            return facts.get(at.value) or UNKNOWN
        return facts.elem if isinstance(facts, Seq) else UNKNOWN

    def elem(self, value: Value) -> Value:
        facts = self.get(value)
        return facts.items[0] if isinstance(facts, Seq) and facts.items else UNKNOWN

    def one_by_one(self, value: Value) -> Value:
        return value

    def step(
        self, op: str, text: str, *parents: Step | None, shape: Shape | None = None, sure: bool = True, about: Dim | None = None
    ) -> Step:
        return Step(op, NOWHERE, text, shape, sure, tuple(p for p in parents if p), about)

    def bind(self, pack: object, axes: tuple[object, ...]) -> None:
        assert isinstance(pack, Pack)
        self.packs.setdefault(pack, axes)

    def by_hand(self, written: Written, y: Tensor) -> Tensor:
        return y

    def loss_call(self, kind: str, obj: LibObj, args: Args, logits: Tensor, targets: Tensor) -> Value:
        self.losses.append((kind, obj, logits, targets))
        return Tensor(Shape(()), scale="loss")


# the same constructor for both sides


def literal(ctx: FakeCtx, node: ast.expr) -> Value:
    """The value that the interpreter would make of a constructor argument."""
    if isinstance(node, ast.Constant):
        v = node.value
        return NONE if v is None else Num(Dim.of(v)) if isinstance(v, int) and not isinstance(v, bool) else Const(v)
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant) and isinstance(node.operand.value, int):
        return Num(Dim.of(-node.operand.value))
    if isinstance(node, ast.Name):
        return Num(Dim.of(SYMS[node.id]))
    if isinstance(node, (ast.Tuple, ast.List)):
        items = tuple(literal(ctx, e) for e in node.elts)
        return Seq("tuple", items, UNKNOWN, Dim.of(len(items)))
    if isinstance(node, ast.Dict):
        keys = [k.value if isinstance(k, ast.Constant) else None for k in node.keys]
        return Map(tuple(zip(keys, (literal(ctx, v) for v in node.values), strict=True)))
    assert isinstance(node, ast.Call)
    args = Args(tuple(literal(ctx, a) for a in node.args), tuple((k.arg or "", literal(ctx, k.value)) for k in node.keywords))
    dotted = ast.unparse(node.func).replace("nn.", "torch.nn.", 1)
    made = table.CALLS[dotted](ctx, args) if dotted in table.CALLS else LibObj(dotted, args, uid=uid())
    return ctx.new(made) if isinstance(made, LibObj) else made


def module(ctx: FakeCtx, text: str) -> Value:
    return literal(ctx, ast.parse(text, mode="eval").body)


def real_module(text: str) -> Any:
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice about speed
        return eval(text, {"nn": nn, **SIZES}).eval()


@dataclass(frozen=True)
class Input:
    """`B T 4` floats, or `ids: B T`."""

    text: str
    known: bool = True  # whether the operations are told the shape

    @property
    def ids(self) -> bool:
        return self.text.startswith("ids:")

    @property
    def words(self) -> list[str]:
        return self.text.removeprefix("ids:").split()

    def facts(self) -> Tensor:
        dims = [Dim.of(int(w)) if w.isdigit() else Dim.of(SYMS[w]) for w in self.words]
        shape = Shape.of(*dims) if self.known else Shape((fresh_pack("x"),))
        if self.ids:
            return Tensor(shape, dtype="int64", scale="ids", origin=Origin(uid()))
        return Tensor(shape, dtype="float", fed=(Origin(uid()),))

    def real(self) -> Any:
        sizes = [int(w) if w.isdigit() else SIZES[w] for w in self.words]
        return torch.randint(0, 10, sizes) if self.ids else torch.randn(sizes)


@dataclass
class Case:
    """A module, its inputs, and how much of the result may be left unclaimed."""

    module: str
    inputs: tuple[str, ...]
    kw: dict[str, str] = field(default_factory=dict)  # of the call: a literal, or `mask: T`
    vague: bool = False  # some size is rightly not claimed
    attended: bool = True  # whether positions and rows are perturbed to test the claims on what sees what

    def __str__(self) -> str:
        return f"{self.module}({', '.join([*self.inputs, *(f'{k}={v}' for k, v in self.kw.items())])})"


def options(ctx: FakeCtx, case: Case) -> tuple[tuple[tuple[str, Value], ...], dict[str, Any]]:
    facts: list[tuple[str, Value]] = []
    real: dict[str, Any] = {}
    for name, text in case.kw.items():
        if text.startswith("mask:"):
            n = text.removeprefix("mask:").strip()
            facts.append((name, table.CALLS["torch.nn.Transformer.generate_square_subsequent_mask"](ctx, Args((Num(Dim.of(SYMS[n])),)))))
            real[name] = nn.Transformer.generate_square_subsequent_mask(SIZES[n])
        else:
            facts.append((name, literal(ctx, ast.parse(text, mode="eval").body)))
            real[name] = ast.literal_eval(text)
    return tuple(facts), real


# claims against what came out


def leaves(claim: Value, real: Any, ctx: FakeCtx) -> Iterator[tuple[Tensor, Any]]:
    """Each claimed tensor with the real one; a claimed tuple must be a tuple of as many."""
    facts = ctx.get(claim)
    if isinstance(facts, Seq):
        assert isinstance(real, (tuple, list)) and facts.items is not None and len(facts.items) == len(real), (facts, type(real))
        for c, r in zip(facts.items, real, strict=True):
            yield from leaves(c, r, ctx)
    elif facts == NONE:
        assert real is None
    elif isinstance(facts, Tensor):
        assert isinstance(real, torch.Tensor), f"claimed a tensor {facts.shape}, got {type(real)}"
        yield facts, real
    else:
        assert isinstance(facts, Unknown), facts


def learn(env: dict[Any, Any], claimed: Shape, real: tuple[int, ...]) -> None:
    """What the symbols of an input are in this run."""
    axes = list(claimed.axes)
    if claimed.pack is not None:
        cut = axes.index(claimed.pack)
        n = len(real) - (len(axes) - 1)
        assert n >= 0, f"the input {real} was taken to be {claimed}"
        env[claimed.pack] = real[cut : cut + n]
        del axes[cut]
        real = real[:cut] + real[cut + n :]
    assert len(axes) == len(real), f"the input {real} was taken to be {claimed}"
    for a, n in zip(axes, real, strict=True):
        assert isinstance(a, Axis)
        if a.size is not None and a.size.sym is not None:
            assert env.setdefault(a.size.sym, n) == n


def check_shape(shape: Shape, real: tuple[int, ...], env: dict[Any, Any], vague: bool) -> None:
    sizes: list[int | None] = []
    for a in shape.axes:
        if isinstance(a, Pack):
            if a not in env:
                assert vague, f"{shape} has an unknown rank, torch gave {real}"
                return
            sizes.extend(env[a])
        elif a.size is None or any(s not in env for s in a.size.symbols):
            assert vague, f"{a} of {shape} is not claimed, torch gave {real}"
            sizes.append(None)
        else:
            sizes.append(a.size.evaluate(env))
    assert len(sizes) == len(real), f"claimed {shape}, torch gave {real}"
    for claimed, got in zip(sizes, real, strict=True):
        assert claimed is None or claimed == got, f"claimed {shape} = {sizes}, torch gave {real}"


def check_values(claim: Tensor, real: Any) -> None:
    """What scale and contiguity promise."""
    if claim.contiguous:
        assert real.is_contiguous(), "claimed to be contiguous"
    if claim.dtype == "float":
        assert real.dtype == torch.float32
    if claim.scale in ("probs", "log_probs") and claim.norm is not None:
        probs = real.exp() if claim.scale == "log_probs" else real
        sums = [probs.sum(i) for i, a in enumerate(claim.shape.axes) if a == claim.norm]  # two axes may be of one size
        assert any(torch.allclose(t, torch.ones_like(t)) for t in sums), f"claimed to sum to one over {claim.norm} of {claim.shape}"
    if claim.scale in ("sigmoid", "probs"):
        assert real.min() >= 0 and real.max() <= 1


def check(case: Case, known: bool = True) -> None:
    """Run the case both ways; raise AssertionError where a claim is not what torch does."""
    ctx = FakeCtx()
    specs = [Input(t, known) for t in case.inputs]
    refs = [ctx.new(i.facts()) for i in specs]
    kw, real_kw = options(ctx, case)
    claim = ctx.call(module(ctx, case.module), Args(tuple(refs), kw))
    net = real_module(case.module)
    torch.manual_seed(1)
    inputs = [i.real() for i in specs]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        out = net(*inputs, **real_kw)
    env: dict[Any, Any] = {SYMS[n]: v for n, v in SIZES.items()}
    for ref, x in zip(refs, inputs, strict=True):
        facts = ctx.get(ref)
        assert isinstance(facts, Tensor)
        learn(env, facts.shape, tuple(x.shape))
    found = list(leaves(claim, out, ctx))
    assert found, f"nothing was claimed for {case}"
    for facts, real in found:
        check_shape(ctx.resolve(facts.shape), tuple(real.shape), env, case.vague or not known)
        if known:
            check_values(facts, real)
    if known and case.attended:
        _check_reach(case, specs, inputs, found[0][0], net, real_kw)


def _first(out: Any) -> Any:
    return out[0] if isinstance(out, tuple) else out


def _influence(run: Callable[[list[Any]], Any], inputs: list[Any], which: int, axis: int, at: int, out_axis: int) -> list[bool]:
    """For each position of the output: does it change when one position of an input does?"""
    changed = [x.clone() for x in inputs]
    row = changed[which].select(axis, at)
    if row.is_floating_point():  # not the same step for every feature: layer normalisation would undo it
        row += 1.5 * torch.randn(row.shape)
    else:
        row.copy_((row + 3) % 10)
    with torch.no_grad():
        difference = (_first(run(inputs)) - _first(run(changed))).abs()
    return [bool(difference.select(out_axis, i).max() > 1e-6) for i in range(difference.shape[out_axis])]


def _check_reach(case: Case, specs: list[Input], inputs: list[Any], claim: Tensor, net: Any, kw: dict[str, Any]) -> None:
    """Notes on direction and on misread batches against perturbed inputs."""

    def run(xs: list[Any]) -> Any:
        return net(*xs, **kw)

    own = max((i for i, s in enumerate(specs) if "T" in s.words), default=None)
    axes = [a.size for a in claim.shape.axes if isinstance(a, Axis)]
    time, batch = Dim.of(SYMS["T"]), Dim.of(SYMS["B"])
    if own is None or time not in axes:
        return
    words = specs[own].words
    kinds = {n.kind for n in claim.notes}
    seen = _influence(run, inputs, own, words.index("T"), 2, axes.index(time))
    assert seen[2], "the test itself: position 2 must matter"
    if "causal" in kinds:
        assert not any(seen[:2]), f"claimed causal, but position 2 changes {seen}"
    elif "bidirectional" in kinds:
        assert any(seen[:2]), f"claimed bidirectional, but position 2 changes only {seen}"
    elif "mixed-time" not in kinds:
        assert not any(seen[:2] + seen[3:]), f"claimed to mix no positions, but position 2 changes {seen}"
    if "B" in words and batch in axes:
        rows = _influence(run, inputs, own, words.index("B"), 0, axes.index(batch))
        assert any(rows[1:]) == ("misread-batch" in kinds), f"row 0 changes {rows}, notes: {sorted(kinds)}"
