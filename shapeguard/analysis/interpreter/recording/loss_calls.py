"""Every spelling of a cross entropy, as one `LossCall` record."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.contents import Fill, Mask, Note
from shapeguard.analysis.facts.loss_record import Arg, LossCall
from shapeguard.analysis.facts.shapes import Axis, Dim, Shape
from shapeguard.analysis.facts.spellings import CROSS_ENTROPY, SPELLINGS, Spelling
from shapeguard.analysis.facts.steps import Site, Step, uid
from shapeguard.analysis.facts.tensors import Spread, Tensor, unknown_tensor
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Lib, LibObj, Map, Num, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import given_options
from shapeguard.analysis.ops.tensors import by_hand, pointwise
from shapeguard.analysis.ops.tensors.axes import broadcast


def loss_of(m: Machine, name: str, obj: LibObj | None, args: Args) -> Value | None:
    """A call of a loss by canonical name, recorded; None when the name is no loss."""
    user = name.startswith("user:")
    spelling = Spelling(name[5:], "cross_entropy", CROSS_ENTROPY) if user else SPELLINGS.get(name)
    if spelling is None or (spelling.is_class and obj is None):
        return None
    place, called = {role: at for at, role in enumerate(spelling.order)}, dict(spelling.named)
    last = len(spelling.order) - 1
    x = args.given(place["input"], called.get("input", "input")) or args.given(None, "logits")
    y = args.given(place["target"], called.get("target", "target")) or args.given(None, "targets") or args.given(None, "labels")
    if x is None or y is None:
        return m.opaque(why="the arguments of the loss could not be followed")
    if spelling.head:
        weight = args.given(place["head"], called.get("head", "linear_weight"))
        x = m.call(Lib("torch.nn.functional.linear"), Args((x, weight or m.opaque("linear_weight"))))
    source = obj.args if obj is not None else args
    offset = 0 if obj is not None else last + 1

    def option(key: str) -> Value | None:
        if key in ("mask", "lengths", "num_tokens"):
            if not spelling.masks:
                return None
            return args.given(last + 1 if key == "mask" else None, key)
        if obj is not None and (fact := obj.fact(key)) is not None:
            return fact
        name = called.get(key, key)
        return source.given(spelling.options.index(key) + offset, name) if key in spelling.options else source.given(None, name)

    return _record(m, spelling, x, y, option, source, obj)


def _record(m: Machine, spelling: Spelling, x: Value, y: Value, opt: given_options.Option, source: Args, obj: LibObj | None) -> Value:
    """Enter a loss in the book with all that is known of it; what it gives."""
    if spelling.family == "soft":
        return _divergence(m, spelling, _loss_input(m, x), _loss_input(m, y), opt, source, obj)
    logits = _loss_input(m, x)
    targets = _as_loaded(m, _of_rank(m, _loss_input(m, y), logits, spelling))

    weight_value: Value | None = opt("weight")
    weight = m.get(weight_value) if weight_value is not None else NONE
    reduction = given_options.given_reduction(m, opt, source)
    if not reduction.given and reduction.value:
        reduction = replace(reduction, value=spelling.reduction)
    ignore = given_options.given_ignore_index(m, opt("ignore_index"), source, spelling)
    if opt("shift") is not None:  # it scores each position on a later one by itself
        step = m.step("shift", f"{spelling.shown} shifts inside", logits.step)
        logits = replace(logits, notes=(*logits.notes, Note("shifts-inside", step)))
    smoothing = given_options.constant_option(m, opt("label_smoothing"), 0.0, source)

    rows = targets.note("rows-filtered")
    mask = _given_mask(m, opt, targets) if spelling.masks else None
    if mask is None and rows is not None:
        mask = rows.mask
    count = opt("num_tokens")
    if count is not None and m.get(count) != NONE and reduction.value == "mean":
        reduction = replace(reduction, value="sum")
    else:
        count = None

    step = m.step(spelling.shown.split(".")[-1], f"{spelling.shown}", logits.step, targets.step)
    loss = LossCall(
        uid(),
        spelling.shown,
        spelling.family,
        m.site,
        m.book.calls(),
        logits,
        targets,
        logits.step,
        targets.step,
        reduction,
        ignore,
        Arg(None if weight == NONE else weight, weight_value is not None),
        smoothing,
        zero_weights=weight.zeroed if isinstance(weight, Tensor) else (),
        mask=mask,
        stored_ignore=() if ignore.given else given_options.stored_pad_steps(m),
        step=step,
        causal=_causal(logits),
        classes=_classes(logits),
        end_ids=_role(ignore.value, "eos", ignore.site),
        real_ids=_known_classes(targets),
        looped=_one_target(m, targets),
        doubted=m.doubts > 0,
        made=obj.step if obj is not None else None,
        takes="log_probs" if spelling.family == "nll" else "logits",
    )
    options = [v for v in (*source.pos, *(v for _, v in source.kw)) if v is not x and v is not y]
    loss = replace(loss, led=tuple(s for v in options for s in m.trail.steps_of(v)))
    result = m.book.result(loss, targets)
    return result if count is None else _divided(m, result, _guarded_count(m, count))


def _causal(logits: Tensor) -> bool | None:
    """Whether the model sees the past alone; None where that is not known."""
    if logits.note("bidirectional"):
        return False
    return True if logits.note("causal") else None


def _divergence(
    m: Machine, spelling: Spelling, logp: Tensor, p: Tensor, opt: given_options.Option, source: Args, obj: LibObj | None
) -> Value:
    """KL divergence: log-probabilities against a distribution; against one that was made of ids, they are the targets."""
    targets, family = by_hand.distribution(logp, p) or (by_hand.soft(logp, p), "soft")
    reduction = given_options.given_reduction(m, opt, source)
    step = m.step(spelling.shown.split(".")[-1], f"{spelling.shown}", logp.step, p.step)
    loss = LossCall(
        uid(),
        spelling.shown,
        "gather" if family == "gather" else "soft",
        m.site,
        m.book.calls(),
        logp,
        targets,
        logp.step,
        p.step,
        reduction,
        Arg(None),
        Arg(None),
        Arg(0.0),
        step=step,
        causal=_causal(logp),
        doubted=m.doubts > 0,
        made=obj.step if obj is not None else None,
        takes="log_probs",
    )
    result = m.book.result(loss, replace(p, shape=broadcast(logp.shape, p.shape)), (True, reduction.value != "none"))
    facts = m.get(result)
    if reduction.value != "none" or not isinstance(facts, Tensor):
        return result
    spread: Spread = logp.norm if logp.norm is not None and logp.norm in facts.shape.axes else "last"
    return m.wrap(replace(facts, spread=spread))


def _divided(m: Machine, loss: Value, count: Value) -> Value:
    """The loss over the denominator that it was given."""
    return m.guarded(lambda: pointwise.binary(m, "/", loss, count), loss, count)


def _guarded_count(m: Machine, count: Value) -> Value:
    """The denominator that a loss of this package is given: where it is 0, so is the loss."""
    facts = m.get(count)
    if not isinstance(facts, (Num, Tensor)):
        return count
    return m.wrap(replace(facts, step=m.step("guarded", "a loss over nothing is 0", facts.step)))


def _given_mask(m: Machine, opt: given_options.Option, targets: Tensor) -> Mask | None:
    """The mask that a loss of this package is given, or that of its lengths."""
    value, lengths = opt("mask"), opt("lengths")
    facts = m.get(value) if value is not None else NONE
    if facts != NONE:
        return facts.mask if isinstance(facts, Tensor) and facts.mask is not None else Mask("given", "unknown")
    if lengths is None or m.get(lengths) == NONE:
        return None
    step = m.step("lengths", "what lies behind the lengths does not count", targets.step, shape=targets.shape)
    return Mask("lengths", "real", uid=uid(), step=step)


def _one_target(m: Machine, targets: Tensor) -> bool:
    """Whether the loss is of one position, picked in a Python loop."""
    dims = targets.shape.dims
    return dims is not None and all(a.size == Dim.of(1) for a in dims) and m.rounds.one_position(replace(targets, shape=Shape(())))


def _known_classes(targets: Tensor) -> tuple[tuple[Dim, Step], ...]:
    """The ids that are known to be classes; of a list that was written out whole only as long as it is untouched."""
    whole = targets.step is not None and targets.step.kind == "tensor"
    return tuple((r.id, r.step) for r in targets.real if r.step is not None and (whole or r.step.kind != "literal"))


def _as_loaded(m: Machine, targets: Tensor) -> Tensor:
    """Targets of which nothing is known hold what the configuration says that the project's loaders write."""
    written = m.loader_ignores
    only = targets.shape.axes[0] if targets.shape.rank == 1 else None
    one_a_row = isinstance(only, Axis) and len(only.parts) == 1 and isinstance(only.parts[0], Dim)
    if written is None or targets.padding != "unknown" or targets.fills or targets.swaps or one_a_row or targets.shape.rank == 0:
        return targets
    step = m.step("config", f"the loaders pad with {written}, says the configuration", targets.step, shape=targets.shape)
    return replace(targets, fills=(Fill(Dim.of(written), step),), unpadded=False)


def _of_rank(m: Machine, targets: Tensor, logits: Tensor, spelling: Spelling) -> Tensor:
    """Class indices have one axis less than the scores: those whose axes are all known have no others."""
    if targets.value is not None and not targets.fills and targets.scale != "mask":
        targets = replace(targets, unpadded=True)  # one class for all: nothing was filled up
    pack, rank = targets.shape.pack, logits.shape.rank
    whole = targets.dtype in ("int64", "int32", "int", "uint8") or (targets.scale == "ids" and not targets.dtype)
    if pack is None or rank is None or not whole or spelling.family not in ("cross_entropy", "nll") or len(targets.shape.axes) != rank:
        return targets
    m.bind(pack, ())
    return m.store.resolved(targets)


def _loss_input(m: Machine, value: Value) -> Tensor:
    facts = m.as_tensor(value)
    if facts is not None:
        return facts
    other = m.get(value)
    if isinstance(other, LibObj) and other.fact("batch_sizes") is not None and other.step is not None:
        return unknown_tensor("packed", notes=(Note("packed-whole", other.step),), step=other.step)
    if isinstance(other, Map) and isinstance(found := m.get(other.get("logits") or UNKNOWN), Tensor):
        return found
    return unknown_tensor("x")


def _classes(logits: Tensor) -> Dim | None:
    rank = logits.shape.rank
    at = logits.shape.at(0 if rank == 1 else 1 if rank is not None else -1)
    return None if at is None else at.size


def _role(value: object, role: str, site: Site | None) -> tuple[tuple[Dim, Step], ...]:
    if isinstance(value, Dim) and value.sym is not None and value.sym.role == role and site is not None:
        return ((value, Step("id", site, f"{value} ends sequences")),)
    return ()


def after_op(m: Machine, name: str, facts: Tensor, result: Value) -> Value:
    """What counts a mask that was looked at is guarded."""
    mask = facts.mask
    if mask is not None and name in ("any", "sum"):
        out = m.get(result)
        if name == "any":
            m.book.checked.add(mask.uid)
        elif mask.uid in m.book.checked and isinstance(out, Tensor) and not out.shape.axes:
            return m.wrap(replace(out, step=m.step("guarded", "looked at before it divides", out.step)))
    return result
