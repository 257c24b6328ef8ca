"""What was done to a loss after it was computed, as links from each value to what it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from shapeguard.analysis.facts.contents import Count, Mask
from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.steps import Step, uid


@dataclass(frozen=True, slots=True)
class After:
    """One thing done to a loss after it was computed.

    `op` says what, and `step` where (None where that is not known).
    """

    op: Literal[
        "times", "div", "sum", "mean", "select", "backward", "return", "item",
        "add", "neg", "accumulate", "part", "other", "unknown",
    ]  # fmt: skip
    mask: Mask | None = None  # of times and select
    count: Count | None = None  # of div and times
    by: Dim | float | None = None  # of times, div and add: the number, where it is known
    only: Mask | None = None  # where it was done; elsewhere the loss stays what it was
    name: str = ""  # which operation, where `op` stands for several: exp, clamp, topk, where
    step: Step | None = field(default=None, compare=False)

    @property
    def number(self) -> int | float | None:
        """The number that it was multiplied or divided by, where that is written out."""
        if self.op not in ("times", "div"):
            return None
        return self.by.const if isinstance(self.by, Dim) else self.by

    @property
    def factor(self) -> bool:
        """Whether it only scales: a number that is written out, and counts nothing."""
        return self.mask is None and self.count is None and self.number is not None

    @property
    def text(self) -> str:
        """As people would write it, such as `/ batch_size`: it is printed, never compared."""
        sign = {"times": "*", "div": "/", "add": self.name}.get(self.op)
        if sign is not None:
            return f"{sign} {'mask' if self.mask is not None else '...' if self.by is None else self.by}"
        return "the mean of a list" if self.op == "mean" and self.name else self.name


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """That a value is made of losses: a loss itself, something done to what was made of some, or several of these together.

    Each keeps what it was made of, so that a sum of any number of losses is one more link; `aftermath.paths` reads the ways off.
    """

    parents: tuple[Uses, ...] = ()
    what: After | None = None  # done to its one parent
    loss: int | None = None  # the uid of the LossCall that this is
    number: int = field(default_factory=uid)

    def then(self, what: After) -> Uses:
        """After one more thing was done."""
        return Uses((self,), what)

    @staticmethod
    def together(uses: Iterable[Uses | None]) -> Uses | None:
        """Those of several values; None where none is made of a loss."""
        found = tuple(dict.fromkeys(use for use in uses if use is not None))
        return found[0] if len(found) == 1 else Uses(found) if found else None
