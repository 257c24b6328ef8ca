"""What a finding tells to do is right where it is told, and does not lead into the next fault."""

from __future__ import annotations

import pytest

from shapeguard.lint.edits import apply
from shapeguard.lint.engine import check_source

PADDED = """
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token


def collate(rows):
    labels = []
    for prompt, answer in rows:
        p, a = tokenizer(prompt)["input_ids"], tokenizer(answer)["input_ids"] + [tokenizer.eos_token_id]
        labels.append(torch.tensor({before}a))
    return pad_sequence(labels, batch_first=True, padding_value={pad})


def loss_of(logits, rows):
    return F.cross_entropy(logits.flatten(0, 1), collate(rows).flatten(){option})
"""


@pytest.mark.parametrize(
    ("before", "pad", "option", "advice", "fix"),
    [
        ("", "0", "", "pass ignore_index=0", True),
        ("[-100] * len(p) + ", "0", "", "pad the targets with -100", False),
        ("", "tokenizer.pad_token_id", "", "pad the targets with -100", False),  # ignored, the end would not be learned
        ("[-1] * len(p) + ", "0", ", ignore_index=-1", "pad the targets with -1", False),
        ("", "0", ", ignore_index=-1", "pass ignore_index=0", True),
    ],
)
def test_which_of_two_ids_gives_way(before: str, pad: str, option: str, advice: str, fix: bool) -> None:
    (found,) = [f for f in check_source(PADDED.format(before=before, pad=pad, option=option)) if f.code in ("SG201", "SG202")]
    assert found.help.startswith(advice), found.help
    assert (found.fix is not None) == fix


HEAD = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModelForCausalLM, AutoTokenizer

emb, gru, head = nn.Embedding(20, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, 20)
ids = torch.randint(1, 20, (3, 9))
padded = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True)
marked = pad_sequence([torch.randint(1, 20, (n,)) for n in (9, 4, 6)], batch_first=True, padding_value=-100)


def lm(x):
    return head(gru(emb(x))[0])


"""
UNREDUCED = 'nll = F.cross_entropy(lm(padded[:, :-1]).transpose(1, 2), padded[:, 1:], reduction="none")\n'
ENCODED = """
batch = AutoTokenizer.from_pretrained("gpt2")(["a", "b"], padding=True, return_tensors="pt")
x, m = batch["input_ids"], batch["attention_mask"][:, :-1]
"""
MODEL = 'model = AutoModelForCausalLM.from_pretrained("gpt2")\n'
SOFT = "F.cross_entropy(head(torch.randn(4, 8)).softmax(-1), {})"
PICKED = "logp = lm(padded[:, :-1]).log_softmax(-1)\nt = padded[:, 1:].unsqueeze(-1)\nnll = -logp.gather(-1, t)\n"

SAID = {
    # both cut at the same end: one of them is to be cut at the other, and neither twice
    "two equal cuts": (
        "SG501",
        "x, y = ids[:, 1:], ids[:, 1:]\nF.cross_entropy(lm(x).transpose(1, 2), y)",
        "from the uncut ids",
        "logits[",
    ),
    "two equal cuts in front": (
        "SG501",
        "x, y = ids[:, :-1], ids[:, :-1]\nF.cross_entropy(lm(x).transpose(1, 2), y)",
        "from the uncut ids",
        "logits[",
    ),
    "cut alike behind the model": (
        "SG501",
        "F.cross_entropy(lm(ids)[:, :-1].transpose(1, 2), ids[:, :-1])",
        "from the uncut ids",
        "logits[",
    ),
    "cut alike with narrow": (
        "SG501",
        "n = ids.size(1) - 1\nF.cross_entropy(lm(ids.narrow(1, 0, n)).transpose(1, 2), ids.narrow(1, 0, n))",
        "from the uncut ids",
        "logits[",
    ),
    "not cut": ("SG501", "F.cross_entropy(lm(ids).transpose(1, 2), ids)", "score logits[:, :-1] on targets[:, 1:]", "uncut"),
    # a mask of other positions has the shape of the targets already
    "mask of the inputs": ("SG209", UNREDUCED + "m = padded[:, :-1] != 0\nprint((nll * m).sum() / m.sum())", "targets != 0", "["),
    "mask of the inputs, filling": (
        "SG209",
        UNREDUCED + "nll[padded[:, :-1] == 0] = 0\nprint(nll.sum() / (padded[:, 1:] != 0).sum())",
        "targets != 0",
        "[",
    ),
    "attention mask of the inputs": (
        "SG209",
        ENCODED + 'nll = F.cross_entropy(lm(x[:, :-1]).transpose(1, 2), x[:, 1:], reduction="none")\nprint((nll * m).sum() / m.sum())',
        "begin where the targets begin",
        "[",
    ),
    "inverted fill": (
        "SG209",
        UNREDUCED + "m = padded[:, 1:] != 0\nnll[m] = 0\nprint(nll.sum() / m.sum())",
        "invert it: the losses that become 0",
        "!= 0",
    ),
    # -100 was there, and a line made it another id
    "-100 overwritten": (
        "SG202",
        "marked[marked == -100] = 0\nF.cross_entropy(lm(padded).transpose(1, 2), marked)",
        "drop the line",
        "pass",
    ),
    "-100 filled over": (
        "SG202",
        "F.cross_entropy(lm(padded).transpose(1, 2), marked.masked_fill(marked.eq(-100), 0))",
        "drop the line that turns -100 into 0",
        "pass",
    ),
    "-100 replaced by where": (
        "SG202",
        "y = torch.where(marked == -100, 1, marked)\nF.cross_entropy(lm(padded).transpose(1, 2), y)",
        "drop the line that turns -100 into 1",
        "pass",
    ),
    "negative ids overwritten": (
        "SG202",
        "marked[marked < 0] = 0\nF.cross_entropy(lm(padded).transpose(1, 2), marked)",
        "drop the line that turns -100 into 0",
        "pass",
    ),
    "padding never ignored": (
        "SG202",
        "F.cross_entropy(lm(padded[:, :-1]).transpose(1, 2), padded[:, 1:], ignore_index=-1)",
        "pass ignore_index=0",
        "drop",
    ),
    "labels of a model": (
        "SG202",
        MODEL + "labels = padded.clone()\nlabels[labels == 0] = -1\nmodel(input_ids=padded, labels=labels).loss.backward()",
        "must be -100",
        "ignore_index",
    ),
    "a model's loss, masked": (
        "SG206",
        MODEL + "m = padded != 0\nprint((model(input_ids=padded, labels=padded).loss * m).sum() / m.sum())",
        "make the labels -100",
        "reduction",
    ),
    "a model's loss, a mask not used": (
        "SG205",
        MODEL + "def step(rows):\n    x = pad_sequence(rows)\n    m = x != 0\n    model(input_ids=x, labels=x).loss.backward()",
        "make the labels -100",
        "targets[mask]",
    ),
    # soft targets are probabilities
    "soft targets": ("SG401", SOFT.format("head(torch.randn(4, 8)).softmax(-1)"), "need theirs", "prediction only"),
    "soft targets of F": ("SG401", SOFT.format("F.softmax(head(torch.randn(4, 8)) / 2.0, dim=1)"), "need theirs", "prediction only"),
    "hard targets": ("SG401", SOFT.format("torch.randint(0, 20, (4,))"), "prediction only", "need theirs"),
    # what is picked has no ignored id
    "picked, unmasked": ("SG201", PICKED + "print(nll.mean())", "set the losses to 0 where the targets are 0", "ignore_index"),
    "picked, averaged over all": (
        "SG301",
        PICKED + "print(nll.masked_fill(t == 0, 0).mean())",
        "divide the sum by mask.sum()",
        "ignore_index",
    ),
    "picked at -100": (
        "SG202",
        "loss = -lm(padded).log_softmax(-1).gather(-1, marked.unsqueeze(-1)).mean()",
        "targets.clamp(min=0)",
        "ignore_index",
    ),
    "picked, a mask not used": (
        "SG205",
        "m = padded[:, 1:] != 0\n" + PICKED + "print(nll.mean())",
        "multiply the picked log-probabilities by it",
        "ignore_index",
    ),
    "picked, masked too late": (
        "SG206",
        PICKED + "m = t != 0\nprint((nll.mean() * m).sum() / m.sum())",
        "multiply by the mask first",
        "reduction",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_advised(name: str) -> None:
    code, source, advised, never = SAID[name]
    (found,) = [f for f in check_source(HEAD + source + "\n") if f.code != "SG302"]
    assert found.code == code, found.message
    assert advised in found.help, found.help
    assert never not in found.help, found.help


CRITERION = """
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Trainer:
    def __init__(self):
        self.criterion = {made}

    def step(self, logits, rows):
        targets = pad_sequence(rows, batch_first=True)
        return self.criterion(logits.transpose(1, 2), targets)

    def tag(self, logits):
        tags = torch.randint(0, 5, (4, 7))
        return self.criterion(logits.transpose(1, 2), tags){more}
"""
ELSEWHERE = ".mean()\n\n    def other(self, logits, rows):\n        targets = pad_sequence(rows, batch_first=True, padding_value=8)\n"
ELSEWHERE += "        return self.criterion(logits.transpose(1, 2), targets)"


@pytest.mark.parametrize(
    ("made", "tagged", "more", "edit"),
    [
        ("nn.CrossEntropyLoss()", False, "", "nn.CrossEntropyLoss(ignore_index=0)"),
        ("nn.CrossEntropyLoss(reduction='sum')", False, "", "nn.CrossEntropyLoss(reduction='sum', ignore_index=0)"),
        ("nn.CrossEntropyLoss(torch.ones(9))", False, "", None),  # class weights: whether the padding has one is not known
        ("nn.CrossEntropyLoss(label_smoothing=0.1)", False, "", "nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=0)"),
        ("nn.CrossEntropyLoss(**OPTIONS)", False, "", None),
        ("(nn.CrossEntropyLoss if torch.cuda.is_available() else nn.CrossEntropyLoss)()", False, "", None),
        ("nn.CrossEntropyLoss()", True, "", None),  # the other loss would lose its class 0
        ("nn.CrossEntropyLoss()", False, ELSEWHERE, None),  # two losses, two pad ids
    ],
)
def test_the_fix_is_where_the_criterion_is_made(made: str, tagged: bool, more: str, edit: str | None) -> None:
    source = CRITERION.format(made=made, more=more)
    if not tagged:
        source = source.replace("        return self.criterion(logits.transpose(1, 2), tags)", "        return logits.sum()")
    found = [f for f in check_source(source) if f.code == "SG201"]
    assert {f.severity for f in found} <= {"error"}
    assert all(f.help.startswith("pass ignore_index=") and "where the criterion is made" in f.help for f in found)
    line = next(i for i, text in enumerate(source.splitlines(), 1) if "self.criterion =" in text)
    assert all(any(r.place.row == line and r.message.startswith("the criterion is made here: ") for r in f.because) for f in found)
    mended = [apply(source, f.fix.at.place, f.fix) if f.fix is not None else None for f in found]
    assert [m.splitlines()[line - 1].strip() if m else None for m in mended] == (
        [f"self.criterion = {edit}"] * len(found) if edit else [None] * len(found)
    )
    assert found or "ones" in made or "OPTIONS" in made
