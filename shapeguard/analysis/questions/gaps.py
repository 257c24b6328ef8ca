"""What is not understood of a loss, in words of the source, and the one change that would help most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Pack, Same, Shape, same_shape
from shapeguard.analysis.facts.values import Fill, LossCall
from shapeguard.analysis.questions.axis_roles import class_axis, is_soft, misshapen, rows_of
from shapeguard.analysis.questions.coverage import BY_HAND, REDUCED, Keeper, keeper, kept_out, whatever_pads
from shapeguard.analysis.questions.padding import left_out_end, takes_ignored_id
from shapeguard.analysis.questions.verdict import divides_told, ignores_told, lost, one_a_row
from shapeguard.analysis.questions.wording import line_of, option_text, told_id, told_shape, written

GapKind: TypeAlias = Literal["data", "classes", "padding", "exactly", "reduction", "ignored", "end", "ways", "divisor"]


def missing(loss: LossCall) -> tuple[str, ...]:
    """What is not understood of a loss, in words of the source; empty where nothing is.

    >>> missing(padded)
    ()
    """
    return tuple(_told(loss, kind) for kind in gaps(loss))


def advice(loss: LossCall) -> str | None:
    """The one annotation, comment or call that would help most to understand a loss; None where nothing is missing.

    >>> advice(padded) is None
    True
    """
    found = gaps(loss)
    return _help(loss, found[0]) if found else None


def gaps(loss: LossCall) -> tuple[GapKind, ...]:
    """Of which kinds the gaps of a loss are, the one first that hides most.

    >>> gaps(padded), gaps(masked)
    ((), ())
    """
    if loss.discarded:
        return ()
    end = left_out_end(loss)
    known: tuple[tuple[GapKind, bool], ...] = (
        ("data", not loss.tried),
        ("classes", knows_classes(loss)),
        ("padding", _knows_padding(loss)),
        ("exactly", not loss.targets.fills or kept_out(loss) is not Same.MAYBE),
        ("reduction", loss.reduction.value in (*REDUCED, "none")),
        ("ignored", loss.family in BY_HAND or (loss.ignore_index.value is not None and ignores_told(loss) is not None)),
        ("end", end is None or end.held),
        ("ways", not lost(loss)),
        ("divisor", lost(loss) or loss.reduction.value == "" or divides_told(loss) is not None),
    )
    return tuple(kind for kind, is_known in known if not is_known)


@dataclass(frozen=True, slots=True)
class _Unclear:
    """The first padding of which it is not clear whether it is kept out."""

    fill: Fill
    by: Keeper


def _unclear(loss: LossCall) -> _Unclear | None:
    found = ((fill, keeper(loss, fill)) for fill in loss.targets.fills)
    return next((_Unclear(fill, by) for fill, by in found if by.answer is Same.MAYBE), None)


def _told(loss: LossCall, kind: GapKind) -> str:
    words = written(loss)
    if kind == "data":
        return "what it is trained on: it is only tried on drawn ids, and trains nothing here"
    if kind == "classes":
        shape = f" {told_shape(loss.logits.shape)}" if loss.logits.shape.min_rank else ""
        return f"which axis of {words.of_logits()}{shape} holds the classes"
    if kind == "padding":
        return f"whether there is padding in {words.of_targets()}: where that comes from was not seen"
    if kind == "exactly":
        return f"whether the padding of {words.of_targets()} is what is left out: {_why_unclear(loss)}"
    if kind == "reduction":
        return "the reduction: it is not a constant here"
    if kind == "ignored":
        return "the ignored id: ignore_index is not a constant here"
    if kind == "end":
        end = left_out_end(loss)
        shown = told_id(end.id) if end is not None else ""
        return f"whether the rows hold an end: none was seen to be put there, and its id{' ' + shown if shown else ''} is left out"
    if kind == "ways":
        return "what becomes of the loss: it goes more ways than are followed"
    return "what the loss is divided by: that is not seen after it is computed"


def _why_unclear(loss: LossCall) -> str:
    found = _unclear(loss)
    if found is None:
        return "it is not clear"
    line = line_of(found.fill.step, loss)
    at = f" ({line})" if line else ""
    if found.by.mask is not None:
        made = line_of(found.by.mask.step, loss)
        return f"the mask{f' ({made})' if made else ''} is not seen to be made of them, and they are padded{at}"
    if found.by.how == "swap":
        return f"they are padded{at}, and some are rewritten by a mask that says nothing of padding"
    if found.by.how == "one row":
        return f"one row is filled up{at}, to a width that is not known"
    if not told_id(found.fill.id):
        return f"the id that pads them{at} is not known"
    if found.by.how == "weight":
        return f"the weights of the classes are not known, and they are padded with {told_id(found.fill.id)}{at}"
    return f"they are padded with {told_id(found.fill.id)}{at}, and what is done with that is not followed"


def _help(loss: LossCall, kind: GapKind) -> str:
    words = written(loss)
    if kind == "data":
        return "check the script that trains"
    if kind == "classes":
        name = words.logits
        if not name.isidentifier():
            what = f"`{name}`" if name else "the logits"
            return f"give {what} a name on a line of its own, and write its axes behind it: logits = ...  # (B, T, V)"
        return f"write the axes above the line of the loss, in their order: # {name}: (B, T, V)"
    if kind in ("padding", "exactly"):
        return _help_padding(loss, kind)
    if kind == "reduction":
        return "write reduction='mean' (or what it is) where the loss is made"
    if kind == "ignored":
        return "write ignore_index as a number where the loss is made"
    if kind == "end":
        return "leave padding out by the attention mask in the place of its id: labels[attention_mask == 0] = -100"
    if kind == "ways":
        return "decide what the loss is in fewer branches"
    return "divide where it is computed: reduction='mean'"


def _help_padding(loss: LossCall, kind: GapKind) -> str:
    words = written(loss)
    found = _unclear(loss) if kind == "exactly" else None
    pad = told_id(found.fill.id) if found is not None else ""
    if pad and takes_ignored_id(loss) and not loss.ignore_index.given:
        return f"pass ignore_index={pad} where the loss is made"
    if loss.family == "model":
        return "pad the labels with -100 where they are made, in a file that is checked"
    x, y = words.logits or "logits", words.targets or "targets"
    number = option_text(loss, "ignore_index") if loss.ignore_index.given else "-100"
    if kind == "padding" and number.lstrip("-").isdigit() and takes_ignored_id(loss):
        return f"if every loader writes {number} where nothing is to be learned, say so in pyproject.toml: ignore-index = {number}"
    return f"give the lengths of the rows: masked_cross_entropy({x}, {y}, lengths=lengths), with (B, T, V) and (B, T)"


def knows_classes(loss: LossCall) -> bool:
    """Whether the axis that the loss reads as the classes is known to hold them.

    >>> knows_classes(padded)
    True
    """
    if loss.family not in ("cross_entropy", "nll"):
        return True
    logits, targets = loss.logits.shape, loss.targets.shape
    if logits.rank is None or logits.rank <= 2:
        return logits.rank is not None or targets.rank in (0, 1)
    classes, rows = class_axis(loss), rows_of(loss)
    if classes is not None and (classes.role == "class" or _of_head(loss, classes)):
        return True
    if is_soft(loss):
        return loss.targets.norm is not None and loss.targets.norm == targets.at(1)
    if rows is not None and targets.rank is not None:
        return _fits(rows, targets) or _fits(logits.axes[:-1], targets) or misshapen(loss)
    return False


def _of_head(loss: LossCall, classes: Axis) -> bool:
    """Whether an axis is the one that a linear head made."""
    history = loss.logits_step.history() if loss.logits_step is not None else ()
    return any(s.kind == "linear" and s.shape is not None and s.shape.at(-1) == classes for s in history)


def _fits(rows: tuple[Axis | Pack, ...], targets: Shape) -> bool:
    return same_shape(Shape(rows), targets) is Same.YES


def _knows_padding(loss: LossCall) -> bool:
    """Whether the padding was seen, or there can be none, or whatever there is stays out."""
    return loss.targets.padding != "unknown" or one_a_row(loss) or whatever_pads(loss).answer is Same.YES
