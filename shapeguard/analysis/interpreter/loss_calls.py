"""Every spelling of a cross entropy, as one `LossCall` record with what was done to its result."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from shapeguard.analysis.facts.aftermath import paths
from shapeguard.analysis.facts.loss_record import Reduction
from shapeguard.analysis.facts.shapes import Axis, Dim, Same, Shape, same_shape
from shapeguard.analysis.facts.spellings import CROSS_ENTROPY, SPELLINGS, Spelling
from shapeguard.analysis.facts.values import (
    NONE,
    UNKNOWN,
    After,
    Arg,
    Args,
    Const,
    Fill,
    Inst,
    Lib,
    LibObj,
    LossCall,
    Map,
    Mask,
    Note,
    Num,
    Ref,
    Site,
    Step,
    Tensor,
    Unknown,
    Uses,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.interpreter.machine import Frame, Machine, Pending

Option: TypeAlias = Callable[[str], "Value | None"]
_STORED = re.compile(r"(^|_)(pad|ignore|padding)(_?(idx|id|index|token|value|token_id))?$", re.IGNORECASE)


class Losses(Machine):
    """Recording of losses."""

    current: Frame

    def is_loss(self, dotted: str) -> bool:
        """Whether a canonical name is a loss."""
        return dotted in SPELLINGS

    def loss_of(self, name: str, obj: LibObj | None, args: Args) -> Value | None:
        user = name.startswith("user:")
        spelling = Spelling(name[5:], "cross_entropy", CROSS_ENTROPY) if user else SPELLINGS.get(name)
        if spelling is None or (spelling.is_class and obj is None):
            return None
        last = 2 if spelling.head else 1
        x = args.given(0, "input") or args.given(None, "logits")
        y = args.given(last, "target") or args.given(None, "targets") or args.given(None, "labels")
        if x is None or y is None:
            return self.opaque(why="the arguments of the loss could not be followed")
        if spelling.head:
            x = self.call(Lib("torch.nn.functional.linear"), Args((x, args.given(1, "linear_weight") or self.opaque("linear_weight"))))
        source = obj.args if obj is not None else args
        offset = 0 if obj is not None else last + 1

        def option(key: str) -> Value | None:
            if key in ("mask", "lengths", "num_tokens") and spelling.family == "masked":
                return args.given(last + 1 if key == "mask" else None, key)
            if obj is not None and (fact := obj.fact(key)) is not None:
                return fact
            return source.given(spelling.options.index(key) + offset, key) if key in spelling.options else source.given(None, key)

        return self._record(spelling, x, y, option, source, obj)

    def _record(self, spelling: Spelling, x: Value, y: Value, opt: Option, source: Args, obj: LibObj | None) -> Value:
        logits, targets = self._loss_input(x), self._as_loaded(self._loss_input(y))
        weight_value: Value | None = opt("weight")
        weight = self.get(weight_value) if weight_value is not None else NONE
        reduction = self._reduction(opt, source)
        ignore = self._ignore(opt("ignore_index"), source, spelling)
        smoothing = self._option(opt("label_smoothing"), 0.0, source)
        rows = targets.note("rows-filtered")
        mask = self._given_mask(opt, targets) if spelling.family == "masked" else None
        if mask is None and rows is not None:
            mask = rows.mask
        count = opt("num_tokens") if spelling.family == "masked" else None
        if count is not None and self.get(count) != NONE and reduction.value == "mean":
            reduction = replace(reduction, value="sum")
        else:
            count = None
        step = self.step(spelling.shown.split(".")[-1], f"{spelling.shown}", logits.step, targets.step)
        loss = LossCall(
            uid(),
            spelling.shown,
            spelling.family,
            self.site,
            tuple(site for _, site in self.stack if isinstance(site, Site)),
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
            stored_ignore=() if ignore.given else self._stored(),
            step=step,
            causal=False if logits.note("bidirectional") else True if logits.note("causal") else None,
            classes=self._classes(logits),
            end_ids=self._role(ignore.value, "eos", ignore.site),
            real_ids=self._real(targets),
            looped=self._one_target(targets),
            doubted=self.doubts > 0,
            made=obj.step if obj is not None else None,
        )
        options = [v for v in (*source.pos, *(v for _, v in source.kw)) if v is not x and v is not y]
        loss = replace(loss, led=tuple(s for v in options for s in self.trail.steps_of(v)))
        result = self._result(loss, targets)
        return result if count is None else self.binary("/", result, self._guarded_count(count))

    def _guarded_count(self, count: Value) -> Value:
        """The denominator that a loss of this package is given: where it is 0, so is the loss."""
        facts = self.get(count)
        if not isinstance(facts, (Num, Tensor)):
            return count
        return self.wrap(replace(facts, step=self.step("guarded", "a loss over nothing is 0", facts.step)))

    def _given_mask(self, opt: Option, targets: Tensor) -> Mask | None:
        """The mask that a loss of this package is given, or that of its lengths."""
        value, lengths = opt("mask"), opt("lengths")
        facts = self.get(value) if value is not None else NONE
        if facts != NONE:
            return facts.mask if isinstance(facts, Tensor) and facts.mask is not None else Mask("given", "unknown")
        if lengths is None or self.get(lengths) == NONE:
            return None
        step = self.step("lengths", "what lies behind the lengths does not count", targets.step, shape=targets.shape)
        return Mask("lengths", "real", uid=uid(), step=step)

    def _one_target(self, targets: Tensor) -> bool:
        """Whether the loss is of one position, picked in a Python loop."""
        dims = targets.shape.dims
        return dims is not None and all(a.size == Dim.of(1) for a in dims) and self.one_position(replace(targets, shape=Shape(())))

    @staticmethod
    def _real(targets: Tensor) -> tuple[tuple[Dim, Step], ...]:
        """The ids that are known to be classes; of a list that was written out whole only as long as it is untouched."""
        whole = targets.step is not None and targets.step.kind == "tensor"
        return tuple((r.id, r.step) for r in targets.real if r.step is not None and (whole or r.step.kind != "literal"))

    def _as_loaded(self, targets: Tensor) -> Tensor:
        """Targets of which nothing is known hold what the configuration says that the project's loaders write."""
        written = self.loader_ignores
        only = targets.shape.axes[0] if targets.shape.rank == 1 else None
        one_a_row = isinstance(only, Axis) and len(only.parts) == 1 and isinstance(only.parts[0], Dim)
        if written is None or targets.padding != "unknown" or targets.fills or targets.swaps or one_a_row or targets.shape.rank == 0:
            return targets
        step = self.step("config", f"the loaders pad with {written}, says the configuration", targets.step, shape=targets.shape)
        return replace(targets, fills=(Fill(Dim.of(written), step),), unpadded=False)

    def _loss_input(self, value: Value) -> Tensor:
        facts = self.as_tensor(value)
        if facts is not None:
            return facts
        other = self.get(value)
        if isinstance(other, LibObj) and other.fact("batch_sizes") is not None and other.step is not None:
            return unknown_tensor("packed", notes=(Note("packed-whole", other.step),), step=other.step)
        if isinstance(other, Map) and isinstance(found := self.get(other.get("logits") or UNKNOWN), Tensor):
            return found
        return unknown_tensor("x")

    def _result(self, loss: LossCall, targets: Tensor) -> Value:
        self.reached += 1
        if not self.quiet:
            self.pending[loss.uid] = Pending(self._led(loss), self._function_frame())
        shape = targets.shape if loss.reduction.value == "none" else Shape(())
        if loss.reduction.value == "":
            return self.wrap(unknown_tensor("loss", dtype="float", scale="loss", losses=Uses(loss=loss.uid), step=loss.step))
        kept = targets.notes if loss.reduction.value == "none" else ()
        return self.wrap(Tensor(shape, dtype="float", scale="loss", losses=Uses(loss=loss.uid), notes=kept, step=loss.step))

    def _led(self, loss: LossCall) -> LossCall:
        """The loss, with the functions that are running and the constants that chose their branches."""
        running = [self.trail.entered(func) for func, _ in self.stack]
        chosen = [step for steps in self.trail.steering for step in steps.values()]
        return replace(loss, led=(*loss.led, *running, *chosen))

    def _function_frame(self) -> Frame:
        frame = self.current
        while frame.kind == "block" and frame.parent is not None:
            frame = frame.parent
        return frame

    def _option(self, value: Value | None, default: object, source: Args) -> Arg[object]:
        if value is None:
            return Arg(None if source.more else default, False)
        facts = self.get(value)
        if isinstance(facts, Const):
            return Arg(facts.value, True)
        return Arg(facts.dim.const if isinstance(facts, Num) else None, True)

    def _reduction(self, opt: Option, source: Args) -> Arg[Reduction]:
        averaged, reduced = opt("size_average"), opt("reduce")
        if reduced is not None and self.get(reduced) == Const(False):
            return Arg("none", True, self.site)
        if averaged is not None and self.get(averaged) == Const(False):
            return Arg("sum", True, self.site)
        value: Value | None = opt("reduction")
        if value is None:
            return Arg("" if source.more else "mean", False)
        facts = self.get(value)
        return Arg(facts.value if isinstance(facts, Const) and facts.value in ("mean", "sum", "none") else "", True, self.site)

    def _ignore(self, value: Value | None, source: Args, spelling: Spelling) -> Arg[Dim | None]:
        if value is None:
            if source.more:
                return Arg(None, True)
            return Arg(Dim.of(-100), False)
        facts = self.get(value)
        if isinstance(facts, Num):
            return Arg(facts.dim, True, self.site)
        if isinstance(facts, Tensor) and facts.value is not None:
            return Arg(facts.value, True, self.site)
        if isinstance(facts, Unknown) and isinstance(value, Ref):
            from shapeguard.analysis.facts.shapes import fresh

            num = Num(fresh(facts.name or "ignore_index"))
            self.set(value, num)
            return Arg(num.dim, True, self.site)
        return Arg(None, True, self.site)

    @staticmethod
    def _classes(logits: Tensor) -> Dim | None:
        rank = logits.shape.rank
        at = logits.shape.at(0 if rank == 1 else 1 if rank is not None else -1)
        return None if at is None else at.size

    @staticmethod
    def _role(value: object, role: str, site: Site | None) -> tuple[tuple[Dim, Step], ...]:
        if isinstance(value, Dim) and value.sym is not None and value.sym.role == role and site is not None:
            return ((value, Step("id", site, f"{value} ends sequences")),)
        return ()

    def _stored(self) -> tuple[Step, ...]:
        """Pad or ignored ids that the object keeps and that were not passed."""
        own = self._function_frame().self_value
        if not isinstance(own, Inst):
            return ()
        out: list[Step] = []
        for name in sorted(self.attr_names.get(own.uid, ())):
            value = self.store.get(("a", own.uid, name))
            if value is not None and _STORED.search(name):
                facts = self.get(value)
                if isinstance(facts, Num):
                    # a pad id may be kept for other ends, an id to ignore is not
                    op = "stored ignore_index" if "ignore" in name else "stored pad"
                    out.append(Step(op, self.site, f"self.{name} is {facts.dim}, and is not passed", sure=False))
        return tuple(out)

    def loss_call(self, kind: str, obj: LibObj, args: Args, logits: Tensor, targets: Tensor) -> Value:
        step = self.step("labels", "the model computes the loss from labels=", logits.step, targets.step)
        if kind == "causal":  # an encoder-decoder scores its labels as they are, and shifts what it feeds the decoder
            logits = replace(logits, notes=(*logits.notes, Note("shifts-inside", step)))
        loss = LossCall(
            uid(),
            "model(labels=)",
            "model",
            self.site,
            tuple(site for _, site in self.stack if isinstance(site, Site)),
            logits,
            targets,
            logits.step,
            targets.step,
            Arg("mean"),
            Arg(Dim.of(-100)),
            Arg(None),
            Arg(0.0),
            step=step,
            causal=True if kind == "causal" else None,
            classes=axis.size if (axis := logits.shape.at(-1)) is not None else None,
        )
        return self._result(loss, targets)

    def look_at_count(self, value: Value) -> None:
        """`if mask.sum() == 0: return`, `if n > 0`: what is divided by such a count later is not 0 then."""
        facts = self.get(value)
        if not isinstance(facts, (Num, Tensor)) or facts.count is None or (isinstance(facts, Tensor) and facts.shape.axes):
            return
        if facts.count.mask is not None:
            self.checked.add(facts.count.mask.uid)
        if isinstance(value, Ref):
            self.set(value, replace(facts, step=self.step("guarded", "looked at before it divides", facts.step)))

    def stops_at(self, asked: Value) -> None:
        """`if y[t + 1] == PAD: break`: a loop over the positions of one row leaves what comes after alone."""
        facts = self.get(asked)
        mask = facts.mask if isinstance(facts, Tensor) and not facts.shape.axes else None
        if mask is not None and mask.kind == "id" and mask.keeps == "id" and mask.step is not None:
            for row in (row for entry in mask.step.parents if entry.kind == "index" for row in entry.parents):
                self.stops[id(row)] = mask.step

    def _stopped(self, loss: LossCall) -> LossCall:
        """The record with a note where the loop that it is in leaves the row before its end."""
        targets = loss.targets
        alone = all(isinstance(a, Axis) and a.size == Dim.of(1) for a in targets.shape.axes)
        if not self.stops or not alone or targets.step is None:
            return loss
        step = next((found for s in targets.step.history() if (found := self.stops.get(id(s))) is not None), None)
        return loss if step is None else replace(loss, targets=replace(targets, notes=(*targets.notes, Note("half-rows", step))))

    def _looked_at(self, a: After) -> After:
        """A division by a count of a mask that was compared somewhere, as a number of its own."""
        if a.op != "div" or a.step is None or a.count is None or a.count.mask is None or a.count.mask.uid not in self.checked - {0}:
            return a
        return replace(a, step=replace(a.step, parents=(*a.step.parents, Step("guarded", a.step.site, "looked at before it divides"))))

    def after_op(self, name: str, facts: Tensor, args: Args, result: Value) -> Value:
        """`log_probs.gather(-1, targets)` is a loss of its own; what counts a mask that was looked at is guarded."""
        mask = facts.mask
        if mask is not None and name in ("any", "sum"):
            out = self.get(result)
            if name == "any":
                self.checked.add(mask.uid)
            elif mask.uid in self.checked and isinstance(out, Tensor) and not out.shape.axes:
                return self.wrap(replace(out, step=self.step("guarded", "looked at before it divides", out.step)))
        if name != "gather" or facts.scale != "log_probs":
            return result
        index = args.given(2, "index")
        ids = self.as_tensor(index) if index is not None else None
        out = self.get(result)
        if ids is None or not isinstance(out, Tensor):
            return result
        loss = LossCall(
            uid(),
            "gather",
            "gather",
            self.site,
            tuple(site for _, site in self.stack if isinstance(site, Site)),
            facts,
            ids,
            facts.step,
            ids.step,
            Arg("none"),
            Arg(None),
            Arg(None),
            Arg(0.0),
            step=self.step("gather", "log-probabilities of the targets are picked", facts.step, ids.step),
            causal=True if facts.note("causal") else None,
        )
        if not self.quiet:
            self.pending[loss.uid] = Pending(self._led(loss), self._function_frame())
        return self.wrap(replace(out, scale="loss", losses=Uses.together((out.losses, Uses(loss=loss.uid))), step=loss.step))

    def accumulated(self, value: Value) -> None:
        """A value was added onto a running total."""
        facts = self.get(value)
        if isinstance(facts, Tensor) and facts.losses is not None:
            self.kept[facts.losses.then(After("accumulate", name="+="))] = None

    def frame_done(self, frame: Frame) -> None:
        """Masks that were made here and never read again belong to the losses of this function."""
        masks = [m for name, m in frame.local_masks.items() if name not in frame.loaded]
        unused = [m for m in masks if m.kind in ("id", "lengths", "attention")]
        if not unused:
            return
        for pending in self.pending.values():
            if pending.frame is frame:
                of = pending.loss.targets.origin
                shape = pending.loss.targets.shape
                mine = tuple(m for m in unused if m.of is None or _by_width(m, shape) or (of is not None and m.of.source == of.source))
                if mine:
                    pending.loss = replace(pending.loss, unused_masks=mine)

    def finished(self) -> tuple[LossCall, ...]:
        """The records, with the longest paths of what became of each result."""
        found = paths(self.kept)
        out: list[LossCall] = []
        for pending in self.pending.values():
            longest = found.get(pending.loss.uid, ())
            out.append(replace(self._stopped(pending.loss), after=tuple(tuple(self._looked_at(a) for a in p) for p in longest)))
        return tuple(out)


def _by_width(mask: Mask, targets: Shape) -> bool:
    """Whether a mask by lengths, which are no ids themselves, may be one of these targets: it has their shape."""
    made = mask.step.shape if mask.step is not None else None
    return mask.kind == "lengths" and made is not None and same_shape(made, targets) is Same.YES
