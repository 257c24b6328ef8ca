"""What a finding tells to do is right where it is told, and does not lead into the next fault."""

from __future__ import annotations

import pytest

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
