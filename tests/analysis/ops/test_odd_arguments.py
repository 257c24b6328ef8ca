"""Tensor operations on arguments that make no sense: unknown, perhaps, but never an exception."""

from __future__ import annotations

import random

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, Sym, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, Lib, Map, Num, Seq, Site, SliceV, Tensor, Value, unknown_tensor
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.tensors import indexing, pointwise
from shapeguard.analysis.reading.parse import parse_module
from shapeguard.analysis.reading.project import Project
from shapeguard.lint.engine import check_source
from tests.analysis.ops.test_against_torch import CHAPTERS


def _odd(machine: Machine, rng: random.Random, depth: int = 0) -> Value:
    b, t = Dim.of(Sym("B", 1, "batch")), Dim.of(Sym("T", 2, "time"))
    pack = fresh_pack("p")
    shapes = (
        Shape(()), Shape.of(b, t), Shape.of(0, 1), Shape.of(b, t, 7), Shape((pack,)), Shape((pack, axis(5))), Shape((axis(b), pack)),
        Shape((Axis((b, t)), axis(3))), Shape((Axis((pack,)), axis(3))), Shape((Axis((b, t), True),)), Shape((axis(b), pack, axis(t))),
    )  # fmt: skip
    kind = rng.randrange(12)
    if kind < 4:
        scale = rng.choice(("", "ids", "logits", "probs", "mask", "loss"))
        return Tensor(rng.choice(shapes), rng.random() < 0.2, rng.choice(("", "float", "int64", "bool")), scale)  # type: ignore[arg-type]
    if kind == 4:
        return Num(rng.choice((Dim(), Dim.of(1), Dim.of(-1), Dim.of(-7), Dim.of(99), b, t - 1, fresh("n"), fresh("i", "token"))))
    if kind == 5:
        return Const(rng.choice((None, True, 1.5, float("inf"), float("nan"), "sum", "b t -> (t", "...", ..., b"x", 10**400)))
    if kind == 6:
        return rng.choice((UNKNOWN, Lib("torch.long"), Lib("torch"), Map(()), SliceV(), SliceV(Num(t), NONE, Num(Dim())), unknown_tensor()))
    if kind == 7 and depth < 3:
        return SliceV(_odd(machine, rng, 3), _odd(machine, rng, 3), rng.choice((NONE, Num(Dim.of(2)), Num(Dim.of(-1)))))
    if kind < 10 and depth < 3:
        items = tuple(_odd(machine, rng, depth + 1) for _ in range(rng.randrange(4)))
        if rng.random() < 0.3:
            return Seq(rng.choice(("list", "tuple")), None, items[0] if items else UNKNOWN, rng.choice((fresh("n"), Dim.of(2), b)))
        return Seq(rng.choice(("list", "tuple")), items, UNKNOWN, Dim.of(len(items)))
    return machine.new(_odd(machine, rng, depth + 1)) if depth < 3 else UNKNOWN


def _machine() -> Machine:
    module = parse_module("/odd/program.py", b"x = 1\n", "program")
    machine = Machine(Project("/odd"))
    machine.site = Site(module, module.body[0].at)
    return machine


def test_operations_survive_anything() -> None:
    rng = random.Random(0)
    tables = (table.CALLS, table.TENSOR_METHODS, table.TENSOR_ATTRS)
    ops = {(n, i): op for i, t in enumerate(tables) for n, op in t.items() if op.__module__.rpartition(".")[2] in CHAPTERS}
    names = ("dim", "axis", "dtype", "size", "keepdim", "value", "min", "other", "pattern", "h", "index", "weight", "batch_first", "out")
    for name, op in ops.items():
        for _ in range(25):
            machine = _machine()
            first = (_odd(machine, rng),) if rng.random() < 0.3 else (Tensor(Shape((fresh_pack("x"), axis(fresh("n"))))),)
            pos = first + tuple(_odd(machine, rng) for _ in range(rng.randrange(4)))
            kw = tuple((n, _odd(machine, rng)) for n in rng.sample(names, rng.randrange(3)))
            args = Args(pos if name[1] or rng.random() < 0.9 else (), kw, rng.random() < 0.1)
            try:
                op(machine, args)
            except Exception as error:
                raise AssertionError(f"{name[0]}{args}") from error


def test_indices_and_operators_survive_anything() -> None:
    rng = random.Random(1)
    for _ in range(3000):
        machine = _machine()
        x = _odd(machine, rng)
        x = x if isinstance(x, Tensor) else Tensor(Shape((fresh_pack("x"),)))
        items = tuple(_odd(machine, rng) for _ in range(rng.randrange(1, 4)))
        other = _odd(machine, rng)
        op = rng.choice(("+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<"))
        calls = (
            lambda m=machine, x=x, i=items: indexing.index(m, x, i),
            lambda m=machine, x=x, i=items, o=other: indexing.write(m, x, i, o),
            lambda m=machine, x=x, o=other, p=op: (pointwise.binary(m, p, x, o), pointwise.binary(m, p, o, x)),
            lambda m=machine, x=x, o=other: [pointwise.compare(m, p, x, o) for p in ("==", "!=", "<", "<=", ">", ">=")],
            lambda m=machine, x=x: [pointwise.unary(m, p, x) for p in ("-", "+", "~", "not")],
        )
        for run in calls:
            try:
                run()
            except Exception as error:
                raise AssertionError(f"{op} {x.shape} {items} {other}") from error




def test_numbers_that_are_no_axis_and_no_count() -> None:
    """Nothing is made for each of a billion axes, pieces or steps."""
    program = """
import torch, torch.nn as nn, torch.nn.functional as F
from operator import attrgetter
from keras.preprocessing.sequence import pad_sequences
def f(x, t):
    for n in (10**9, -10**9, 10**30, -10**30):
        x.unbind(n), x.unsqueeze(n), x.transpose(n, 0), x.split(1, n), x.chunk(n), x.select(n, 0), x.flatten(n), x.shape[n], x.mean(n)
        torch.arange(n).split(1), torch.arange(0, n, 3), range(n), range(0, n, 7), torch.zeros(n, 5).chunk(n)
        torch.zeros(5)[n:], torch.zeros(5)[:n], torch.zeros(n)[::2], torch.zeros(n)[1:], torch.zeros(n)[n:2*n:n], "a".zfill(n)
    torch.zeros(9)[::0], x[::0]
    "a".encode("utf-9"), "a" * 10**10, [0] * 10**10, pad_sequences([[1]], value=1e999), pad_sequences([[1]], value=float("nan"))
    a = "ab"
    for _ in range(3):
        a = a.replace("a", "aa" * 99)
    a = a.join(a)
    a = a.join(a)
    a = a.join(a)
    [1] + [float("inf")] * 3, [1e999] * 4 + [2], int("9" * 400), float("9" * 400), int("9" * 5000)
    attrgetter("a")()
    nn.Transformer.generate_square_subsequent_mask(slice(3))
    return F.cross_entropy(x, t)
"""
    assert check_source(program) == []
