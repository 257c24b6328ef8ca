"""The advice of `--show-unknown`, followed word for word: what was missing is known afterwards. And no name that is not the source's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.analysis.questions.test_understood import HEAD, NONE, PLAIN, loop, only

TAIL = "\n    loss.backward()\n"
CLASSES = HEAD + "def step(model, x, y):\n    logits = model(x)\n    loss = F.cross_entropy(logits, y, ignore_index=0)" + TAIL


def above(program: str, comment: str) -> str:
    """The program with a comment above the line of the loss."""
    return re.sub(r"^( *)(?=loss = )", rf"\1{comment}\n\1", program, flags=re.MULTILINE)


def comment_in(help_: str, order: str) -> str:
    """The comment that a help asks for, with the axes in the order that they really have."""
    found = re.search(r"# .*", help_)
    assert found is not None, help_
    return found.group().replace("(B, T, V)", order)


def test_the_comment_above_the_loss() -> None:
    for order in ("(B, V, T)", "(N, V, S)", "(batch_size, vocab_size, seq_len)"):
        row = only(CLASSES)
        assert row.missing[0] == "which axis of `logits` holds the classes"
        assert row.help == "write the axes above the line of the loss, in their order: # logits: (B, T, V)"
        left = only(above(CLASSES, comment_in(row.help, order))).missing
        assert len(left) == 1 and left[0].startswith("whether there is padding in `y`")


def test_the_comment_where_some_axes_are_known() -> None:
    for made in ("model(x).transpose(1, 2)", "model(x)[:, :, :9]", "torch.stack([model(x), model(x)], -1).sum(-1).permute(0, 2, 1)"):
        program = CLASSES.replace("model(x)", made)
        row = only(program)
        assert row.missing[0].startswith("which axis of `logits`"), made
        assert not any(m.startswith("which axis") for m in only(above(program, "# logits: (B, V, T)")).missing), made


def test_the_name_on_a_line_of_its_own() -> None:
    program = HEAD + "def step(model, x, y):\n    loss = F.cross_entropy(model(x), y)" + TAIL
    row = only(program)
    assert row.help == "give `model(x)` a name on a line of its own, and write its axes behind it: logits = ...  # (B, T, V)"
    followed = program.replace("    loss", "    logits = model(x)  # (B, V, T)\n    loss").replace("entropy(model(x)", "entropy(logits")
    assert [m.split(" in ")[0] for m in only(followed).missing] == ["whether there is padding"]


def test_the_call_with_lengths() -> None:
    program = HEAD + "def step(x, y, lengths, pad):\n    logits = head(embed(x))\n"
    loss = "    loss = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=pad)"
    row = only(program + loss + TAIL)
    assert row.help is not None and row.help.startswith("give the lengths of the rows: masked_cross_entropy(")
    call = "    loss = masked_cross_entropy(logits, y, lengths=lengths)"
    followed = only("from shapeguard import masked_cross_entropy\n" + program + call + TAIL)
    assert (followed.verdict, followed.missing) == ("understood", ())
    assert followed.padding is not None and followed.padding.startswith("no: whatever pads them is kept out: ")


def test_the_key_of_the_configuration() -> None:
    for ignored, number in (("", "-100"), (", ignore_index=0", "0"), (", ignore_index=-1", "-1")):
        program = HEAD + f"def step(x, y):\n    loss = F.cross_entropy(head(embed(x)).flatten(0, 1), y.flatten(){ignored})" + TAIL
        row = only(program)
        assert row.help is not None and row.help.endswith(f"say so in pyproject.toml: ignore-index = {number}")
        assert only(program, ignore_index=int(number)).verdict == "understood"


FOLLOWED: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "the ignored id": (
        NONE + "loss = nll[keep].mean()",
        "pass ignore_index=0 where the loss is made",
        lambda body: body.replace("ids, red", "ids, ignore_index=0, red"),
    ),
    "the reduction": (
        PLAIN.format("ids, ignore_index=0, reduction=keep"),
        "write reduction='mean' (or what it is) where the loss is made",
        lambda body: body.replace("reduction=keep", "reduction='mean'"),
    ),
    "the number that is ignored": (
        PLAIN.format("ids, **keep"),
        "write ignore_index as a number where the loss is made",
        lambda body: body.replace("**keep", "ignore_index=0"),
    ),
    "the divisor": (
        PLAIN.format("ids, ignore_index=0, reduction='sum'") + " / keep",
        "divide where it is computed: reduction='mean'",
        lambda body: body.replace("reduction='sum'", "reduction='mean'"),
    ),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_option(name: str) -> None:
    body, help_, follow = FOLLOWED[name]
    row = loop(body)
    helps = [row.help]
    assert row.verdict == "unknown"
    if name == "the number that is ignored":  # its weights and its reduction are hidden by the same **
        assert "the ignored id: ignore_index is not a constant here" in row.missing
    else:
        assert help_ in helps
    followed = loop(follow(body))
    assert (followed.verdict, followed.missing) == ("understood", ())


def test_the_mask_in_the_place_of_the_id() -> None:
    program = """
from transformers import AutoModelForCausalLM, AutoTokenizer
tok = AutoTokenizer.from_pretrained("some/llama")
tok.pad_token = tok.eos_token
model = AutoModelForCausalLM.from_pretrained("some/llama")

def step(texts: list[str]):
    batch = tok(texts, padding=True, truncation=True, return_tensors="pt")
    labels, attention_mask = batch["input_ids"].clone(), batch["attention_mask"]
    labels[labels == tok.pad_token_id] = -100
    model(input_ids=batch["input_ids"], attention_mask=attention_mask, labels=labels).loss.backward()
"""
    row = only(program)
    assert row.help is not None and row.help.endswith("labels[attention_mask == 0] = -100")
    followed = only(program.replace("labels[labels == tok.pad_token_id] = -100", "labels[attention_mask == 0] = -100"))
    assert (followed.verdict, followed.missing) == ("understood", ())


MADE_UP = re.compile(r"\b[a-z_]*[a-z_]\d\b|\*[a-z]")
NAMELESS: dict[str, str] = {
    "axes of a parameter": "def f(logits, y):\n    return F.cross_entropy(logits.transpose(1, 2), y)\n",
    "sizes of a parameter": "def f(logits, y):\n    return F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))\n",
    "a stack": "def f(scores, y):\n    return F.cross_entropy(torch.stack(scores, 1), y[:, 1:])\n",
    "an attribute": "def f(self, out, y):\n    return F.cross_entropy(out.attended[:, :-1], y[:, 1:], reduction='none')\n",
    "a division": "def f(model, data, y):\n    loss = F.cross_entropy(model(data), y, reduction='sum') / len(data)\n    loss.backward()\n",
    "an id": "def f(model, x, y, tok):\n    F.cross_entropy(model(x), y, ignore_index=tok.token_to_id('[PAD]')).backward()\n",
    "a gather": "def f(scores, y):\n    return -scores.log_softmax(-1).gather(-1, y[:, 1:].unsqueeze(-1)).mean()\n",
}


@pytest.mark.parametrize("name", NAMELESS)
def test_no_name_that_is_not_of_the_source(name: str) -> None:
    row = only(HEAD + NAMELESS[name])
    told: list[Any] = [*row.missing, row.help, row.counts, row.ignores, row.divides, row.padding, row.shift]
    for text in (t for t in told if t):
        assert MADE_UP.search(text) is None, text


def test_no_such_name_in_a_finding() -> None:
    bodies = ("logits.softmax(-1).transpose(1, 2), y", "logits[:, :-1].softmax(2).permute(0, 2, 1), y[:, 1:]", "logits[0].softmax(0), y")
    for body in bodies:
        row = only(HEAD + f"def f(logits, y):\n    return F.cross_entropy({body})\n")
        assert row.codes
        for finding in row.found:
            for text in (finding.message, finding.help or "", *(r.message for r in finding.because)):
                assert re.search(r"\b[a-z_]+\d\b", text) is None, text


def test_a_made_up_name_is_seen() -> None:
    assert MADE_UP.search("which axis of the logits (logits0, logits2, *x) holds") and MADE_UP.search("/ xs0")
    assert not MADE_UP.search("counts the positions (B.(T-1),) of `y[:, 1:]` with ignore_index=0 (line 12)")


def test_one_advice_a_row() -> None:
    row = only(HEAD + NAMELESS["axes of a parameter"])
    assert len(row.missing) > 1 and row.help is not None and row.help.count("\n") == 0
