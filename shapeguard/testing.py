"""`prove(rule)`: what a rule claims, put through the linter, through torch, and through its own fix."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from shapeguard.rule import Claim, Example, NotFinite, Raises, Rule, SameNumber, WrongNumber, ZeroGradient

if TYPE_CHECKING:
    from shapeguard.lint.finding import Finding

_CLOSE = 1e-9  # relative, in float64


class NotProven(AssertionError):
    """A rule whose claims do not hold, and which."""


@dataclass
class Proof:
    """What came of it: what holds, and what does not."""

    code: str
    holds: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.failures

    def __str__(self) -> str:
        head = f"{self.code}: {'proven' if self else 'not proven'}"
        return "\n".join([head, *(f"  ok    {h}" for h in self.holds), *(f"  wrong {f}" for f in self.failures)])

    def demand(self) -> None:
        """Raise NotProven where anything fails."""
        if not self:
            raise NotProven(str(self))

    def note(self, ok: bool, good: str, bad: str = "") -> bool:
        """Write down one thing that was tried."""
        (self.holds if ok else self.failures).append(good if ok else bad or good)
        return ok


def prove(rule: Rule, rules: Sequence[Rule] | None = None, *, lint: bool = True, run: bool = True) -> Proof:
    """The proof of a rule; its failures are in `.failures`, and `.demand()` raises them.

    `rules` are those that look at the examples beside this one (all of the package's when left out): of those that are on by
    default only this one may speak of `bad`, and none of `good`.
    """
    proof = Proof(rule.code)
    if run:
        _torch()
    for number, example in enumerate(rule.examples):
        which = "" if number == 0 else f" (example {number + 1})"
        found = _prove_by_linter(proof, rule, rules, example, which) if lint else None
        if run:
            _prove_by_torch(proof, example, which)
        if found is not None:
            _prove_fix(proof, rule, rules, example, found, which, run)
    return proof


# through the linter


def _findings_of(rule: Rule, rules: Sequence[Rule] | None, source: str, path: str) -> list[Finding]:
    from shapeguard.lint.engine import check_source
    from shapeguard.lint.registry import load

    others = load().values() if rules is None else rules
    found = check_source(source, rules=[rule, *(r for r in others if r.code != rule.code)], path=path)
    return [f for f in found if f.code == rule.code or f.severity != "info"]


def _prove_by_linter(proof: Proof, rule: Rule, rules: Sequence[Rule] | None, example: Example, which: str) -> Finding | None:
    bad, good = _findings_of(rule, rules, example.bad, "bad.py"), _findings_of(rule, rules, example.good, "good.py")
    own = [f for f in bad if f.code == rule.code]
    rest = [f for f in bad if f.code != rule.code]
    proof.note(len(own) == 1, f"bad is flagged{which}", f"bad{which} is flagged {len(own)} times with {rule.code}, not once")
    proof.note(not rest, f"nothing else is said of bad{which}", f"bad{which} is flagged by others too: {_listed(rest)}")
    proof.note(not good, f"good is clean{which}", f"good{which} is flagged: {_listed(good)}")
    return own[0] if len(own) == 1 else None


def _listed(findings: Sequence[Finding]) -> str:
    return "; ".join(f"{f.code} in line {f.place.row}: {f.message}" for f in findings)


def _prove_fix(proof: Proof, rule: Rule, rules: Sequence[Rule] | None, example: Example, finding: Finding, which: str, run: bool) -> None:
    from shapeguard.lint.edits import apply

    if finding.fix is None:
        return
    mended = apply(example.bad, finding.fix.at.place, finding.fix)
    if mended is None:
        proof.note(False, f"the fix{which} cannot be written into bad: {finding.fix.template}")
        return
    left = _findings_of(rule, rules, mended, "fixed.py")
    proof.note(not left, f"the fix makes bad clean{which}", f"with its fix, bad{which} is still flagged: {_listed(left)}")
    if run:
        _prove_number(proof, mended, example, f"bad with its fix{which}")


# through torch


def _prove_by_torch(proof: Proof, example: Example, which: str) -> None:
    if not proof.note(bool(example.claims), f"something is claimed{which}", f"nothing is claimed of bad{which}"):
        return
    truth = _prove_number(proof, example.good, example, f"good{which}")
    if truth is not None:
        for claim in example.claims:
            try:
                _prove_claim(proof, claim, example, truth, which)
            except Exception as error:  # the example's own code
                proof.note(False, f"bad{which} cannot be run: {_error(error)}")


def _prove_number(proof: Proof, source: str, example: Example, what: str) -> float | None:
    try:
        truth = _truth(example)
    except Exception as error:  # the example's own code, here and below
        proof.note(False, f"the truth for {what} cannot be computed: {_error(error)}")
        return None
    try:
        got, _ = _loss(source, example)
    except Exception as error:
        proof.note(False, f"{what} cannot be run: {_error(error)}")
        return None
    ok = math.isfinite(truth) and math.isclose(got, truth, rel_tol=_CLOSE, abs_tol=1e-12)
    proof.note(ok, f"{what} gives the reference's {truth:.6g}", f"{what} gives {got:.9g}, the reference gives {truth:.9g}")
    return truth


def _prove_claim(proof: Proof, claim: Claim, example: Example, truth: float, which: str) -> None:
    if isinstance(claim, Raises):
        try:
            got, _ = _loss(example.bad, example)
        except Exception as error:
            name, text = type(error).__name__, str(error)
            fits = claim.exception in {c.__name__ for c in type(error).__mro__} and re.search(claim.match, text) is not None
            wrong = f"bad{which} raises {_error(error)}, not {claim.exception} with {claim.match!r}"
            proof.note(fits, f"bad raises {name}{which}", wrong)
        else:
            proof.note(False, f"bad{which} gives {got:.6g} and does not raise {claim.exception}")
        return
    got, inputs = _loss(example.bad, example)
    if isinstance(claim, NotFinite):
        odd = not math.isfinite(got) or not _torch().finite_gradients(inputs)
        proof.note(odd, f"bad is not finite{which}", f"bad{which} is finite: {got:.6g}")
    elif isinstance(claim, ZeroGradient):
        _, right = _loss(example.good, example)
        none, some = (_torch().gradient_at(i, claim.input, claim.at) for i in (inputs, right))
        where = f"{claim.input}[{claim.at}]"
        proof.note(none == 0, f"bad has no gradient at {where}{which}", f"bad{which} has a gradient at {where}")
        proof.note(some > 0, f"good has one{which}", f"good{which} has no gradient at {where} either")
    elif isinstance(claim, WrongNumber):
        far = math.isfinite(got) and abs(got - truth) > claim.by * max(abs(truth), 1e-6)
        near = f"bad{which} gives {got:.9g}, no further than {claim.by} from {truth:.9g}"
        proof.note(far, f"bad gives {got:.6g} for {truth:.6g}{which}", near)
    elif isinstance(claim, SameNumber):
        same = math.isclose(got, truth, rel_tol=_CLOSE, abs_tol=1e-12)
        proof.note(same, f"bad gives the right number too{which}", f"bad{which} gives {got:.9g}, not the same as {truth:.9g}")


def _error(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"


def _loss(source: str, example: Example) -> tuple[float, Mapping[str, Any]]:
    """What `step` of a program returns for the inputs, and the inputs with their gradients."""
    result: tuple[float, Mapping[str, Any]] = _torch().loss_of(source, example.given)
    return result


def _truth(example: Example) -> float:
    return float(_torch().truth_of(example.truth, example.good, example.given))


def _torch() -> ModuleType:
    try:
        from shapeguard import running
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "jaxtyping", "beartype", "numpy"):
            raise
        from shapeguard.errors import needs_torch

        raise needs_torch("prove", error) from None
    return running
