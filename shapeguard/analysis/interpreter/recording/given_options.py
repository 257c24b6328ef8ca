"""The options of a loss as they are given: its reduction, what it ignores, and what an object keeps and does not pass."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from shapeguard.analysis.facts.loss_record import Arg, Reduction
from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.spellings import Spelling
from shapeguard.analysis.facts.steps import Step
from shapeguard.analysis.facts.tensors import Tensor
from shapeguard.analysis.facts.values import Args, Const, Inst, Num, Ref, Unknown, Value
from shapeguard.analysis.interpreter.machine import Machine

Option: TypeAlias = Callable[[str], "Value | None"]
_STORED = re.compile(r"(^|_)(pad|ignore|padding)(_?(idx|id|index|token|value|token_id))?$", re.IGNORECASE)


def constant_option(m: Machine, value: Value | None, default: object, source: Args) -> Arg[object]:
    """An option that is a constant, such as label_smoothing; None where it is given and not known."""
    if value is None:
        return Arg(None if source.more else default, False)
    facts = m.get(value)
    if isinstance(facts, Const):
        return Arg(facts.value, True)
    return Arg(facts.dim.const if isinstance(facts, Num) else None, True)


def given_reduction(m: Machine, opt: Option, source: Args) -> Arg[Reduction]:
    """The reduction, by its own name or by the old `size_average` and `reduce`; "" where it is not known."""
    averaged, reduced = opt("size_average"), opt("reduce")
    if reduced is not None and m.get(reduced) == Const(False):
        return Arg("none", True, m.site)
    if averaged is not None and m.get(averaged) == Const(False):
        return Arg("sum", True, m.site)
    value: Value | None = opt("reduction")
    if value is None:
        return Arg("" if source.more else "mean", False)
    facts = m.get(value)
    return Arg(facts.value if isinstance(facts, Const) and facts.value in ("mean", "sum", "none", "batchmean") else "", True, m.site)


def given_ignore_index(m: Machine, value: Value | None, source: Args, spelling: Spelling) -> Arg[Dim | None]:
    """The ignored id; one that is not known becomes a number of its own, the same wherever it is used."""
    if value is None:
        if source.more:
            return Arg(None, True)
        return Arg(None if spelling.ignored is None else Dim.of(spelling.ignored), False)
    facts = m.get(value)
    if isinstance(facts, Num):
        return Arg(facts.dim, True, m.site)
    if isinstance(facts, Tensor) and facts.value is not None:
        return Arg(facts.value, True, m.site)
    if isinstance(facts, Unknown) and isinstance(value, Ref):
        num = Num(fresh(facts.name or "ignore_index"))
        m.set(value, num)
        return Arg(num.dim, True, m.site)
    return Arg(None, True, m.site)


def stored_pad_steps(m: Machine) -> tuple[Step, ...]:
    """Pad or ignored ids that the object keeps and that were not passed."""
    own = m.frames.function().self_value
    if not isinstance(own, Inst):
        return ()
    out: list[Step] = []
    for name in sorted(m.objects.attributes.get(own.uid, ())):
        value = m.store.get(("a", own.uid, name))
        if value is not None and _STORED.search(name):
            facts = m.get(value)
            if isinstance(facts, Num):
                # a pad id may be kept for other ends, an id to ignore is not
                op = "stored ignore_index" if "ignore" in name else "stored pad"
                out.append(Step(op, m.site, f"self.{name} is {facts.dim}, and is not passed", sure=False))
    return tuple(out)
