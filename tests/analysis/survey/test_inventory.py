"""The inventory: every loss that the syntax shows is a row, whatever the interpreter made of it, and what is no loss is none."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from shapeguard.analysis.survey.entries import BOUND, NO_BRANCH, NO_CALLER
from tests.command import Run

KEYS = ["filename", "location", "end_location", "cell", "spelling", "verdict", "counts", "ignores", "divides", "padding", "shift"]
KEYS += ["codes", "missing", "calls", "silenced"]
HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch.nn.functional import cross_entropy as ce\n"


def write(package: dict[str, str] | None = None, **sources: str) -> None:
    for name, source in {**(package or {}), **sources}.items():
        path = Path(name + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(source))


def listed(run: Run, *arguments: str) -> list[dict[str, Any]]:
    done = run("inventory", "--output-format", "json", *arguments)
    assert done.code == 0, done.err
    return done.rows


def marked(source: str) -> list[int]:
    """The rows that end in `# row`."""
    return [n for n, line in enumerate(source.splitlines(), 1) if line.endswith("# row")]


SPELLED = {
    "what modules of torch hand on": """
        import torch
        import torch.nn.modules.loss as losses
        from torch.functional import F
        from torch.nn.modules.loss import F as G
        from torch.nn.modules import CrossEntropyLoss
        def f(x, y):
            a = F.cross_entropy(x, y)  # row
            b = G.nll_loss(G.log_softmax(x, -1), y)  # row
            c = CrossEntropyLoss()(x, y)  # row
            d = losses.CrossEntropyLoss(ignore_index=0)(x, y)  # row
            e = torch.functional.F.cross_entropy(x, y)  # row
            return a + b + c + d + e
    """,
    "functions under any alias": """
        import torch
        from torch import nn as n
        import torch.nn.functional as G
        from torch.nn import functional
        from torch.nn.functional import nll_loss as pick, cross_entropy
        def f(x, y):
            a = G.cross_entropy(x, y)  # row
            b = functional.nll_loss(x.log_softmax(-1), y)  # row
            c = pick(x.log_softmax(-1), y)  # row
            d = cross_entropy(x, y)  # row
            e = torch.nn.functional.cross_entropy(x, y)  # row
            g = n.functional.cross_entropy(x, y)  # row
            return a + b + c + d + e + g
        """,
    "star imports": """
        from torch.nn import *
        from torch.nn.functional import *
        crit = CrossEntropyLoss()
        def f(x, y):
            return crit(x, y) + cross_entropy(x, y) + nll_loss(x, y)  # row
        """,
    "objects called at once, by forward, and behind wrappers": """
        import functools, copy, torch
        import torch.nn as nn
        def f(x, y, device):
            a = nn.CrossEntropyLoss()(x, y)  # row
            b = nn.NLLLoss(reduction="sum").to(device)(x, y)  # row
            c = nn.CrossEntropyLoss().forward(x, y)  # row
            d = functools.partial(nn.functional.cross_entropy, ignore_index=0)(x, y)  # row
            e = functools.partial(nn.CrossEntropyLoss, ignore_index=0)()(x, y)  # row
            g = torch.compile(nn.CrossEntropyLoss())(x, y)  # row
            h = getattr(nn, "CrossEntropyLoss")()(x, y)  # row
            return a + b + c + d + e + g + h
        """,
    "names and attributes that hold one": """
        import torch.nn as nn
        from torch.nn import CrossEntropyLoss
        TABLE = {"ce": nn.CrossEntropyLoss(), "nll": nn.NLLLoss()}
        LIST = [nn.CrossEntropyLoss(), nn.MSELoss()]
        class Net(nn.Module):
            loss = nn.NLLLoss()
            def __init__(self, weight=None):
                super().__init__()
                self.criterion = nn.CrossEntropyLoss(weight=weight)
                self.parts = nn.ModuleDict({"a": nn.CrossEntropyLoss()})
            def step(self, x, y):
                a = self.criterion(x, y)  # row
                b = self.loss(x, y)  # row
                c = self.parts["a"](x, y)  # row
                d = TABLE["ce"](x, y)  # row
                for name, crit in TABLE.items():
                    d = d + crit(x, y)  # row
                return a + b + c + d + LIST[0](x, y)  # row
        class Above(Net):
            def other(self, x, y):
                return self.criterion(x, y)  # row
        class Odd:
            def __init__(self):
                self.criterion = CrossEntropyLoss()
                def train(self, x, y):
                    return loop(x, y, self.criterion)
        def loop(x, y, given):
            return given(x, y)  # row
        def local(x, y, how=None):
            how = how or CrossEntropyLoss(ignore_index=0)
            return how(x, y)  # row
        def default(x, y, how=nn.functional.cross_entropy):
            return how(x, y)  # row
        def annotated(x, y, how: nn.CrossEntropyLoss):
            return how(x, y)  # row
        """,
    "classes of the project": """
        import torch.nn as nn
        import torch.nn.functional as F
        class Smooth(nn.CrossEntropyLoss):
            def forward(self, x, y):
                return super().forward(x, y) / 2  # row
        class Focal(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.CrossEntropyLoss(reduction="none")
            def forward(self, x, y):
                return self._mean(x, y)
            def _mean(self, x, y):
                return self.inner(x, y).mean()  # row
        class LM(nn.Module):
            def forward(self, ids, targets=None):
                logits = ids
                if targets is None:
                    return logits, None
                return logits, F.cross_entropy(logits, targets)  # row
        focal, smooth, lm = Focal(), Smooth(), LM()
        def f(x, y):
            lm(x)
            lm(x, None)
            logits, loss = lm(x, targets=y)  # row
            return focal(x, y) + loss  # row
        def g(x, y):
            return smooth(x, y)  # row
        """,
    "models and trainers": """
        from transformers import AutoModelForCausalLM, Seq2SeqTrainer, Trainer
        from trl import SFTTrainer
        model = AutoModelForCausalLM.from_pretrained("gpt2")
        class Own(Trainer):
            pass
        class Wrapped:
            def __init__(self, decoder):
                self.decoder = decoder
            def forward(self, batch, labels):
                out = self.decoder(batch, labels=labels)  # row
                return out.loss + self.other(**batch).loss  # row
        def a(batch, labels, net):
            out = model(batch, labels=labels)  # row
            model(batch, labels=None)
            other = net(batch, labels=labels)  # row
            third = net(**batch)  # row
            loss, logits = net(batch, labels=labels)  # row
            first = net(batch, labels=labels)[0]  # row
            logits = net(**batch).logits
            return out.loss + other.loss + third["loss"] + loss + first
        def b(data, collate):
            one = Trainer(model=model, train_dataset=data, data_collator=collate)
            one.train()  # row
            Own(model=model, train_dataset=data).train()  # row
            made = SFTTrainer(model, train_dataset=data)  # row
            return Seq2SeqTrainer(model)  # row
        """,
    "a model whose answer is handed on": """
        class Tuner:
            def __init__(self, net):
                self.net = net
            def forward(self, ids, labels=None):
                out = self.net(ids, labels=labels)  # row
                return out
            def training_step(self, batch):
                out = self.forward(batch, batch)
                return out[0]
        def answer(net, x):
            return net(x, labels=x)  # row
        def quiet(net, x):
            return net(x, labels=x)
        def f(net, x):
            quiet(net, x).logits.sum()
            return answer(net, x).loss
        def step(model, ids, labels):
            scored = model(ids, labels=labels)  # row
            return scored
        """,
    "the losses of this package": """
        from shapeguard import MaskedCrossEntropyLoss, masked_cross_entropy
        crit = MaskedCrossEntropyLoss()
        def f(x, y, mask):
            return masked_cross_entropy(x, y, mask) + crit(x, y)  # row
        """,
    "what torch has beside those that are followed": """
        import torch.nn as nn
        import torch.nn.functional as F
        crit = nn.LinearCrossEntropyLoss(4, 5)
        def f(x, w, y):
            return F.linear_cross_entropy(x, w, y) + crit(x, y)  # row
        """,
    "a loss that is taken out of an answer": """
        import torch
        def slices(net, x):
            out = net(x, labels=x)  # row
            eval_loss, logits = out[:2]
            return eval_loss
        def later(net, x):
            out = net(x, labels=x)  # row
            loss, *rest = out
            return loss
        def not_first(net, x):
            logits, nll_loss, state = net(x, labels=x)  # row
            out = net(x, labels=x)  # row
            loss = out[1]
            (loss, logits), state = net(x, labels=x)  # row
            return nll_loss, loss
        def by_name(net, x):
            out = net(x, labels=x)  # row
            getattr(net(x, labels=x), "loss").backward()  # row
            return out.get("loss")
        def reduced(net, x):
            loss = net(x, labels=x).mean()  # row
            total_loss = torch.mean(net(x, labels=x))  # row
            return loss + total_loss
        def as_tuple(net, x):
            out = net(x, labels=x).to_tuple()  # row
            return out[0].backward()
        def handed(net, batch):
            out = net(**batch)  # row
            loss = out[0]
            loss = net(**batch)[0]  # row
            loss, logits = net(**batch)  # row
            logits = net(**batch)[0]
            loss_fn, logits = net(**batch)
            loss = net(logits)[0]
            return loss, logits
        """,
    "an answer of which no attribute speaks": """
        def f(net, batch):
            return net(batch["ids"], labels = batch["labels"])[0]  # row
        def g(net, batch):
            loss = f(net, batch)
            return loss
        """,
    "a batch whose first entry is the loss": """
        def f(net, batch):
            loss = net(**batch)[0]  # row
            return loss
        """,
    "a trainer with spaces around its arguments": """
        from trl import SFTTrainer
        def f(model, data):
            trainer = SFTTrainer(
                model = model,
                train_dataset = data,
            )
            stats = trainer.train()  # row
            return stats
        """,
    "a trainer that is given its data by place": """
        from trl import SFTTrainer
        def f(model, args, data):
            SFTTrainer(model, args, None, data).train()  # row
        """,
    "a trainer that only predicts": """
        from transformers import Seq2SeqTrainer
        def f(model, args):
            trainer = Seq2SeqTrainer(model=model, args=args)  # row
            return trainer.predict([])
        """,
    "a trainer of the project's own": """
        import transformers
        class Ours(transformers.Trainer):
            def get_train_dataloader(self):
                return self.data
        def f(options):
            ours = Ours(**options)
            ours.train()  # row
        """,
    "attributes that are registered": """
        import torch.nn as nn
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_module("first", nn.CrossEntropyLoss())
                self.add_module("second", nn.NLLLoss())
                setattr(self, "third", nn.CrossEntropyLoss())
            def step(self, x, y):
                a = self.first(x, y)  # row
                b = self.second(x, y)  # row
                return a + b + self.third(x, y)  # row
        """,
    "functions that make one": """
        import torch.nn as nn
        def build(name):
            if name == "ce":
                return nn.CrossEntropyLoss()
            return nn.NLLLoss()
        def f(x, y):
            crit = build("ce")
            return crit(x, y)  # row
        """,
}


@pytest.mark.parametrize("source", SPELLED.values(), ids=[n.replace(" ", "-") for n in SPELLED])
def test_every_loss_that_the_syntax_shows_is_a_row(run: Run, source: str) -> None:
    write(train=source)
    assert sorted({r["location"]["row"] for r in listed(run)}) == marked(source)


def test_what_is_no_loss_is_no_row(run: Run) -> None:
    write(
        train="""
        import torch.nn as nn
        import matplotlib.pyplot as plt
        from sklearn.metrics import f1_score
        from mine import cross_entropy
        crit = nn.MSELoss()
        class CrossEntropyLoss:
            def __call__(self, a, b):
                return a - b
        class Metric:
            def labels(self, **given):
                return given
        def f(x, y, batch, model):
            plt.pie(x, labels=y)[0]
            score = f1_score(x, y, labels=[1])[0]
            out = model(**batch)
            nn.CrossEntropyLoss
            made = nn.CrossEntropyLoss()
            made.to("cuda")
            return crit(x, y) + CrossEntropyLoss()(x, y) + cross_entropy(x, y), out.logits, Metric().labels(labels=y)
        def again(x, y):
            fn = nn.CrossEntropyLoss()
            fn = nn.MSELoss()
            return fn(x, y)
        """,
        mine="def cross_entropy(a, b):\n    return a - b\n",
    )
    assert listed(run) == []


def test_the_keys(run: Run) -> None:
    write(train=HEAD + "def f(x: torch.Tensor, y):\n    return F.cross_entropy(x.softmax(-1), y)\n")
    (row,) = listed(run)
    assert list(row) == KEYS
    assert (row["filename"], row["location"], row["end_location"]) == ("train.py", {"row": 6, "column": 12}, {"row": 6, "column": 45})
    assert (row["cell"], row["spelling"], row["verdict"], row["codes"]) == (None, "F.cross_entropy", "fault", ["SG401"])
    assert (row["calls"], row["silenced"], row["shift"]) == ([], False, None)
    assert row["padding"] is None
    assert "whether there is padding in `y`: where that comes from was not seen" in row["missing"]
    assert row["divides"] == "the positions it counts"


def test_the_cell_of_a_notebook(run: Run) -> None:
    parts = (("markdown", "# title"), ("code", HEAD), ("code", "def f(x, y):\n    return ce(x, y)"))
    empty: dict[str, Any] = {"metadata": {}, "outputs": [], "execution_count": None}
    cells = [{"cell_type": kind, "source": text, **empty} for kind, text in parts]
    Path("train.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    (row,) = listed(run)
    assert (row["cell"], row["location"]) == (2, {"row": 2, "column": 12})


def test_one_of_several_is_judged_for_each(run: Run) -> None:
    source = HEAD + dedent("""
        class Focal(nn.Module):
            def forward(self, x, y):
                return F.nll_loss(F.log_softmax(x, -1), y)
        def f(a, x, y):
            if a == 1:
                crit = Focal()
            elif a == 2:
                crit = nn.CrossEntropyLoss()
            else:
                crit = nn.NLLLoss()
            return crit(x.softmax(-1), y)
        """)
    write(train=source)
    inner, outer = listed(run)
    assert outer["spelling"] == "Focal or nn.CrossEntropyLoss or nn.NLLLoss"
    assert outer["verdict"] == "fault" and {"SG401", "SG402"} <= set(outer["codes"])
    assert inner["spelling"] == "F.nll_loss" and [c["location"]["row"] for c in inner["calls"]] == [outer["location"]["row"]]


def test_beside_what_is_no_loss_a_finding_is_not_sure(run: Run) -> None:
    body = "    return crit(x.softmax(-1), y)\n"
    write(
        mixed=HEAD + "def f(a, x, y):\n    crit = nn.CrossEntropyLoss() if a else nn.BCELoss()\n" + body,
        late=HEAD + "def f(a, x, y):\n    crit = None\n    if a:\n        crit = nn.CrossEntropyLoss()\n" + body,
        plain=HEAD + "def f(a, x, y):\n    crit = nn.CrossEntropyLoss()\n" + body,
    )
    found = {(f["filename"], f["code"], f["severity"]) for f in json.loads(run("check", "--output-format", "json").out)}
    assert found == {("mixed.py", "SG401", "warning"), ("late.py", "SG401", "warning"), ("plain.py", "SG401", "error")}
    assert {r["verdict"] for r in listed(run)} == {"fault"}


def test_a_function_whose_only_caller_ends_before_its_loss(run: Run) -> None:
    source = HEAD + dedent("""
        class LM(nn.Module):
            def forward(self, ids, labels=None):
                probs = ids.softmax(-1)
                if labels is not None:
                    return ce(probs, labels)
                return probs
        def step(x, y=None):
            if y is None:
                return None
            return ce(x.softmax(-1), y)
        def generate(ids):
            step(ids)
            return LM()(ids)
        """)
    write(train=source)
    assert [(r["verdict"], r["codes"], r["calls"]) for r in listed(run)] == [("fault", ["SG401"], [])] * 2


def test_what_callers_reach_is_judged_by_them_alone(run: Run) -> None:
    source = HEAD + dedent("""
        def step(x, y, extra=None):
            loss = ce(x, y, ignore_index=0, reduction="mean")
            if extra is not None:
                loss = loss + ce(x, extra)
            return loss
        def train():
            return step(torch.randn(8, 5), torch.randint(1, 5, (8,)))
        """)
    write(train=source)
    first, second = listed(run)
    assert (first["verdict"], len(first["calls"])) == ("understood", 1)
    assert second["verdict"] == "unknown" and second["calls"] == []


def test_why_a_loss_is_not_reached(run: Run) -> None:
    source = HEAD + dedent("""
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            ce(1, 2)
        if False:
            ce(1, 2)
        def f(x, y):
            return x
            return ce(x, y)
        def g(x, y):
            mode = "a"
            if mode == "b":
                return ce(x, y)
            return x
        """)
    write(train=source)
    constant, other, ended, branch = listed(run)
    assert {r["verdict"] for r in (constant, other, ended, branch)} == {"unreached"}
    assert constant["missing"] == other["missing"] == ["it stands behind a constant branch"]
    assert ended["missing"] == ["the path ends above it, in the same block"]
    assert branch["missing"] == [NO_BRANCH]
    assert (branch["counts"], branch["padding"], branch["divides"]) == (None, None, None)


def test_where_the_work_bound_was_met(run: Run) -> None:
    steps = "".join(f"    x = x + {n}\n" for n in range(11_000))
    write(train=HEAD + "def f(x, y):\n" + steps + "    return ce(x, y)\n")
    (row,) = listed(run)
    assert (row["verdict"], row["missing"]) == ("unreached", [BOUND])


def test_a_function_inside_another_that_nobody_calls(run: Run) -> None:
    source = HEAD + dedent("""
        def f(make):
            @make.of(1)
            def g(x, y):
                return ce(x, y)
            return 1
        def h():
            class Inner:
                def step(self, x, y):
                    return ce(x, y)
            return Inner
        """)
    write(train=source)
    inner, method = listed(run)
    assert inner["verdict"] == "unknown"
    assert (method["verdict"], method["missing"]) == ("unreached", [NO_CALLER])


def test_a_silenced_finding_is_a_fault(run: Run) -> None:
    write(
        train=HEAD + "def f(x, y):\n    return ce(x.softmax(-1), y)  # shapeguard: ignore[SG401]\n",
        other=HEAD + "def f(x, y):\n    return ce(x.softmax(-1), y)\n",
    )
    Path("pyproject.toml").write_text('[tool.shapeguard]\nper-file-ignores = {"other.py" = ["SG4"]}\n')
    assert [(r["verdict"], r["codes"], r["silenced"]) for r in listed(run)] == [("fault", ["SG401"], True)] * 2
    (_, there) = listed(run, "--isolated")
    assert (there["filename"], there["silenced"]) == ("train.py", True)
    assert {r["verdict"] for r in listed(run, "--ignore", "SG401")} == {"unknown"}
    assert {r["verdict"] for r in listed(run, "--select", "SG2")} == {"unknown"}


def test_an_info_is_no_fault(run: Run) -> None:
    write(train=HEAD + "def f(x, y):\n    return ce(torch.randn(4, 5).log_softmax(-1), torch.randint(5, (4,)))\n")
    assert [f["severity"] for f in json.loads(run("check", "--select", "ALL", "--output-format", "json").out)] == ["info"]
    (row,) = listed(run, "--select", "ALL")
    assert (row["verdict"], row["codes"]) == ("understood", [])


def test_the_worst_of_several_callers(run: Run) -> None:
    source = HEAD + dedent("""
        def loss_of(x, y):
            return ce(x, y)
        def right():
            return loss_of(torch.randn(8, 5), torch.randint(5, (8,)))
        def unclear(x, y):
            return loss_of(x, y)
        """)
    write(train=source)
    (row,) = listed(run)
    assert row["verdict"] == "unknown" and row["missing"] and len(row["calls"]) == 2
    write(train=source + "def wrong(x, y):\n    return loss_of(x.softmax(-1), y)\n")
    (row,) = listed(run)
    assert (row["verdict"], row["codes"], len(row["calls"])) == ("fault", ["SG401"], 3)


def test_the_object_of_a_class_has_the_verdict_of_its_own_call(run: Run) -> None:
    source = HEAD + dedent("""
        class Mine(nn.Module):
            def forward(self, x, y):
                return ce(x, y)
        crit = Mine()
        def right():
            return crit(torch.randn(8, 5), torch.randint(5, (8,)))
        def wrong():
            return crit(torch.randn(8, 5).softmax(-1), torch.randint(5, (8,)))
        """)
    write(train=source)
    inner, right, wrong = listed(run)
    assert (inner["verdict"], right["verdict"], wrong["verdict"]) == ("fault", "understood", "fault")
    assert (right["spelling"], wrong["codes"]) == ("Mine", ["SG401"])


def test_losses_of_other_files(run: Run) -> None:
    write(
        {
            "lib/__init__": "from .losses import make, again, Own\n",
            "lib/losses": HEAD + "from torch.nn.functional import cross_entropy as again\n"
            "def make(n):\n    return nn.CrossEntropyLoss(ignore_index=n)\nclass Own(nn.NLLLoss):\n    pass\n",
        },
        train="""
        import lib
        from lib import again, make, Own
        class Run:
            def __init__(self):
                self.objective = make(0)
            def go(self, x, y):
                return self.objective(x, y)  # row
        def f(x, y, how):
            own = Own()
            return lib.again(x, y) + again(x, y) + own(x, y) + how(x, y)  # row
        f(1, 2, make(3))
        """,
    )
    rows = listed(run)
    assert [(r["filename"], r["location"]["row"]) for r in rows] == [("train.py", 8)] + [("train.py", 11)] * 4
    write(
        hand="from other import do\nimport torch.nn as nn\ndo(1, 2, nn.CrossEntropyLoss())\n",
        other="def do(x, y, how):\n    return how(x, y)\n",
    )
    assert [r["spelling"] for r in listed(run) if r["filename"] == "other.py"] == ["nn.CrossEntropyLoss"]


def test_a_fault_of_another_file_is_a_row(run: Run) -> None:
    write(
        rows="import torch\nfrom torch.nn.utils.rnn import pad_sequence\ndef rows(texts: list[list[int]]):\n"
        "    return pad_sequence([torch.tensor(t) for t in texts], batch_first=True)\n",
        train="import torch.nn.functional as F\nfrom rows import rows\ndef fit(model, texts: list[list[int]]):\n"
        "    ids = rows(texts)\n    logits = model(ids[:, :-1])\n"
        "    F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()\n"
        "def other(x, y):\n    return F.cross_entropy(x, y)\n",
    )
    assert [(r["filename"], r["location"]["row"], r["codes"]) for r in listed(run, "rows.py")] == [("train.py", 6, ["SG201"])]
    assert len(listed(run, "train.py")) == 2
    told = run("check", "-v", "rows.py").out
    assert "1 loss call: 1 fault" in told and "train.py:6:5: F.cross_entropy: fault (SG201)" in told


@pytest.mark.parametrize("form", ["json", "markdown"])
def test_what_was_not_read_is_told(run: Run, form: str) -> None:
    write(a="(nll_loss): int = 1\n")
    done = run("inventory", "--output-format", form)
    assert done.code == 0
    assert done.err.startswith("shapeguard: 1 file not read: a.py:1: ")
    assert run("inventory").err == ""


def test_a_loss_that_the_configuration_names(run: Run) -> None:
    Path("pyproject.toml").write_text('[tool.shapeguard]\nlosses = ["mine.sequence_loss"]\n')
    write(
        train="from mine import sequence_loss\ndef f(x, y):\n    return sequence_loss(x, y)\n",
        mine="def sequence_loss(x, y):\n    return x\n",
    )
    (row,) = listed(run)
    assert (row["filename"], row["spelling"], row["verdict"]) == ("train.py", "sequence_loss", "unknown")


def test_the_padding_and_the_shift_are_answered(run: Run) -> None:
    source = HEAD + dedent("""
        from torch.nn.utils.rnn import pad_sequence
        def f(rows, model):
            ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True{pad})
            x = nn.Linear(4, 9)(nn.Embedding(9, 4)(ids[:, :-1]))
            return ce(x.flatten(0, 1), ids[:, 1:].flatten())
        """)
    write(train=source.replace("{pad}", ", padding_value=-100"))
    (kept,) = listed(run)
    assert (kept["padding"], kept["shift"]) == (
        "no: padding -100 is kept out: -100 is ignored unless told otherwise, and written there (line 8)",
        "the targets are 1 ahead of the ids that were fed",
    )
    write(train=source.replace("{pad}", ""))
    (counted,) = listed(run)
    assert (counted["padding"], counted["verdict"]) == ("yes: padding 0 reaches the loss", "fault")


def test_text_and_markdown(run: Run) -> None:
    write(train=HEAD + "def f(x, y):\n    return ce(x.softmax(-1), y)\nif False:\n    ce(1, 2)\n")
    done = run("inventory")
    fault, never, last = done.out.splitlines()
    assert done.code == 0
    assert fault.startswith("train.py:6:12: F.cross_entropy: fault (SG401); counts the positions of the targets; ignores id -100 (the ")
    assert "; padding: " not in fault
    assert never == "train.py:8:5: F.cross_entropy: unreached (it stands behind a constant branch)"
    assert last == "1 file checked, 2 loss calls: 1 fault, 0 understood, 0 unknown, 1 unreached (50 % understood)"
    assert run("check", "-v", "--output-format", "concise").out.splitlines()[1:3] == [fault, never]
    table = run("inventory", "--output-format", "markdown").out.splitlines()
    assert [line.count(" | ") for line in table[:4]] == [6] * 4
    assert table[3].startswith("| train.py:8:5 | F.cross\\_entropy | unreached: it stands behind a constant branch |")
    assert table[-1] == "2 loss calls: 1 fault, 0 understood, 0 unknown, 1 unreached (50 % understood)"


def test_a_name_ends_no_cell_of_the_table(run: Run) -> None:
    Path("a|b `c`.py").write_text(HEAD + "def f(x, y):\n    return ce(x, y)\n")
    row = run("inventory", "--output-format", "markdown").out.splitlines()[2]
    assert row.startswith("| a\\|b \\`c\\`.py:6:12 | ")


def test_nothing_to_list(run: Run) -> None:
    write(train="x = 1\n")
    assert listed(run) == []
    assert run("inventory").out == "1 file checked, 0 loss calls: 0 faults, 0 understood, 0 unknown, 0 unreached\n"
    assert run("inventory", "--max-unknown", "0").code == 0


@pytest.mark.parametrize("command", ["check", "inventory"])
def test_how_many_may_be_unknown(run: Run, command: str) -> None:
    write(train=HEAD + "def f(x, y):\n    return ce(x, y)\nif False:\n    ce(1, 2)\n")
    assert run(command, "--max-unknown", "2").code == 0
    done = run(command, "--max-unknown", "1")
    assert (done.code, done.err) == (1, "shapeguard: 2 losses are unknown or unreached, and --max-unknown allows 1\n")
    assert run(command, "--max-unknown", "-1").code == 2
    assert run(command, "--max-unknown", "few").code == 2


def test_bad_usage(run: Run) -> None:
    assert run("inventory", "nosuch.py").code == 2
    assert run("inventory", "--output-format", "github").code == 2
    assert run("inventory", "--select", "SG999").code == 2
    write(train=HEAD + "def f(x, y):\n    return ce(x.softmax(-1), y)\n")
    assert run("inventory", "--no-cache", "--isolated").code == 0  # a fault is no failure of the inventory
    done = run("inventory", "-", "--output-format", "json", stdin=b"from torch.nn.functional import nll_loss\nnll_loss(1, 2)\n")
    assert [r["filename"] for r in done.rows] == ["stdin.py"]


HOSTILE = {
    "a class derived from itself": "class A(A):\n    pass\na = A()\na(1, 2)\nce(1, 2)  # row\n",
    "two classes derived from each other": "class A(B):\n    pass\nclass B(A):\n    pass\nB()(1, 2)\nce(1, 2)  # row\n",
    "a name bound to itself": "crit = crit\ncrit = [crit, crit][0]\ncrit(1, 2)\nce(1, 2)  # row\n",
    "functions that return each other": "def f():\n    return g()\ndef g():\n    return f()\n"
    "def h(x, y):\n    return f()(x, y) + ce(x, y)  # row\n",
    "a forward that calls its object": "class A(nn.Module):\n    def forward(self, x, y):\n        return self(x, y) + ce(x, y)  # row\n",
    "a file that imports itself": "from train import *\nimport train\ntrain.f(1, 2)\ndef f(x, y):\n    return ce(x, y)  # row\n",
    "lambdas, walrus and comprehensions": "f = lambda x, y: ce(x, y)  # row\n"
    "def g(xs, y):\n    return [c(x, y) for x in xs if (c := nn.NLLLoss())]  # row\n",
    "too many of them": "".join(f"c = nn.CrossEntropyLoss(ignore_index={n})\n" for n in range(300))
    + "def f(x, y):\n    return c(x, y)  # row\n",
    "globals": "crit = None\ndef make():\n    global crit\n    crit = nn.CrossEntropyLoss()\n"
    "def f(x, y):\n    make()\n    return crit(x, y)  # row\n",
    "a loss as an argument of a loss": "def f(x, y):\n    return ce(ce(x, y, reduction='none'), y)  # row\n",
    "no arguments": "ce()  # row\nnn.CrossEntropyLoss()(*())  # row\n",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=[n.replace(" ", "-") for n in HOSTILE])
def test_odd_sources(run: Run, source: str) -> None:
    write(train=HEAD + source)
    done = run("inventory", "--output-format", "json")
    assert (done.code, done.err) == (0, "")
    assert sorted({r["location"]["row"] for r in done.rows}) == marked(HEAD + source)


def test_chains_of_wrappers_are_cheap(run: Run) -> None:
    chain = "def f0():\n    return nn.CrossEntropyLoss()\n" + "".join(
        f"def f{n}():\n    return f{n - 1}() or f{n - 1}()\n" for n in range(1, 40)
    )
    write(train=HEAD + chain + "def g(x, y):\n    return f39()(x, y)\n")
    assert [r["spelling"] for r in listed(run)] == ["nn.CrossEntropyLoss"]
