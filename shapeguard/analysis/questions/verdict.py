"""What is reported of a loss, word by word: what it counts, ignores and divides by, whether padding is in it, and the shift.

A word that no fact backs is not said: it is None, and `gaps.py` says what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass

from shapeguard.analysis.facts.kinship import of_other_ids
from shapeguard.analysis.facts.shapes import Axis, Dim, Same, Shape
from shapeguard.analysis.facts.values import After, LossCall, Mask
from shapeguard.analysis.questions.axis_roles import is_soft, offsets, positions
from shapeguard.analysis.questions.coverage import BY_HAND, Keeper, keeper, kept_out, leading, masks_of, whatever_pads
from shapeguard.analysis.questions.padding import late_mask
from shapeguard.analysis.questions.wording import divisor_text, line_of, option_text, told_id, told_shape


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a loss counts, leaves out and divides by, and whether padding is in it.

    `counts`, `ignores` and `divides` end the sentence "it counts, ignores, divides by"; `why` says what is known of the padding.
    Each is None where no fact says it.
    """

    counts: str | None
    ignores: str | None
    divides: str | None
    why: str | None

    def __str__(self) -> str:
        told = (("counts", self.counts), ("ignores", self.ignores), ("divides by", self.divides), ("padding:", self.why))
        return "; ".join(f"{name} {text}" for name, text in told if text is not None)


def what_counts(loss: LossCall) -> Verdict:
    """The line that `check -v` gives a loss.

    >>> what_counts(masked).counts, what_counts(masked).divides
    ('the positions (B, T-1) that are not 0', 'the entries of the mask')
    """
    return Verdict(_counts(loss), ignores_told(loss), divides_told(loss), padding_sentence(loss))


# the padding


def one_a_row(loss: LossCall) -> bool:
    """Whether there is one target for each row of the batch, and it was not picked out of more."""
    axes = [a for a in positions(loss) if not (isinstance(a, Axis) and a.size == Dim.of(1))]
    if loss.targets.shape.rank is None or not all(isinstance(a, Axis) and a.role == "batch" for a in axes):
        return False
    history = loss.targets_step.history() if loss.targets_step is not None else ()
    return all(s.shape is None or (s.shape.rank is not None and s.shape.rank <= 1) or _narrow(s.shape) for s in history)


def _narrow(shape: Shape) -> bool:
    """Whether it has one entry for each row."""
    many = [a for a in shape.axes if not (isinstance(a, Axis) and a.size == Dim.of(1))]
    return len(many) <= 1 and all(isinstance(a, Axis) and a.role == "batch" for a in many)


def padding_sentence(loss: LossCall) -> str | None:
    """One sentence: is the padding in the loss, yes or no? None where that is not proven."""
    targets = loss.targets
    if loss.discarded:
        return "its result is thrown away"
    if targets.padding == "none":
        return "no: the targets cannot hold padding"
    answer = kept_out(loss) if targets.fills else Same.MAYBE
    if answer is Same.NO and late_mask(loss):
        return "yes: the mask comes when the loss is one number already, and keeps nothing out"
    if answer is Same.NO:
        pads = dict.fromkeys(_pad(told_id(f.id)) for f in targets.fills if keeper(loss, f).answer is Same.NO)
        return f"yes: {', '.join(pads)} reaches the loss"
    if answer is Same.YES:
        return "no: " + ", and ".join(
            dict.fromkeys(f"{_pad(told_id(f.id))} is kept out: {_by(loss, keeper(loss, f))}" for f in targets.fills)
        )
    if targets.fills:
        return None
    if one_a_row(loss):
        return "no: there is one target a row"
    found = whatever_pads(loss)
    return f"no: whatever pads them is kept out: {_by(loss, found)}" if found.answer is Same.YES else None


def _pad(shown: str) -> str:
    return f"padding {shown}" if shown else "padding"


def _by(loss: LossCall, found: Keeper) -> str:
    """What keeps padding out, and on which line."""
    at = line_of(found.step, loss)
    line = f" ({at})" if at else ""
    value = told_id(found.id) or "the ignored id"
    if found.how == "ignored id":
        return f"ignore_index={value}{line}" if found.id is not None and told_id(found.id) else f"it is the ignored id{line}"
    if found.how == "default id":
        return f"{value} is ignored unless told otherwise, and written there{line}"
    if found.how == "swap":
        return f"it becomes {value}, which is ignored{line}"
    if found.how == "weight":
        return f"its class has the weight 0{line}"
    if found.how == "one row":
        return f"a batch of one row, where nothing is filled up{line}"
    return f"the mask leaves it out{line}"


# the shift


def shift_sentence(loss: LossCall) -> str | None:
    """How far the targets are ahead of what the model was fed; None where that is not known."""
    if loss.logits.note("shifts-inside"):
        return "the model shifts inside: each position is scored on the next id"
    ahead = {gap.const for gap, _ in offsets(loss)}
    gap = ahead.pop() if len(ahead) == 1 else None
    if gap is None:
        return None
    if gap == 0:
        return "the targets are the ids that were fed, at the same positions"
    return f"the targets are {abs(gap)} {'ahead of' if gap > 0 else 'behind'} the ids that were fed"


# what it counts


def _counts(loss: LossCall) -> str:
    where = f"positions {told_shape(Shape(positions(loss)))}" if loss.targets.shape.rank is not None else "positions of the targets"
    if loss.logits.note("shifts-inside"):
        where += " but the first of each row"
    kept = [_mask_text(m, loss) for m in masks_of(loss)]
    return f"the {where}" + (f" that {' and '.join(dict.fromkeys(kept))}" if kept else "")


def _mask_text(mask: Mask, loss: LossCall) -> str:
    ids = [told_id(i) for i in mask.ids]
    if mask.kind == "id" and mask.keeps in ("others", "id") and all(ids) and not (mask.others or of_other_ids(mask, loss.targets)):
        return f"are not {' nor '.join(ids)}" if mask.keeps == "others" else f"are {' or '.join(ids)}"
    texts = {
        ("lengths", "real"): "lie within the lengths",
        ("lengths", "pad"): "lie behind the lengths",
        ("lengths", "one too many"): "lie within the lengths, and one more",
        ("attention", "real"): "the attention mask keeps",
        ("attention", "pad"): "the attention mask drops",
        ("random", "some"): "are drawn at random",
        ("random", "rest"): "are not drawn at random",
        ("threshold", "unknown"): "pass a threshold",
    }
    return texts.get((mask.kind, mask.keeps), "a mask keeps")


def ignores_told(loss: LossCall) -> str | None:
    """What it leaves out by its id; None where the ignored id is not known."""
    if is_soft(loss):
        return "nothing: soft targets have no ignored id"
    ids: list[str] = []
    value: Dim | None = loss.ignore_index.value
    shown = ""
    if loss.family not in BY_HAND:
        shown = told_id(value) or (f"`{text}`" if (text := option_text(loss, "ignore_index")) else "")
        if value is None or not shown:
            return None
        ids.append(f"id {shown}" + ("" if loss.ignore_index.given or loss.targets.swaps or loss.family == "model" else " (the default)"))
    ids += [f"id {w} (weight 0)" for w in map(told_id, loss.zero_weights) if w]
    for swap in loss.targets.swaps:
        if shown and swap.new is not None and swap.new == value:
            was = told_id(swap.by)
            ids.append(f"id {was} (swapped to {shown})" if was else f"positions swapped to {shown}")
    if masks_of(loss):
        ids.append("what the mask drops")
    return ", ".join(dict.fromkeys(ids)) or "nothing"


# what it is divided by


def divides_told(loss: LossCall) -> str | None:
    """What the sum of the counted losses is divided by, in the end; None where that is not known."""
    ways = divisors(loss)
    return None if None in ways else ", or ".join(dict.fromkeys(t for t in ways if t is not None))


def divisors(loss: LossCall) -> tuple[str | None, ...]:
    """The same for each way that the loss goes."""
    if lost(loss) or loss.reduction.value == "":
        return (None,)
    return tuple(_divided(loss, way) for way in leading(loss.after) or ((),))


def lost(loss: LossCall) -> bool:
    """Whether what becomes of it is not followed."""
    return any(a.op == "unknown" for path in loss.after for a in path)


def _divided(loss: LossCall, way: tuple[After, ...]) -> str | None:
    """What it is divided by on one way."""
    first = ""
    if loss.reduction.value == "mean":
        first = "the weights of the positions it counts" if loss.weight.value is not None else "the positions it counts"
    elif loss.reduction.value == "batchmean":
        first = "the first size of the logits"
    ends: list[str] = [first] if first else []
    multiplied = selected = False
    one = bool(first) or loss.reduction.value == "sum"  # whether it is one number already
    for a in way:
        multiplied |= a.op == "times" and a.mask is not None
        selected |= a.op == "select" and a.mask is not None
        if a.op == "mean" and (a.name or not one):
            ends.append(_averaged(a, multiplied, selected or loss.mask is not None))
        elif a.op == "div":
            text = _divisor(a) or (f"`{given}`" if loss.family == "masked" and (given := option_text(loss, "num_tokens")) else "")
            if not text and not ends:
                return None
            ends.append(text or "a number that is worked out elsewhere")
        one |= a.op in ("mean", "sum") and a.step is not None and a.step.shape is not None and a.step.shape.rank == 0
    if ends:
        return ", then ".join(dict.fromkeys(ends))
    done = any(a.op in ("backward", "item") for a in way)
    return "nothing: it is a sum" if done and (loss.reduction.value == "sum" or any(a.op == "sum" for a in way)) else None


def _averaged(a: After, multiplied: bool, selected: bool) -> str:
    if a.name:
        return "the length of the list that it is averaged over"
    whole = a.step is not None and a.step.shape is not None and a.step.shape.rank == 0
    if not whole:
        return "the length of the axes that .mean() runs over"
    if multiplied:
        return "all positions, also those that the mask sets to 0"
    return "the positions that are selected" if selected else "all positions"


_KINDS = {"mask": "the entries of the mask", "lengths": "the sum of the lengths", "numel": "all positions", "batch": "the batch size",
          "batches": "the number of batches", "time": "the length", "class": "the number of classes"}  # fmt: skip


def _divisor(a: After) -> str:
    """What stands below, where its value or its name is known."""
    if a.count is not None and a.count.kind in _KINDS:
        return _KINDS[a.count.kind]
    if a.by is None:
        return ""
    if a.number is not None:
        return str(a.number)
    shown = told_id(a.by) if isinstance(a.by, Dim) else ""
    return shown or (f"`{text}`" if (text := divisor_text(a.step)) else "")
