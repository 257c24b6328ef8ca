"""Every rule on loss calls made by hand: it speaks where it must, and is silent on the twins beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shapeguard.analysis.facts.values import UNKNOWN, After, Arg, End, LossCall
from shapeguard.rule import Axis, Count, Dim, Pack, Shape, Swap, Sym, missing, what_counts
from tests.handmade import (
    BT,
    EOS,
    PAD,
    PAD_IDX,
    TB,
    B,
    N,
    T,
    V,
    codes,
    div,
    fill,
    ids,
    logits,
    loss,
    mask,
    mean,
    note,
    origin,
    reports,
    step,
    summed,
    swap,
    times,
)

X = Pack("x", 77)
PADDED = ids(BT, fills=(fill(0),))
ENDED = replace(ids(BT), ends=(End(EOS, step()),))
ONCE = step("index")
TWICE = step("index", "", ONCE)
SEVENS = note("rows-filtered", mask=mask(id=7))
ACTIVE = note("rows-filtered", mask=mask("given", "unknown"))
MASKED: dict[str, Any] = {"reduction": "none"}

WRONG: dict[str, tuple[str, LossCall]] = {
    "unflattened": ("SG101", loss(logits(B, T, V), ids(B, T))),
    "unflattened, const sizes": ("SG101", loss(logits(2, 5, 10), ids(2, 5))),
    "unflattened behind a pack": ("SG101", loss(logits(B, T, X, V), ids(B, T, X))),
    "unflattened nll": ("SG101", loss(logits(B, T, V, scale="log_probs"), ids(B, T), family="nll", spelling="F.nll_loss")),
    "channels last": ("SG101", loss(logits(B, T, N, V), ids(B, T, N))),
    "soft targets, classes last": ("SG101", loss(logits(B, T, V), logits(B, T, V, scale="probs", norm=Axis((V,))))),
    "targets flattened only": ("SG102", loss(logits(B, T, V), ids(BT))),
    "logits flattened only": ("SG102", loss(logits(BT, V), ids(B, T))),
    "one shorter": ("SG102", loss(logits(BT, V), ids(Axis((B, T - 1))))),
    "last step only": ("SG102", loss(logits(BT, V), ids(B))),
    "targets masked only": (
        "SG102",
        loss(logits(BT, V), ids(N, notes=(note("rows-filtered", step(shape=Shape.of(BT)), mask=mask("lengths", "real")),))),
    ),
    "view for transpose": ("SG103", loss(logits(B, Axis((V,), True), Axis((T,), True), notes=(note("mixed-axes"),)), ids(B, T))),
    "targets scrambled": ("SG103", loss(y=ids(Axis((B, T), True), notes=(note("mixed-axes"),)))),
    "time first against batch first": ("SG104", loss(logits(TB, V), ids(BT))),
    "the same, shifted": ("SG104", loss(logits(Axis((T - 1, B)), V), ids(Axis((B, T - 1))))),
    "another time axis": ("SG104", loss(logits(Axis((N, B)), V), ids(BT))),
    "batch_first left out": ("SG104", loss(logits(BT, V, notes=(note("misread-batch"),)))),
    "ids first": ("SG105", loss(ids(BT), logits(BT, V))),
    "teacher first": ("SG105", loss(logits(BT, V, scale="probs"), logits(BT, V))),
    "float ids": ("SG106", loss(y=ids(BT, dtype="float"))),
    "one-hot ints": ("SG106", loss(y=ids(BT, V, scale="one_hot"))),
    "a column": ("SG106", loss(y=ids(BT, 1))),
    "(B, 1, T)": ("SG106", loss(logits(B, V, T), ids(B, 1, T))),
    "int32": ("SG106", loss(y=ids(BT, dtype="int32"))),
    "view of transposed": ("SG107", loss(logits(BT, V, notes=(note("view-noncontiguous"),)))),
    "two more ids than classes": ("SG108", loss(logits(BT, 10), ids(BT, high=Dim.of(12)))),
    "a symbolic vocabulary": ("SG108", loss(y=ids(BT, high=V + 2))),
    "padding": ("SG201", loss(y=PADDED)),
    "padding in (B, V, T)": ("SG201", loss(logits(B, V, T), ids(B, T, fills=(fill(0),)))),
    "padding, weighted by something else": ("SG201", loss(y=PADDED, weight=UNKNOWN, zero_weights=(Dim.of(3),))),
    "padding, tokenizer's own id": ("SG201", loss(y=ids(BT, fills=(fill(PAD),)))),
    "padding, only the other id is filtered": (
        "SG209",
        loss(logits(BT, V, notes=(SEVENS,)), replace(PADDED, notes=(SEVENS,))),
    ),
    "padding, unreduced and averaged": ("SG201", loss(y=PADDED, after=((mean(),),), **MASKED)),
    "labels of a library model": ("SG201", loss(y=PADDED, family="model", spelling="model(labels=)")),
    "ignored at -1": ("SG202", loss(y=PADDED, ignore=-1)),
    "a pad id kept for other ends": ("SG201", loss(y=PADDED, stored_ignore=(step("stored pad", "self.pad is 0, and is not passed"),))),
    "another constant": ("SG202", loss(y=PADDED, ignore=2)),
    "-1 is never ignored": ("SG202", loss(y=ids(BT, fills=(fill(-1),)))),
    "stored, never passed": ("SG202", loss(y=PADDED, stored_ignore=(step("stored ignore_index", "self.ignore_index is 0"),))),
    "swapped to something else": ("SG202", loss(y=ids(BT, fills=(fill(0),), swaps=(swap(0, -1),)))),
    "pad is eos": ("SG203", loss(y=ENDED, ignore=EOS)),
    "swapped by eos": ("SG203", loss(y=replace(ENDED, fills=(fill(EOS),), swaps=(swap(EOS, -100),)))),
    "masked by eos": ("SG203", loss(y=ENDED, mask=mask(id=EOS))),
    "eos is a real id too": ("SG203", loss(y=replace(ENDED, ends=(End(Dim.of(0), step()),)), ignore=0, real_ids=((Dim.of(0), step()),))),
    "tag 0": ("SG204", loss(ignore=0, real_ids=((Dim.of(0), step()),))),
    "two classes": ("SG204", loss(logits(B, 2), ids(B), ignore=0, classes=Dim.of(2))),
    "mask never used": ("SG205", loss(y=PADDED, unused_masks=(mask(),))),
    "lengths never used": ("SG205", loss(unused_masks=(mask("lengths", "real"),))),
    "mask never used, ignores another id": ("SG205", loss(y=PADDED, ignore=5, unused_masks=(mask(),))),
    "mask onto a mean": ("SG206", loss(y=PADDED, after=((times(),),))),
    "mask onto a sum of an unreduced loss": ("SG206", loss(y=PADDED, after=((mean(), times()),), **MASKED)),
    "masked logits": ("SG207", loss(logits(BT, V, notes=(note("masked-logits"),)), PADDED)),
    "masked logits, padding not seen": ("SG207", loss(logits(BT, V, notes=(note("masked-logits"),)))),
    "int mask": ("SG208", loss(logits(BT, V, notes=(note("int-mask-index"),)), PADDED)),
    "inverted": ("SG209", loss(y=PADDED, mask=mask(keeps="id"))),
    "inverted, by its role": ("SG209", loss(mask=mask(keeps="id", id=PAD))),
    "inverted lengths": ("SG209", loss(after=((times(mask("lengths", "pad")), summed(), div("mask")),), **MASKED)),
    "one too long": ("SG209", loss(mask=mask("lengths", "one too many"))),
    "mask of the unshifted ids": ("SG209", loss(y=ids(BT, origin=origin(5, 1)), mask=mask(of=origin(5, 0)))),
    "masked, then mean": ("SG301", loss(y=PADDED, after=((times(), mean()),), **MASKED)),
    "masked, sum over numel": ("SG301", loss(y=PADDED, after=((times(), summed(), div("numel")),), **MASKED)),
    "ignored, then mean": ("SG301", loss(y=PADDED, ignore=0, after=((mean(),),), **MASKED)),
    "gathered, masked, then mean": (
        "SG301",
        loss(y=PADDED, family="gather", reduction="none", after=((After("neg"), times(), mean()),)),
    ),
    "sum over numel": ("SG301", loss(y=PADDED, ignore=0, reduction="sum", after=((div("numel"),),))),
    "softmax first": ("SG401", loss(logits(BT, V, scale="probs"))),
    "sigmoid first": ("SG401", loss(logits(BT, V, scale="sigmoid"))),
    "nll of logits": ("SG402", loss(family="nll")),
    "nll of probabilities": ("SG402", loss(logits(BT, V, scale="probs"), family="nll")),
    "log_softmax over time": ("SG403", loss(logits(BT, V, scale="log_probs", norm=Axis((T,))), family="nll")),
    "log_softmax over the batch, cross entropy": ("SG403", loss(logits(BT, V, scale="log_probs", norm=Axis((B,))))),
    "no shift": ("SG501", loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(5)), causal=True)),
    "shifted twice": ("SG501", loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(5, 2), step=TWICE), causal=True)),
    "shifted backwards": ("SG501", loss(logits(BT, V, fed=(origin(5, 1),)), ids(BT, origin=origin(5)), causal=True)),
    "labels cut for a model that shifts": (
        "SG501",
        loss(logits(BT, V, fed=(origin(5),), notes=(note("shifts-inside"),)), ids(BT, origin=origin(5, 1)), family="model"),
    ),
    "a start token, and cut all the same": (
        "SG501",
        loss(logits(BT, V, fed=(origin(5, -1),)), ids(BT, origin=origin(5, 1), step=ONCE), causal=True),
    ),
    "a packed sequence": ("SG106", loss(logits(N, V), ids(X, notes=(note("packed-whole"),)))),
    "softmax over time, classes last": (
        "SG403",
        loss(logits(BT, V, scale="log_probs", norm=Axis((T,))), ids(BT), family="nll", spelling="F.nll_loss"),
    ),
    "an id that was written in": ("SG108", loss(logits(BT, 10), ids(BT, high=Dim.of(10), swaps=(swap(None, 255),)))),
    "classes of a Linear, as many as steps": ("SG101", loss(logits(2, 8, 8, step=step("linear")), ids(2, 8))),
    "an annotation that does not hold": ("SG701", loss(contradicted=step("contradicted"))),
    "shift after flatten": ("SG502", loss(y=ids(BT, notes=(note("shift-after-flatten"),)))),
}

CONTRADICTED: dict[str, Any] = {"contradicted": step("contradicted")}
# a fault of shapes that is told as what it is, and not as that of an annotation too
OWNED: dict[str, tuple[str, LossCall]] = {
    "unflattened": ("SG101", loss(logits(B, T, V), ids(B, T), **CONTRADICTED)),
    "half flattened": ("SG102", loss(logits(BT, V), ids(B, T), **CONTRADICTED)),
    "scrambled": ("SG103", loss(y=ids(Axis((B, T), True), notes=(note("mixed-axes"),)), **CONTRADICTED)),
    "crossed": ("SG104", loss(logits(TB, V), ids(BT), **CONTRADICTED)),
    "swapped": ("SG105", loss(ids(BT), logits(BT, V), **CONTRADICTED)),
    "float targets": ("SG106", loss(y=ids(BT, dtype="float"), **CONTRADICTED)),
    "a view": ("SG107", loss(logits(BT, V, notes=(note("view-noncontiguous"),)), **CONTRADICTED)),
    "more ids than classes": ("SG108", loss(logits(BT, 10), ids(BT, high=Dim.of(12)), **CONTRADICTED)),
}

RIGHT: dict[str, LossCall] = {
    "pad is eos, and no end was seen to be put there": loss(ignore=EOS, end_ids=((EOS, step()),)),
    "swapped by eos, and no end was seen to be put there": loss(y=ids(BT, fills=(fill(EOS),), swaps=(swap(EOS, -100),))),
    "masked by eos, and no end was seen to be put there": loss(mask=mask(id=EOS), end_ids=((EOS, step()),)),
    "pad is eos, and another loss scores it": loss(y=ENDED, ignore=EOS, scored=(EOS,)),
    "flattened": loss(),
    "transposed": loss(logits(B, V, T), ids(B, T)),
    "segmentation": loss(logits(B, 21, N, N + 1), ids(B, N, N + 1)),
    "classification": loss(logits(B, V), ids(B)),
    "CLIP pairs": loss(logits(B, B), ids(B)),
    "span heads": loss(logits(B, T), ids(B)),
    "one vector": loss(logits(V), ids()),
    "scores of every pair, T == V": loss(logits(B, T, T), ids(B, T)),
    "wholly unknown": loss(logits(X, V), ids(X)),
    "unknown counts": loss(logits(N, V), ids(BT)),
    "time first on both sides": loss(logits(TB, V), ids(TB)),
    "a batch of one may be anything": loss(logits(Axis((B, N)), V), ids(N)),
    "mask on both sides": loss(
        logits(N, V, notes=(note("rows-filtered", mask=mask()),)), ids(N, fills=(fill(0),), notes=(note("rows-filtered", mask=mask()),))
    ),
    "regrouped and back": loss(y=ids(BT, notes=(note("mixed-axes"),))),
    "soft targets (N, V)": loss(y=logits(BT, V, scale="probs")),
    "soft targets (B, V, T)": loss(logits(B, V, T), logits(B, V, T, scale="probs", norm=Axis((V,)))),
    "soft targets of unknown scale": loss(logits(B, T, V), logits(B, T, V, scale="")),
    "float one-hot": loss(y=ids(BT, V, scale="one_hot", dtype="float")),
    "uint8 targets": loss(y=ids(BT, dtype="uint8")),
    "as many ids as classes": loss(logits(BT, 10), ids(BT, high=Dim.of(10))),
    "the largest id is ignored": loss(logits(BT, 10), ids(BT, high=Dim.of(11)), ignore=10),
    "an unrelated vocabulary": loss(logits(BT, V), ids(BT, high=N)),
    "ignored": loss(y=PADDED, ignore=0),
    "ignored by a name that may be it": loss(y=PADDED, ignore=PAD_IDX),
    "padded with what cannot be told": loss(y=ids(BT, fills=(fill(None),))),
    "padded with -100": loss(y=ids(BT, fills=(fill(-100),))),
    "swapped": loss(y=ids(BT, fills=(fill(0),), swaps=(swap(0, -100),))),
    "swapped by a mask": loss(y=ids(BT, fills=(fill(0),), swaps=(swap(None, -100),))),
    "swapped by the attention mask": loss(
        y=ids(BT, fills=(fill(EOS),), swaps=(swap(None, -100, mask=mask("attention", "pad")),)), end_ids=((EOS, step()),)
    ),
    "weight 0": loss(y=PADDED, weight=UNKNOWN, zero_weights=(Dim.of(0),)),
    "weights that are not known": loss(y=PADDED, weight=UNKNOWN),
    "a batch of one": loss(y=ids(BT, fills=(fill(0, Shape.of(1, T)),))),
    "rows filtered, whatever ignore_index says": loss(y=replace(PADDED, notes=(ACTIVE,)), ignore=7),
    "filtered for some reason": loss(y=replace(PADDED, notes=(note("half-rows"),))),
    "unreduced, masked, averaged by count": loss(y=PADDED, after=((times(), summed(), div("mask")),), **MASKED),
    "unreduced, masked, selected": loss(y=PADDED, after=((replace(times(), op="select"), mean()),), **MASKED),
    "unreduced, and then unknown": loss(y=PADDED, **MASKED),
    "masked mean, rescaled": loss(y=PADDED, after=((times(), mean(), times(None, Count("numel")), div("mask")),), **MASKED),
    "threshold": loss(after=((times(mask("threshold", "unknown")), mean()),), **MASKED),
    "focal": loss(y=PADDED, ignore=0, after=((replace(times(), mask=None), mean()),), **MASKED),
    "a sum a row, then a mean": loss(y=PADDED, after=((times(), summed(1), mean()),), **MASKED),
    "a mean a response": loss(y=PADDED, after=((times(), summed(1), div("mask"), mean()),), **MASKED),
    "a scaled mean": loss(ignore=0, after=((times(None, Count("batch")),),)),
    "a mask that covers, another that does not matter": loss(y=PADDED, ignore=0, unused_masks=(mask(),)),
    "a mask never used, no padding": loss(y=ids(BT, unpadded=True), unused_masks=(mask(),)),
    "masked logits, but ignored": loss(logits(BT, V, notes=(note("masked-logits"),)), PADDED, ignore=0),
    "eos ignored, not known to end anything": loss(ignore=EOS),
    "own pad token": loss(ignore=PAD, end_ids=((EOS, step()),)),
    "a reserved tag": loss(ignore=0, real_ids=((Dim.of(1), step()),)),
    "per class": loss(mask=mask(keeps="id", id=3)),
    "mask of these very ids": loss(y=ids(BT, origin=origin(5, 1)), mask=mask(of=origin(5, 1))),
    "nll of log-probabilities": loss(logits(BT, V, scale="log_probs", norm=Axis((V,))), family="nll"),
    "shifted once": loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(5, 1)), causal=True),
    "shifted in the data": loss(logits(BT, V, fed=(origin(5, 3),)), ids(BT, origin=origin(5, 4)), causal=True),
    "bos put before": loss(logits(BT, V, fed=(origin(5, -1),)), ids(BT, origin=origin(5)), causal=True),
    "masked LM": loss(logits(BT, V, fed=(origin(5),), notes=(note("bidirectional"),)), ids(BT, origin=origin(5))),
    "not known to be causal": loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(5))),
    "tagger": loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(6)), causal=True),
    "encoder fed with other ids": loss(logits(BT, V, fed=(origin(6), origin(5, -1))), ids(BT, origin=origin(5)), causal=True),
    "a head for the token after the next": loss(logits(BT, V, fed=(origin(5),)), ids(BT, origin=origin(5, 2), step=ONCE), causal=True),
    "labels for a model that shifts": loss(
        logits(BT, V, fed=(origin(5),), notes=(note("shifts-inside"),)), ids(BT, origin=origin(5)), family="model"
    ),
    "the index of a gather": loss(logits(B, T, V, scale="log_probs"), ids(B, T, 1), family="gather", spelling="gather"),
    "an id that was written in and is ignored": loss(logits(BT, 10), ids(BT, high=Dim.of(10), swaps=(swap(None, 255),)), ignore=255),
    "classes last, scored as such by a softmax": loss(
        logits(B, V, T, scale="log_probs", norm=Axis((V,))), ids(B, T), family="nll", spelling="F.nll_loss"
    ),
    "labels for an encoder and a decoder": loss(logits(BT, V, fed=(origin(5, -1),)), ids(BT, origin=origin(5)), family="model"),
}


@pytest.mark.parametrize("case", WRONG)
def test_speaks_once(case: str) -> None:
    code, call = WRONG[case]
    assert codes(call) == [code]
    (report,) = reports(code, call)
    assert report.message and report.help and report.steps


@pytest.mark.parametrize("case", RIGHT)
def test_silent(case: str) -> None:
    assert codes(RIGHT[case]) == []


@pytest.mark.parametrize("name", OWNED)
def test_a_contradicted_annotation_has_one_owner(name: str) -> None:
    code, call = OWNED[name]
    assert codes(call) == [code]


GUARDED = step("guarded", "", step("count"))


def test_opt_in_rules() -> None:
    added, back = After("accumulate", step=step()), After("backward", step=step())
    cases: list[tuple[str | None, LossCall]] = [
        ("SG302", loss(after=((times(), summed(), div("mask")),), **MASKED)),
        (None, loss(after=((times(), summed(), div("mask", GUARDED)),), **MASKED)),
        ("SG303", loss(ignore=0, after=((After("item", step=step()), added, div("batches")),))),
        ("SG303", loss(ignore=0, after=((div("unknown", by=Dim.of(Sym("accum_steps", -50))), back),))),
        (None, loss(after=((added, div("batches")),))),  # nothing says that the counts differ
        (None, loss(ignore=0, reduction="sum", after=((added, div("lengths", GUARDED)),))),
        ("SG404", loss(logits(BT, V, scale="log_probs", norm=Axis((V,))))),
        (None, loss(logits(BT, V, scale="log_probs", norm=Axis((V,))), family="nll")),
        ("SG601", loss(looped=True)),
        ("SG702", loss(unchecked=step("unchecked"))),
        ("SG601", loss(y=replace(PADDED, notes=(note("python-filter"),)))),
    ]
    for code, call in cases:
        assert codes(call, opt_in=True) == ([code] if code else [])


def test_a_swap_before_the_padding_does_not_cover_it() -> None:
    first = step("swap")
    late = replace(fill(0), step=step("pad_sequence", "", first))
    call = loss(y=ids(BT, fills=(late,), swaps=(Swap(Dim.of(0), Dim.of(-100), first),)))
    assert codes(call) == ["SG201"]


def test_sure_only_when_every_step_is() -> None:
    (sure,) = reports("SG201", loss(y=PADDED))
    guess = replace(fill(0), step=step("pad_sequence", "", step("name", sure=False)))
    (unsure,) = reports("SG201", loss(y=ids(BT, fills=(guess,))))
    assert sure.sure and not unsure.sure


def test_a_fix_is_offered_where_it_can_be_written() -> None:
    (plain,) = reports("SG201", loss(y=PADDED))
    (elsewhere,) = reports("SG201", loss(y=PADDED, spelling="nn.CrossEntropyLoss"))
    (named,) = reports("SG201", loss(y=ids(BT, fills=(fill(PAD),))))
    assert plain.fix and plain.fix.options == (("ignore_index", "0"),)
    assert elsewhere.fix is None and named.fix is None


def test_what_is_missing() -> None:
    assert missing(loss(y=ids(BT, unpadded=True))) == ()
    assert missing(loss(y=PADDED, ignore=0)) == ()
    assert missing(loss(logits(B, V), ids(B))) == ()  # a batch without time cannot be padded
    assert [m.split(":")[0] for m in missing(loss())] == ["whether there is padding in the targets"]
    assert missing(loss(ignore=0)) == missing(loss())  # an ignored id says nothing of what pads them
    unknown = loss(logits(X, V), ids(Pack("y", 78)), reduction="", ignore_index=Arg(None, True))
    assert [m.split(":")[0] for m in missing(unknown)] == [
        "which axis of the logits (..., V) holds the classes",
        "whether there is padding in the targets",
        "the reduction",
        "the ignored id",
    ]


def test_what_it_counts() -> None:
    kept = str(what_counts(loss(y=PADDED, ignore=0)))
    assert kept == (
        "counts the positions (B.T,); ignores id 0; divides by the positions it counts; padding: no: padding 0 is kept out: ignore_index=0"
    )
    own = replace(PADDED, origin=origin(5))
    masked = str(what_counts(loss(y=own, after=((times(mask(of=origin(5))), summed(), div("mask")),), **MASKED)))
    assert masked == (
        "counts the positions (B.T,) that are not 0; ignores id -100 (the default), what the mask drops; "
        "divides by the entries of the mask; padding: no: padding 0 is kept out: the mask leaves it out"
    )
    assert "padding 0 reaches the loss" in str(what_counts(loss(y=PADDED)))
