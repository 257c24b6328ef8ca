"""All that a rule author imports: Rule, Report, Fix, the claims of a proof, and the facts of a loss call with questions to ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Same, Shape, Sym, same_shape
from shapeguard.analysis.facts.steps import StepKind
from shapeguard.analysis.facts.values import After, Arg, Count, Fill, LossCall, Mask, Note, Origin, Site, Step, Swap, Tensor
from shapeguard.analysis.questions.axis_roles import (
    above_zero,
    class_axis,
    classes_last,
    counts_differ,
    crossed,
    flat,
    is_next_token,
    is_soft,
    misshapen,
    of_sequences,
    offsets,
    positions,
    roles_of,
    rows_of,
    scrambled,
    softmax_axis,
    swapped,
    wrong_form,
    wrong_softmax,
)
from shapeguard.analysis.questions.coverage import Uncovered, changes_meaning, keeps_out, masks_of
from shapeguard.analysis.questions.gaps import missing
from shapeguard.analysis.questions.ids import same_id
from shapeguard.analysis.questions.padding import (
    LeftOutEnd,
    ends_of,
    holds_end,
    ignored_by_id,
    late_mask,
    left_out_end,
    pad_instead,
    padding_fault,
    takes_ignored_id,
    uncovered_fills,
    wrong_mask,
)
from shapeguard.analysis.questions.stops import stops_by_padding
from shapeguard.analysis.questions.verdict import Verdict, what_counts

Level: TypeAlias = Literal["on", "opt-in"]


# what the bad example of a rule is claimed to do under torch; the good one always gives the right number


@dataclass(frozen=True, slots=True)
class Raises:
    """It raises this exception (a name of builtins, so that nothing of torch is imported), with a message that has `match` (a regex).

    `exception` is that of the base class too: "RuntimeError".
    """

    exception: str
    match: str = ""


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """It gives a loss that differs from the right one by more than `by`, relatively."""

    by: float = 1e-3


@dataclass(frozen=True, slots=True)
class SameNumber:
    """It gives the right loss: the fault is in what it costs, or in what it will do with other data."""


@dataclass(frozen=True, slots=True)
class NotFinite:
    """It gives a loss or a gradient that is NaN or infinite."""


@dataclass(frozen=True, slots=True)
class ZeroGradient:
    """The gradient of an input is exactly 0 at an index (an expression over the inputs), and that of the good example is not.

    `input` is its name among the inputs, and `at` what stands between the brackets: "0, -1".
    """

    input: str
    at: str


Claim: TypeAlias = Raises | WrongNumber | SameNumber | NotFinite | ZeroGradient


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement for the call at `at`, as a template over the text that stands there.

    `{call}` is what is called, `{self}` what a method is called on, `{logits}` and `{targets}` the first two arguments
    (also when passed by name), `{options}` the others after a comma, `{args}` all of them. `options` are set or replaced.
    `called` is the name that must be called there, where one matters. It is offered only where every loss that is computed at
    `at`, or by a criterion that is made there, asks for the same.

    `description` says what it does, in one line; `template` is written in the place of the call.
    """

    description: str
    at: Site
    template: str = "{call}({logits}, {targets}{options})"
    options: tuple[tuple[str, str], ...] = ()
    called: str = ""


def with_option(loss: LossCall, description: str, name: str, value: str) -> Fix | None:
    """The fix that gives a loss an option: where the criterion was made, or at the call of a function.

    Only a number can be written there without knowing what is in scope.

    None where it cannot: the value is no number, or the loss is neither of a criterion nor a function of torch.

    >>> with_option(padded, "leave 0 out", "ignore_index", "0").options
    (('ignore_index', '0'),)
    """
    if not value.lstrip("-").isdigit():
        return None
    if loss.made is not None:
        return Fix(description, loss.made.site, "{call}({args})", ((name, value),), loss.spelling.rpartition(".")[2])
    return Fix(description, loss.site, options=((name, value),)) if loss.spelling.startswith("F.") else None


def option_place(loss: LossCall) -> str:
    """Behind the name of an option in a help: that it belongs where the criterion is made, not at its call.

    >>> option_place(padded), option_place(masked)
    ('', ' where the criterion is made')
    """
    return " where the criterion is made" if loss.made is not None else ""


@dataclass(frozen=True, slots=True)
class Report:
    """One fault of one loss: what is wrong, the steps that it rests on (None is skipped), and the right change.

    `message` is one line; `because` are the steps that it rests on, each shown as a margin note; `help` is the right change in words,
    and `fix` as an edit, or None where it cannot be written.
    """

    message: str
    because: tuple[Step | None, ...] = ()
    help: str = ""
    fix: Fix | None = None
    certain: bool = True  # False where the rule itself takes a guess
    beside: bool = False  # the loss itself is right, and what led to it is not: worth knowing, an info

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that it rests on, each once."""
        return tuple({id(s): s for s in self.because if s is not None}.values())

    @property
    def sure(self) -> bool:
        """Whether nothing in it rests on a name, a comment or a guess."""
        return self.certain and all(link.sure for step in self.steps for link in step.history())


@dataclass(frozen=True, slots=True)
class Example:
    """A bad program, the good one beside it, and what can be said of them. See `Rule` for the fields.

    `bad` and `good` are whole programs, and `claims` is what torch does with the bad one; `given` and `truth` are "" where the
    annotations say enough, and the reference loss of `logits` and `targets` is the truth.
    """

    bad: str
    good: str
    claims: tuple[Claim, ...]
    given: str = ""
    truth: str = ""


class Rule:
    """A rule: subclass it in a file of its own, fill in the names, and write `check`.

    The docstring of the file says why the fault matters: `shapeguard rule CODE` prints it. `bad` and `good` are whole programs
    with a function `step` that returns the loss. Its inputs are made from its jaxtyping annotations, or by `given`: Python source
    of a function `given()` that returns them by name. `truth` gives the right number: an expression over the inputs, or
    source of a function `truth` of them; `masked_cross_entropy(logits, targets)` when left out.
    `shapeguard rule CODE --prove` runs all of that through the linter and through torch.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    level: ClassVar[Level] = "on"
    why: ClassVar[str] = ""
    bad: ClassVar[str]
    good: ClassVar[str]
    claims: ClassVar[tuple[Claim, ...]]
    given: ClassVar[str] = ""
    truth: ClassVar[str] = ""
    more: ClassVar[tuple[Example, ...]] = ()
    of_data: ClassVar[bool] = False  # whether it tells how the data was shifted: not where a loss is only tried on drawn ids

    def check(self, loss: LossCall) -> Iterator[Report]:
        """The faults of this loss: pure, cheap, and silent about what is not known."""
        raise NotImplementedError

    @property
    def raises(self) -> bool:
        """Whether what it finds ends the program: a fault also of a loss whose value is never read."""
        return any(isinstance(claim, Raises) for claim in self.claims)

    @property
    def examples(self) -> tuple[Example, ...]:
        """The first example, then `more`."""
        return (Example(self.bad, self.good, self.claims, self.given, self.truth), *self.more)


# inputs for examples about padding: `logits` (3, 5, 7), and as `rows` the 5, 3 and 2 ids among 1 ... 6 that they belong to
RAGGED = """
def given():
    rows = [torch.randint(1, 7, (n,)) for n in (5, 3, 2)]
    return {"logits": torch.randn(3, 5, 7, requires_grad=True), "rows": rows}
"""
RAGGED_TRUTH = "masked_cross_entropy(torch.cat([x[: len(r)] for x, r in zip(logits, rows)]), torch.cat(rows))"

# the same as tensors: `logits`, and `targets` (3, 5) padded with 0
PADDED = """
def given():
    real = torch.arange(5) < torch.tensor([5, 3, 2])[:, None]
    return {"logits": torch.randn(3, 5, 7, requires_grad=True), "targets": torch.randint(1, 7, (3, 5)) * real}
"""
PADDED_TRUTH = "masked_cross_entropy(logits, targets, ignore_index=0)"


__all__ = [
    "After", "Arg", "Axis", "Claim", "Count", "Dim", "Example", "Fill", "Fix", "LeftOutEnd", "Level", "LossCall", "Mask", "NotFinite",
    "Note", "Origin", "PADDED", "PADDED_TRUTH", "Pack", "RAGGED", "RAGGED_TRUTH", "Raises", "Report", "Rule", "Same", "SameNumber",
    "Shape", "Site", "Step", "StepKind", "Swap", "Sym", "Tensor", "Uncovered", "Verdict", "WrongNumber", "ZeroGradient", "above_zero",
    "changes_meaning", "class_axis", "classes_last", "counts_differ", "crossed", "ends_of", "flat", "holds_end", "ignored_by_id",
    "is_next_token", "is_soft", "keeps_out", "late_mask", "left_out_end", "masks_of", "misshapen", "missing", "of_sequences", "offsets",
    "option_place", "pad_instead", "padding_fault", "positions", "roles_of", "rows_of", "same_id", "same_shape", "scrambled",
    "softmax_axis", "stops_by_padding", "swapped", "takes_ignored_id", "uncovered_fills", "what_counts", "with_option", "wrong_form",
    "wrong_mask", "wrong_softmax",
]
