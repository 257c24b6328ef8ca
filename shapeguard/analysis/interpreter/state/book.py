"""The book of pending losses: each is kept open while what becomes of its result is followed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from shapeguard.analysis.facts.aftermath import paths
from shapeguard.analysis.facts.contents import Mask, Note
from shapeguard.analysis.facts.loss_record import Arg, LossCall
from shapeguard.analysis.facts.shapes import Axis, Dim, Same, Shape, same_shape
from shapeguard.analysis.facts.steps import Site, Step, uid
from shapeguard.analysis.facts.taken import uids_that_become_losses
from shapeguard.analysis.facts.tensors import Tensor, Written, unknown_tensor
from shapeguard.analysis.facts.trail import Trail
from shapeguard.analysis.facts.uses import After, Uses
from shapeguard.analysis.facts.values import Value
from shapeguard.analysis.interpreter.state.frames import Frame, Frames
from shapeguard.analysis.interpreter.state.heap import Heap, Kept
from shapeguard.analysis.interpreter.state.visits import Refusal


@dataclass(eq=False, slots=True)
class Pending:
    """A loss call whose aftermath is still being followed."""

    loss: LossCall
    frame: Frame
    # of one that is written by hand, and a loss only where it is taken for one: whether it is negated, and one number, already
    picked: tuple[bool, bool] | None = None


class Book:
    """The losses that were met, and what their records are waiting for."""

    def __init__(self, heap: Heap, kept: Kept, trail: Trail, frames: Frames) -> None:
        self._heap, self._kept, self._trail, self._frames = heap, kept, trail, frames
        self.quiet = 0  # while it is not 0, nothing is recorded
        self.behind: Refusal | None = None  # a call that raises: what stands behind it is run to see what it would reach, and never counts
        self.stuck: Refusal | None = None  # what every path of the function that was run last ends at
        self.pending: dict[int, Pending] = {}  # by the uid of the loss
        self.stops: dict[int, Step] = {}  # by id() of the step that made a row: the loop over it ends at one of its ids
        self.checked: set[int] = set()  # uids of masks whose count was looked at before it divides
        self.broken: list[tuple[Site, Step]] = []  # calls with the annotation that their arguments contradict
        self.hooks: dict[str, bool] = {}  # by path: whether a file mentions an import hook that checks annotations

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Evaluate without recording losses."""
        self.quiet += 1
        try:
            yield
        finally:
            self.quiet -= 1

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """Evaluate what may not be reached: a call in it that raises does not end the path around it."""
        before = self.behind
        try:
            yield
        finally:
            self.behind = before

    def record(self, loss: LossCall, picked: tuple[bool, bool] | None = None) -> None:
        """Enter a loss; of one that is written by hand, `picked` says whether it is negated, and one number, already."""
        if not self.quiet and self.behind is None:
            self.pending[loss.uid] = Pending(self._with_causes(loss), self._frames.function(), picked)

    def result(self, loss: LossCall, targets: Tensor, picked: tuple[bool, bool] | None = None) -> Value:
        """Enter a loss; what it gives."""
        self._kept.reached += 1
        self.record(loss, picked)
        shape = targets.shape if loss.reduction.value == "none" else Shape(())
        if loss.reduction.value == "":
            return self._heap.wrap(unknown_tensor("loss", dtype="float", scale="loss", losses=Uses(loss=loss.uid), step=loss.step))
        kept = targets.notes if loss.reduction.value == "none" else ()
        return self._heap.wrap(Tensor(shape, dtype="float", scale="loss", losses=Uses(loss=loss.uid), notes=kept, step=loss.step))

    def enter_model_loss(self, kind: str, logits: Tensor, targets: Tensor, step: Step) -> Value:
        """Enter the loss that a library's model computes inside; what it gives."""
        if kind == "causal":  # an encoder-decoder scores its labels as they are, and shifts what it feeds the decoder
            logits = replace(logits, notes=(*logits.notes, Note("shifts-inside", step)))
        loss = LossCall(
            uid(),
            "model(labels=)",
            "model",
            step.site,
            self.calls(),
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
        return self.result(loss, targets)

    def by_hand(self, written: Written, step: Step, y: Tensor) -> Tensor:
        """Enter a loss that is put together by hand, where it is not known yet whether it is taken for one; y with it in it."""
        loss = LossCall(
            uid(),
            written.spelling,
            written.family,
            step.site,
            self.calls(),
            written.scores,
            written.targets,
            written.scores.step,
            written.targets.step,
            Arg("none"),
            Arg(None),
            Arg(None),
            Arg(0.0),
            step=step,
            causal=True if written.scores.note("causal") else None,
            takes=written.takes,
        )
        self.record(loss, (written.negated, False))
        return replace(y, scale="loss", losses=Uses.together((y.losses, Uses(loss=loss.uid))), spread=written.spread, part=None, step=step)

    def calls(self) -> tuple[Site, ...]:
        """The calls through which the run came here, outermost first."""
        return tuple(site for _, site in self._frames.stack if isinstance(site, Site))

    def _with_causes(self, loss: LossCall) -> LossCall:
        """The loss, with the functions that are running and the constants that chose their branches."""
        running = [self._trail.entry_step(func) for func, _ in self._frames.stack]
        chosen = [step for steps in self._trail.steering for step in steps.values()]
        return replace(loss, led=(*loss.led, *running, *chosen))

    def note_unused_masks(self, frame: Frame) -> None:
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
        found = paths(self._kept.values)
        by_hand = {number: p.picked for number, p in self.pending.items() if p.picked is not None}
        losses = uids_that_become_losses(by_hand, self._kept.values, self._kept.named, self._kept.returned)
        out: list[LossCall] = []
        for number, pending in self.pending.items():
            if number in by_hand and number not in losses:
                continue
            longest = found.get(pending.loss.uid, ())
            out.append(
                replace(
                    self._with_half_rows_note(pending.loss), after=tuple(tuple(self._with_guarded_count(a) for a in p) for p in longest)
                )
            )
        return tuple(out)

    def _with_half_rows_note(self, loss: LossCall) -> LossCall:
        """The record with a note where the loop that it is in leaves the row before its end."""
        targets = loss.targets
        alone = all(isinstance(a, Axis) and a.size == Dim.of(1) for a in targets.shape.axes)
        if not self.stops or not alone or targets.step is None:
            return loss
        step = next((found for s in targets.step.history() if (found := self.stops.get(id(s))) is not None), None)
        return loss if step is None else replace(loss, targets=replace(targets, notes=(*targets.notes, Note("half-rows", step))))

    def _with_guarded_count(self, a: After) -> After:
        """A division by a count of a mask that was compared somewhere, as a number of its own."""
        if a.op != "div" or a.step is None or a.count is None or a.count.mask is None or a.count.mask.uid not in self.checked - {0}:
            return a
        return replace(a, step=replace(a.step, parents=(*a.step.parents, Step("guarded", a.step.site, "looked at before it divides"))))


def _by_width(mask: Mask, targets: Shape) -> bool:
    """Whether a mask by lengths, which are no ids themselves, may be one of these targets: it has their shape."""
    made = mask.step.shape if mask.step is not None else None
    return mask.kind == "lengths" and made is not None and same_shape(made, targets) is Same.YES
