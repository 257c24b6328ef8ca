"""The ways that losses go: a set with a bound, and what passes the bound is not known."""

from __future__ import annotations

import pytest

from shapeguard.analysis.facts import aftermath
from shapeguard.analysis.facts.aftermath import MAX_PATHS, TOO_MANY, paths
from shapeguard.analysis.facts.values import After, LossCall, Uses
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import analyse
from shapeguard.lint.engine import check_source
from shapeguard.rule import Dim, Sym, missing, what_counts

HEAD = """
import torch.nn.functional as F
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def step(logits: Tensor, rows: list[Tensor], c, w):
    targets = pad_sequence(rows, batch_first=True)  # (B, T)
    mask = targets != 0
    loss = F.cross_entropy(logits.view(-1, 9), targets.view(-1), reduction="none")
"""

TWO = ("loss = loss / {i}.5", "loss = loss + w")


def losses(source: str) -> tuple[LossCall, ...]:
    found = analyse(Project("/nonexistent", lambda _: source.encode()), ["/nonexistent/program.py"])
    assert not found.failures, found.failures
    return found.losses


def only(source: str) -> LossCall:
    (found,) = losses(source)
    return found


def branches(count: int, *lines: str) -> str:
    return "".join(f"    if c.k{i}:\n        {line.format(i=i)}\n" for i in range(count) for line in lines or TWO)


def ops(loss: LossCall) -> set[tuple[str, ...]]:
    return {tuple(a.op for a in path) for path in loss.after}


def codes(source: str) -> set[str]:
    return {f.code for f in check_source(source) if f.severity in ("error", "warning")}


def test_each_way_is_one() -> None:
    body = "    if c:\n        loss = loss * mask.view(-1)\n    loss = loss.sum()\n    loss.backward()\n"
    assert ops(only(HEAD + body)) == {("times", "sum", "backward"), ("sum", "backward")}


def test_where_it_was_looked_at_on_the_way_is_no_way_of_its_own() -> None:
    body = "    print(loss.sum().item())\n    total = loss.sum()\n    kept = total / 3\n    total.backward()\n"
    assert ops(only(HEAD + body)) == {("sum", "item"), ("sum", "div"), ("sum", "backward")}


def test_the_last_of_several_factors_is_told() -> None:
    body = branches(40, "loss = loss / {i}.5") + "    loss.sum().backward()\n"
    found = only(HEAD + body)
    assert ops(found) == {("div", "sum", "backward"), ("sum", "backward")}
    assert {path[0].text for path in found.after if path[0].op == "div"} == {f"/ {i}.5" for i in range(40)}


def test_a_factor_is_none_where_a_count_or_a_mask_scales() -> None:
    body = "    loss = loss / 2 * mask.view(-1) / 3\n    loss = loss.sum() / 4 / mask.sum() / 5\n    loss.backward()\n"
    assert ops(only(HEAD + body)) == {("div", "times", "div", "sum", "div", "div", "div", "backward")}


def test_what_passes_the_bound_is_not_known() -> None:
    few = only(HEAD + branches(2) + "    loss.sum().backward()\n")
    assert len(few.after) > 8
    assert all(a.op != "unknown" for path in few.after for a in path)
    many = only(HEAD + branches(7) + "    loss.sum().backward()\n")
    assert many.after == ((TOO_MANY,),)
    assert any("what becomes of the loss" in gap for gap in missing(many))
    assert not any("what becomes of the loss" in gap for gap in missing(few))
    assert what_counts(many).divides is None


FAULTS = {
    "SG301": "    loss = loss * mask.view(-1)\n{}    loss.mean().backward()\n",
    "SG201": "    c.seen(mask)\n{}    loss.mean().backward()\n",
    "SG205": "{}    loss.mean().backward()\n",
    "SG206": "{}    loss = loss.mean() * mask\n    loss.sum().backward()\n",
}


@pytest.mark.parametrize("code", FAULTS)
def test_no_fault_rests_on_what_became_of_a_loss_that_went_too_many_ways(code: str) -> None:
    found = {count: codes(HEAD + FAULTS[code].format(branches(count))) for count in (0, 2, 8)}
    assert found == {0: {code}, 2: {code}, 8: set()}


def test_the_way_of_one_loss_is_not_known_and_that_of_another_is() -> None:
    body = "    other = F.cross_entropy(logits[0], targets[0])\n    other.backward()\n" + branches(8) + "    loss.sum().backward()\n"
    found = {loss.reduction.value: loss for loss in losses(HEAD + body)}
    assert found["none"].after == ((TOO_MANY,),)
    assert ops(found["mean"]) == {("backward",)}


def count_joins(monkeypatch: pytest.MonkeyPatch, made: list[int]) -> None:
    either = aftermath._ways_of_both

    def counted(a: aftermath._Ways, b: aftermath._Ways) -> aftermath._Ways:
        made.append(1)
        return either(a, b)

    monkeypatch.setattr(aftermath, "_ways_of_both", counted)


def chain(count: int) -> Uses:
    total = Uses(loss=0)
    for i in range(1, count):
        total = Uses.together((total.then(After("add", name="+")), Uses(loss=i).then(After("add", name="+"))))  # type: ignore[assignment]
    return total


def test_the_work_of_a_sum_grows_with_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    count_joins(monkeypatch, made)

    def work(count: int) -> int:
        made.clear()
        found = paths([chain(count).then(After("backward"))])
        assert len(found) == count
        assert all(tuple(a.op for a in path) == ("add", "backward") for ways in found.values() for path in ways)
        return len(made)

    assert work(1600) < 2.2 * work(800)


def test_the_ways_of_branch_after_branch_are_not_gone_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    count_joins(monkeypatch, made)
    use = Uses(loss=1)
    for i in range(200):
        use = Uses.together((use, use.then(After("times", by=Dim.of(Sym(f"w{i}", -i - 1))))))  # type: ignore[assignment]
    assert paths([use.then(After("backward"))]) == {1: ((TOO_MANY,),)}
    assert len(made) < 200 * 2 * MAX_PATHS


@pytest.mark.parametrize("form", ["a += {}", "a = a + {}", "ls.append({})"])
def test_hundreds_of_losses_in_one_function(form: str) -> None:
    lines = "".join("    " + form.format("F.cross_entropy(x, y)") + "\n" for _ in range(300))
    source = f"import torch.nn.functional as F\n\n\ndef step(x, y):\n    a, ls = 0, []\n{lines}    a = a + sum(ls)\n    a.backward()\n"
    found = losses(source)
    assert len(found) == 300
    assert max(len(path) for loss in found for path in loss.after) <= 4
    assert all(loss.after and len(loss.after) <= 3 for loss in found)
