"""The work bound: what is cut off, and what is still seen behind it."""

from __future__ import annotations

import pytest

from shapeguard.analysis.interpreter.state import work as bound
from shapeguard.analysis.reading.project import Project
from shapeguard.analysis.survey.run import Analysis, analyse

HEAD = "import torch, torch.nn as nn, torch.nn.functional as F\n"
LOSS = """
def step(x: torch.Tensor, y: torch.Tensor):
    return F.cross_entropy(x.view(-1, 10), y.view(-1))
"""


def run(source: str) -> Analysis:
    path = "/nonexistent/program.py"
    found = analyse(Project("/nonexistent", lambda _: source.encode()), [path])
    assert not found.failures, found.failures
    return found


def test_what_a_module_defines_behind_its_bound_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    table = "def f(i):\n    return i + 1\n\nTABLE = [" + "f(1), " * 400 + "]\nimport torch.nn.functional as F\n"
    assert not run(HEAD + table + LOSS).bounded
    monkeypatch.setattr(bound, "FUEL", 500)
    found = run(HEAD + table + LOSS)
    assert found.bounded == ("/nonexistent/program.py: module",)
    assert [loss.site.place.row for loss in found.losses] == [9]


def test_the_main_block_behind_the_bound_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "FUEL", 500)
    table = "def f(i):\n    return i\n\nTABLE = [" + "f(1), " * 400 + "]\n"
    source = HEAD + table + "if __name__ == '__main__':\n    F.cross_entropy(torch.zeros(4, 10), torch.zeros(4).long())\n"
    assert len(run(source).losses) == 1


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_functions_inside_of_functions(depth: int) -> None:
    lines = [f"{'    ' * i}def f{i}():" for i in range(depth + 1)]
    inner = "    " * (depth + 1)
    lines.append(f"{inner}return F.cross_entropy(torch.zeros(4, 10), torch.zeros(4, dtype=torch.long))")
    lines += [f"{'    ' * i}return f{i}" for i in range(depth, 0, -1)]
    assert len(run(HEAD + "\n".join(lines) + "\n").losses) == 1


def test_a_long_sum_of_losses_keeps_short_histories() -> None:
    body = "    total = 0\n" + "    total += F.cross_entropy(x, y)\n" * 60 + "    total.backward()\n"
    losses = run(HEAD + "def step(x, y):\n" + body).losses
    assert len(losses) == 60
    assert max(len(path) for loss in losses for path in loss.after) <= 4
    assert all(path[-1].op in ("backward", "accumulate") for loss in losses for path in loss.after)


HEAVY = """
def heavy(x):
    total = 0
{}
    return total


def met(x):
    return F.cross_entropy(heavy(x), x)


"""


def test_what_met_no_loss_so_often_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[int] = []
    burn = bound.Work.burn

    def counted(left: bound.Work, amount: int = 1) -> None:
        spent.append(amount)
        burn(left, amount)

    monkeypatch.setattr(bound.Work, "burn", counted)

    def work(entries: int, first: str) -> int:
        spent.clear()
        heavy = HEAVY.format("    total = total + x\n" * 600)
        found = run(HEAD + heavy + "".join(f"def f{i}(criterion, x):\n    {first}\n    heavy(x)\n\n" for i in range(entries)))
        assert len(found.losses) == 1 + ("F." in first) * entries
        return sum(spent)

    vain, useful = "criterion(x)", "F.cross_entropy(x, x)"
    assert 20 * 250 < work(40, vain) - work(20, vain) < 20 * 400, "entry points that lead nowhere are cut short after the first"
    assert work(40, useful) - work(20, useful) > 20 * 600, "those with a loss are gone through"


def test_no_object_is_left_half_made() -> None:
    heavy = "class Model(nn.Module):\n    def __init__(self):\n" + "        self.width = 7\n" * 600
    heavy += "        self.head = nn.Linear(7, 9)\n\n"
    tries = "".join(f"def f{i}(criterion):\n    criterion(Model())\n\n" for i in range(20))
    loss = "def first(x, y):\n    return F.cross_entropy(Model().head(x), y)\n\n"  # the last to be run
    found = run(HEAD + heavy + loss + tries).losses
    assert [str(loss.logits.shape.axes[-1]) for loss in found] == ["9"]


def long(statements: int) -> str:
    return "    n = 1\n" * statements


def function(name: str, statements: int, then: int = 0, params: str = "x, y") -> str:
    second = long(then) + "    more = F.cross_entropy(x, y)\n    return more\n" if then else "    return loss\n"
    return f"def {name}({params}):\n{long(statements)}    loss = F.cross_entropy(x, y)\n{second}\n\n"


MAIN = "if __name__ == '__main__':\n    x, y = torch.zeros(4, 9), torch.zeros(4, dtype=torch.long)\n"


def test_what_leads_to_no_loss_leaves_work_for_what_does() -> None:
    plots = "".join(f"def plot{i}(x):\n{long(1400)}    return x\n\n\n" for i in range(12))
    main = MAIN + "".join(f"    plot{i}(x)\n" for i in range(12)) + "    train(x, y)\n"
    found = run(HEAD + plots + function("train", 2000) + main)
    assert not found.bounded
    (loss,) = found.losses
    assert str(loss.logits.shape) == "(4, 9)", "reached with what the program passes"


def test_what_leads_nowhere_still_gets_a_little() -> None:
    plots = "".join(f"def plot{i}(x):\n{long(1400)}    return x\n\n\n" for i in range(12))
    made = "def made():\n    return torch.zeros(4, 7)\n\n\n"
    main = MAIN + "".join(f"    plot{i}(x)\n" for i in range(12)) + "    train(made(), y)\n"
    (loss,) = run(HEAD + plots + made + function("train", 10) + main).losses
    assert str(loss.logits.shape) == "(4, 7)"


def test_what_the_bound_of_its_caller_cuts_off_is_run_by_itself() -> None:
    trains = "".join(function(f"train{i}", 4000) for i in range(4))
    found = run(HEAD + trains + MAIN + "".join(f"    train{i}(x, y)\n" for i in range(4)))
    assert found.bounded == ("/nonexistent/program.py: __main__",)
    assert [bool(loss.calls) for loss in found.losses] == [True, True, False, False]


def test_what_was_met_before_the_bound_is_not_judged_twice() -> None:
    found = run(HEAD + function("first", 4000) + function("train", 100, then=7000) + MAIN + "    first(x, y)\n    train(x, y)\n")
    assert found.bounded == ("/nonexistent/program.py: __main__",)
    assert len(found.losses) == 3
    assert [(bool(loss.calls), str(loss.logits.shape) == "(4, 9)") for loss in found.losses] == [(True, True), (True, True), (False, False)]


def test_what_a_round_of_a_loop_learnt_is_not_taken_for_what_was_run() -> None:
    loop = "    for _ in range(3):\n        train(x, y)\n"
    found = run(HEAD + function("train", 6000) + MAIN + loop)
    assert found.bounded == ("/nonexistent/program.py: __main__",)
    assert len(found.losses) == 1


def test_where_the_work_ended_is_told() -> None:
    found = run(HEAD + function("endless", 10_500) + function("short", 10) + MAIN + "    short(x, y)\n")
    assert len(found.losses) == 1
    assert [(site.module.path, site.node.name) for site in found.cut] == [("/nonexistent/program.py", "endless")]
    assert not run(HEAD + function("short", 10)).cut


def test_a_loop_at_the_top_of_a_script_is_run_behind_the_bound() -> None:
    table = "def f(i):\n" + long(400) + "    return F.softmax(i)\n\n\nTABLE = [" + "f(1), " * 40 + "]\n"
    criterion = "def criterion(x, y):\n" + long(600) + "    return F.cross_entropy(x, y)\n\n\n"
    found = run(HEAD + table + criterion + "for x, y in TABLE:\n    criterion(x, y).backward()\n")
    assert len(found.losses) == 1
    assert [tuple(a.op for a in path) for path in found.losses[0].after] == [("backward",)]


def test_functions_inside_of_what_was_cut_off() -> None:
    inner = "    def step(x, y):\n        return F.cross_entropy(x, y)\n\n"
    found = run(HEAD + f"def main(x, y):\n{inner}{long(10_500)}    return step(x, y)\n")
    assert found.bounded == ("/nonexistent/program.py: main",)
    assert len(found.losses) == 1


def test_an_object_that_takes_too_much_to_make_still_has_methods() -> None:
    made = "class Model(nn.Module):\n    def __init__(self, criterion):\n        self.head = nn.Linear(7, 9)\n"
    loss = "\n    def loss(self, x, y):\n        return F.cross_entropy(self.head(x), y)\n"
    found = run(HEAD + made + "        self.n = 1\n" * 10_500 + loss)
    assert [str(loss.logits.shape.axes[-1]) for loss in found.losses] == ["9"]
    assert found.bounded == ("/nonexistent/program.py: Model.__init__",)
