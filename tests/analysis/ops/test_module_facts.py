"""Facts about modules that torch cannot show by a shape: sources, directions, notes, attributes, containers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shapeguard.analysis.facts.shapes import Dim, Same, Shape
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    Args,
    Const,
    LibObj,
    Map,
    Num,
    Origin,
    Ref,
    Seq,
    Tensor,
    Unknown,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import recurrent
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse
from tests.analysis.ops.modules_harness import SIZES, SYMS, FakeCtx, module


def ids(ctx: FakeCtx, *dims: Dim | int) -> Ref:
    """Token ids (B, T)."""
    shape = Shape.of(*(dims or (Dim.of(SYMS["B"]), Dim.of(SYMS["T"]))))
    ref = ctx.new(Tensor(shape, dtype="int64", scale="ids", origin=Origin(uid())))
    assert isinstance(ref, Ref)
    return ref


def tensor(ctx: FakeCtx, value: Any) -> Tensor:
    facts = ctx.get(value)
    assert isinstance(facts, Tensor), facts
    return facts


def run(ctx: FakeCtx, text: str, *inputs: Any, **kw: Any) -> Tensor:
    out = ctx.get(ctx.call(module(ctx, text), Args(inputs, tuple(kw.items()))))
    while isinstance(out, Seq):
        assert out.items is not None
        out = ctx.get(out.items[0])
    return tensor(ctx, out)


def kinds(x: Tensor) -> set[str]:
    return {n.kind for n in x.notes}


def test_fed_follows_ids_through_modules() -> None:
    ctx = FakeCtx()
    src, tgt = ids(ctx), ids(ctx)
    origins = [tensor(ctx, r).origin for r in (src, tgt)]
    a, b = run(ctx, "nn.Embedding(10, 4)", src), run(ctx, "nn.Embedding(10, 4)", tgt)
    assert a.fed == (origins[0],)
    out = run(ctx, "nn.Transformer(4, 2, batch_first=True)", ctx.new(a), ctx.new(b))
    assert out.fed == tuple(origins), "memory first, what is decoded last"
    assert run(ctx, "nn.Linear(4, 9)", ctx.new(out)).fed == out.fed


def test_what_is_embedded_is_ids_from_then_on() -> None:
    ctx = FakeCtx()
    x = ctx.new(unknown_tensor())
    first, second = run(ctx, "nn.Embedding(10, 4)", x), run(ctx, "nn.Embedding(10, 4)", x)
    assert tensor(ctx, x).scale == "ids" and first.fed and first.fed == second.fed


def test_positions_are_not_fed() -> None:
    ctx = FakeCtx()
    made = Tensor(Shape.of(9), dtype="int64", scale="ids", origin=Origin(uid()), step=ctx.step("arange", "counts up"))
    reshaped = replace(made, step=ctx.step("unsqueeze", "", made.step))
    assert not run(ctx, "nn.Embedding(10, 4)", ctx.new(made)).fed and not run(ctx, "nn.Embedding(10, 4)", ctx.new(reshaped)).fed


def test_a_decoder_is_fed_its_first_state_too() -> None:
    ctx = FakeCtx()
    src, tgt = ids(ctx), ids(ctx)
    memory = ctx.call(module(ctx, "nn.GRU(4, 6, batch_first=True)"), Args((ctx.new(run(ctx, "nn.Embedding(10, 4)", src)),)))
    assert isinstance(memory, Seq) and memory.items is not None
    out = run(ctx, "nn.GRU(4, 6, batch_first=True)", ctx.new(run(ctx, "nn.Embedding(10, 4)", tgt)), ctx.new(memory.items[1]))
    assert out.fed == (tensor(ctx, src).origin, tensor(ctx, tgt).origin)
    assert kinds(out) == {"causal"}


def test_scores_and_what_is_no_longer_scores() -> None:
    ctx = FakeCtx()
    x = ctx.new(run(ctx, "nn.Linear(4, 9)", ctx.new(Tensor(Shape.of(2, 4)))))
    assert tensor(ctx, x).scale == "logits"
    assert run(ctx, "nn.Dropout(0.1)", x).scale == "logits"
    assert run(ctx, "nn.ReLU()", x).scale == "embedding"
    assert run(ctx, "nn.Softmax(-1)", x).scale == "probs"
    assert run(ctx, "nn.LogSoftmax(-1)", x).scale == "log_probs"


@pytest.mark.parametrize(("shape", "axis"), [((5,), 0), ((2, 5), 1), ((2, 3, 5), 0), ((2, 3, 5, 7), 1)])
def test_softmax_without_dim_takes_the_axis_that_torch_takes(shape: tuple[int, ...], axis: int) -> None:
    import torch
    from torch import nn

    ctx = FakeCtx()
    out = run(ctx, "nn.LogSoftmax()", ctx.new(Tensor(Shape.of(*shape))))
    assert out.note("implicit-softmax-dim") is not None
    assert out.norm == out.shape.at(axis)
    with pytest.warns(UserWarning, match="Implicit dimension"):
        real = nn.Softmax()(torch.randn(shape))
    torch.testing.assert_close(real.sum(axis), torch.ones_like(real.sum(axis)))


def test_misread_needs_to_know_the_batch() -> None:
    ctx = FakeCtx()
    b, t = Dim.of(SYMS["B"]), Dim.of(SYMS["T"])
    assert "misread-batch" in kinds(run(ctx, "nn.LSTM(4, 6)", ctx.new(Tensor(Shape.of(b, t, 4)))))
    assert "misread-batch" in kinds(run(ctx, "nn.LSTM(4, 6)", ctx.new(Tensor(Shape.of(b, 9, 4)))))
    assert "misread-batch" not in kinds(run(ctx, "nn.LSTM(4, 6)", ctx.new(Tensor(Shape.of(7, 9, 4)))))
    assert "misread-batch" not in kinds(run(ctx, "nn.LSTM(4, 6)", ctx.new(unknown_tensor())))
    unsure = LibObj("torch.nn.LSTM", Args((Num(Dim.of(4)), Num(Dim.of(6))), more=True), uid=uid())
    out = ctx.get(ctx.call(unsure, Args((ctx.new(Tensor(Shape.of(b, t, 4))),))))
    assert isinstance(out, Seq) and out.items is not None
    assert not kinds(tensor(ctx, out.items[0])) & {"misread-batch", "causal", "bidirectional"}


def test_an_attention_mask_that_is_not_known_proves_no_direction() -> None:
    ctx = FakeCtx()
    x = ctx.new(Tensor(Shape.of(Dim.of(SYMS["B"]), Dim.of(SYMS["T"]), 4)))
    layer = "nn.TransformerEncoderLayer(4, 2, batch_first=True)"
    out = run(ctx, layer, x, src_mask=ctx.new(UNKNOWN))
    assert kinds(out) == {"mixed-time"}
    assert kinds(run(ctx, "nn.LSTM(4, 6, batch_first=True)", ctx.new(out))) == {"mixed-time"}, "a recurrence on it is not causal"


def test_attention_to_another_sequence_keeps_the_query_causal() -> None:
    ctx = FakeCtx()
    q = ctx.new(run(ctx, "nn.LSTM(4, 4, batch_first=True)", ctx.new(run(ctx, "nn.Embedding(10, 4)", ids(ctx)))))
    k = ctx.new(run(ctx, "nn.LSTM(4, 4, batch_first=True, bidirectional=True)", ctx.new(run(ctx, "nn.Embedding(10, 4)", ids(ctx)))))
    attention = "nn.MultiheadAttention(4, 2, batch_first=True)"
    assert kinds(run(ctx, attention, q, k, k)) == {"causal"}
    assert kinds(run(ctx, attention, q, q, q)) == {"bidirectional"}
    assert len(run(ctx, attention, q, k, k).fed) == 2


def test_sizes_that_are_not_known_stay_the_same_for_one_object() -> None:
    ctx = FakeCtx()
    unknown = ctx.new(LibObj("torch.nn.Linear", Args((UNKNOWN, UNKNOWN)), uid=uid()))
    other = ctx.new(LibObj("torch.nn.Linear", Args((UNKNOWN, UNKNOWN)), uid=uid()))
    x = ctx.new(Tensor(Shape.of(2, 4)))
    last = [tensor(ctx, ctx.call(layer, Args((x,)))).shape.at(-1) for layer in (unknown, unknown, other)]
    sizes = [a.size for a in last if a is not None and a.size is not None]
    assert sizes[0] == sizes[1] and sizes[0].same(sizes[2]) is Same.MAYBE
    assert ctx.attr(unknown, "out_features") == Num(sizes[0])


def test_attributes() -> None:
    ctx = FakeCtx()
    layer = module(ctx, "nn.Linear(4, V)")
    assert str(tensor(ctx, ctx.attr(layer, "weight")).shape) == "(V, 4)"
    assert str(tensor(ctx, ctx.attr(layer, "bias")).shape) == "(V,)"
    assert ctx.attr(module(ctx, "nn.Linear(4, 9, bias=False)"), "bias") == NONE
    assert ctx.attr(module(ctx, "nn.Embedding(10, 4, padding_idx=3)"), "padding_idx") == Num(Dim.of(3))
    assert ctx.attr(module(ctx, "nn.Embedding(10, 4)"), "padding_idx") == NONE
    assert ctx.attr(module(ctx, "nn.GRU(4, 6, batch_first=True)"), "batch_first") == Const(True)
    assert ctx.attr(module(ctx, "nn.GRU(4, 6)"), "num_layers") == Num(Dim.of(1))
    tied = ctx.get(layer)
    assert isinstance(tied, LibObj)
    shared = ctx.attr(module(ctx, "nn.Embedding(V, 4)"), "weight")
    assert ctx.attr(ctx.new(tied.with_fact("weight", shared)), "weight") == shared


def test_packed_input_gives_packed_output() -> None:
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    text = "nn.LSTM(4, 6, 2, bidirectional=True, batch_first=True)"
    for known in (True, False):
        ctx = FakeCtx()
        shape = Shape.of(Dim.of(SYMS["B"]), Dim.of(SYMS["T"]), 4) if known else unknown_tensor().shape
        x = ctx.new(Tensor(shape, fed=(Origin(uid()),)))
        rnn = "torch.nn.utils.rnn."
        packed = table.CALLS[f"{rnn}pack_padded_sequence"](ctx, Args((x, UNKNOWN), (("batch_first", Const(True)),)))
        out = ctx.get(ctx.call(module(ctx, text), Args((packed,))))
        assert isinstance(out, Seq) and out.items is not None
        result, states = ctx.get(out.items[0]), ctx.get(out.items[1])
        assert isinstance(result, LibObj) and result.cls == recurrent.PACKED and isinstance(states, Seq) and states.items
        assert "bidirectional" in kinds(tensor(ctx, result.fact("data"))) and tensor(ctx, result.fact("data")).fed
        both = table.CALLS[f"{rnn}pad_packed_sequence"](ctx, Args((result,), (("batch_first", Const(True)),)))
        assert isinstance(both, Seq) and both.items is not None
        claims = [tensor(ctx, v).shape for v in (result.fact("data"), both.items[0], *states.items)]
        net = nn.LSTM(4, 6, 2, bidirectional=True, batch_first=True)
        real, (h, c) = net(pack_padded_sequence(torch.randn(3, 5, 4), torch.tensor([5, 2, 1]), batch_first=True))
        padded, _ = pad_packed_sequence(real, batch_first=True)
        bound = tensor(ctx, x).shape
        env = {a.size.sym: n for a, n in zip(bound.dims or (), (3, 5, 4), strict=True) if a.size is not None and a.size.sym is not None}
        for claim, got in zip(claims, (real.data, padded, h, c), strict=True):
            assert claim.rank == got.dim()
            for axis, n in zip(claim.dims or (), got.shape, strict=True):
                assert axis.size is not None
                if axis.size.symbols <= env.keys():
                    assert axis.size.evaluate({k: v for k, v in env.items() if k is not None}) == n


def test_scaled_dot_product_attention() -> None:
    import torch
    import torch.nn.functional as F

    ctx = FakeCtx()
    b, t, s = (Dim.of(SYMS[n]) for n in "BTS")
    q, k, v = (ctx.new(Tensor(Shape.of(b, 2, n, d))) for n, d in ((t, 4), (s, 4), (s, 6)))
    out = tensor(ctx, table.CALLS["torch.nn.functional.scaled_dot_product_attention"](ctx, Args((q, k, v))))
    real = F.scaled_dot_product_attention(torch.randn(3, 2, 5, 4), torch.randn(3, 2, 7, 4), torch.randn(3, 2, 7, 6))
    assert [a.size.evaluate({SYMS[n]: v for n, v in SIZES.items()}) for a in out.shape.dims or () if a.size] == list(real.shape)
    causal = table.CALLS["torch.nn.functional.scaled_dot_product_attention"](ctx, Args((q, q, q), (("is_causal", Const(True)),)))
    assert kinds(tensor(ctx, causal)) == {"causal"}


def test_containers_hold_their_parts() -> None:
    ctx = FakeCtx()
    given = ctx.new(Seq("list", (module(ctx, "nn.Linear(4, 6)"),), UNKNOWN, Dim.of(1)))
    layers = ctx.new(table.CALLS["torch.nn.ModuleList"](ctx, Args((given,))))
    part = ctx.get(ctx.method(layers, "__getitem__", Num(Dim())))
    assert isinstance(part, LibObj) and part.cls == "torch.nn.Linear"
    assert ctx.method(layers, "__len__") == Num(Dim.of(1))
    assert ctx.get(ctx.method(layers, "__iter__")) == part
    heads = ctx.new(table.CALLS["torch.nn.ModuleDict"](ctx, Args((Map((("tags", module(ctx, "nn.Linear(4, 6)")),)),))))
    assert ctx.get(ctx.method(heads, "__getitem__", Const("tags"))).cls == "torch.nn.Linear"  # type: ignore[union-attr]


def test_named_parts_are_attributes() -> None:
    ctx = FakeCtx()
    given = Map((("wte", module(ctx, "nn.Embedding(10, 6)")), ("items", module(ctx, "nn.Linear(4, 6)"))))
    parts = ctx.new(table.CALLS["torch.nn.ModuleDict"](ctx, Args((given,))))
    wte = ctx.get(ctx.attr(parts, "wte"))
    assert isinstance(wte, LibObj) and wte.cls == "torch.nn.Embedding"
    ordered = ctx.new(table.CALLS["torch.nn.Sequential"](ctx, Args((given,))))
    assert ctx.get(ctx.attr(ordered, "wte")) == wte


def test_a_run_of_equal_blocks_is_known_where_one_more_changes_nothing() -> None:
    ctx = FakeCtx()
    x = ctx.new(Tensor(Shape.of(Dim.of(SYMS["B"]), Dim.of(SYMS["T"]), 4)))

    def chain(text: str) -> Tensor:
        run_of = Seq("tuple", None, module(ctx, text), Dim.of(SYMS["S"]))
        return tensor(ctx, ctx.call(ctx.new(table.CALLS["torch.nn.Sequential"](ctx, Args((run_of,), more=True))), Args((x,))))

    assert str(chain("nn.TransformerEncoderLayer(4, 2, batch_first=True)").shape) == "(B, T, 4)"
    assert chain("nn.Conv1d(4, 4, 3)").shape.pack is not None


def test_scaler_and_accelerator_pass_through() -> None:
    ctx = FakeCtx()
    scaler = ctx.new(table.CALLS["torch.cuda.amp.GradScaler"](ctx, Args()))
    loss = ctx.new(Tensor(Shape(()), scale="loss"))
    assert ctx.method(scaler, "scale", loss) == loss
    accelerator = ctx.new(LibObj("accelerate.Accelerator", Args()))
    assert ctx.method(accelerator, "prepare", loss) == loss
    both = ctx.method(accelerator, "prepare", loss, scaler)
    assert isinstance(both, Seq) and both.items == (loss, scaler)


def test_a_size_that_is_not_known_is_learnt_from_its_use() -> None:
    ctx = FakeCtx()
    vocab = ctx.new(Unknown(name="vocab_size"))
    out = run_object(ctx, LibObj("torch.nn.Linear", Args((Num(Dim.of(4)), vocab)), uid=uid()))
    assert str(out.shape) == "(2, vocab_size)"
    learnt, last = ctx.get(vocab), out.shape.at(-1)
    assert isinstance(learnt, Num) and last is not None and last.size == learnt.dim
    other = run_object(ctx, LibObj("torch.nn.Linear", Args((Num(Dim.of(4)), vocab)), uid=uid()))
    assert other.shape == out.shape


def run_object(ctx: FakeCtx, obj: LibObj) -> Tensor:
    return tensor(ctx, ctx.call(ctx.new(obj), Args((ctx.new(Tensor(Shape.of(2, 4))),))))


PROGRAM = """
import torch, torch.nn as nn, torch.nn.functional as F

class Model(nn.Module):
    def __init__(self, vocab, width):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(width, width), nn.ReLU()) for _ in range(2)])
        self.rnn = nn.LSTM(width, 32{batch_first})
        self.head = nn.Linear(32, vocab)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        out, _ = self.rnn(x)
        return self.head(out)

ids = torch.randint(0, 100, (8, 20))
logits = nn.DataParallel(Model(100, 16)).cuda()(ids)
loss = F.cross_entropy(logits[:, :-1].reshape(-1, 100), ids[:, 1:].reshape(-1))
"""


@pytest.mark.parametrize("batch_first", ["", ", batch_first=True"])
def test_through_the_interpreter(tmp_path: Path, batch_first: str) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(batch_first=batch_first))
    found = analyse(Project(tmp_path), [str(path)])
    assert not found.failures
    [loss] = found.losses
    assert [str(a) for a in loss.logits.shape.axes] == ["8.19", "100"] and loss.logits.scale == "logits"
    [fed] = loss.logits.fed
    assert loss.targets.origin == Origin(fed.source, Dim.of(1)) and loss.logits.note("causal")
