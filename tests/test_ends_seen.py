"""An id that pads and is ignored is an error where it is seen to end the rows too, and a warning where nobody was seen to put it there."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source

GPT2 = """
from transformers import {cls}, AutoModelForCausalLM

tok = {cls}.from_pretrained({name})
tok.pad_token = tok.eos_token
model = AutoModelForCausalLM.from_pretrained("gpt2")

def step(texts: list[str], answers: list[str]):
    {rows}
    batch = tok(rows, padding=True, truncation=True, return_tensors="pt")
    labels = batch["input_ids"].clone()
    labels[labels == tok.pad_token_id] = -100
    model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels).loss.backward()
"""
IDS = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
{imports}

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(500, 16), nn.GRU(16, 16, batch_first=True), nn.Linear(16, 500)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])

model = Model()

def step(texts: list[str]):
    rows = [torch.tensor({row}) for t in texts]
    ids = pad_sequence(rows, batch_first=True, padding_value={end})
    loss = F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten(), ignore_index={end})
    loss.backward()
"""
TIKTOKEN = "import tiktoken\nenc = tiktoken.get_encoding('gpt2')"
PIECES = "import sentencepiece\nsp = sentencepiece.SentencePieceProcessor(model_file='m.model')"


def severities(program: str) -> list[str]:
    return [f.severity for f in check_source(program) if f.code == "SG203"]


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ("rows = [t + tok.eos_token for t in texts]", "error"),
        ("rows = [f'Q: {t} A: {a}{tok.eos_token}' for t, a in zip(texts, answers)]", "error"),
        ("end = tok.eos_token\n    rows = [t + ' ' + a + end for t, a in zip(texts, answers)]", "error"),
        ("rows = []\n    for t in texts:\n        t += tok.eos_token\n        rows.append(t)", "error"),
        ("rows = [('ask: ' + t) + tok.eos_token for t in texts]", "error"),
        ("rows = ['{} {}{}'.format(t, a, tok.eos_token) for t, a in zip(texts, answers)]", "error"),
        ("rows = ['%s%s' % (t, tok.eos_token) for t in texts]", "error"),
        ("rows = [' '.join([t, a, tok.eos_token]) for t, a in zip(texts, answers)]", "error"),
        ("rows = texts", "warning"),
        ("rows = [t.strip() for t in texts]", "warning"),
        ("rows = [f'Q: {t} A: {a}' for t, a in zip(texts, answers)]", "warning"),
        ("rows = [tok.bos_token + t for t in texts]", "warning"),
        ("rows = [t + '\\n' + a for t, a in zip(texts, answers)]", "warning"),
    ],
)
def test_the_end_is_written_into_the_text(rows: str, severity: str) -> None:
    name = "AutoTokenizer", "'some/llama'"
    assert severities(GPT2.format(cls=name[0], name=name[1], rows=rows)) == [severity]


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("'google/pegasus-xsum'", "error"),
        ("'facebook/mbart-large-50'", "error"),
        ("'meta-llama/Llama-2-7b-hf', add_eos_token=True", "error"),
        ("'meta-llama/Llama-2-7b-hf', add_eos_token=False", "warning"),
        ("'meta-llama/Llama-2-7b-hf'", "warning"),
        ("'gpt2'", "warning"),
        ("path", "warning"),
    ],
)
def test_the_tokenizer_adds_the_end(name: str, severity: str) -> None:
    assert severities(GPT2.format(cls="AutoTokenizer", name=name, rows="rows = texts")) == [severity]


def test_the_tokenizer_is_told_to_add_the_end_later() -> None:
    program = GPT2.format(cls="AutoTokenizer", name="'some/llama'", rows="rows = texts")
    assert severities(program.replace("model =", "tok.add_eos_token = True\nmodel =")) == ["error"]


@pytest.mark.parametrize(
    ("imports", "row", "end", "severity"),
    [
        (TIKTOKEN, "enc.encode(t) + [enc.eot_token]", "enc.eot_token", "error"),
        (TIKTOKEN, "enc.encode(t)", "enc.eot_token", "warning"),
        (PIECES, "[sp.bos_id()] + sp.encode(t, out_type=int) + [sp.eos_id()]", "sp.eos_id()", "error"),
        (PIECES, "sp.encode(t, out_type=int, add_eos=True)", "sp.eos_id()", "error"),
        (PIECES, "sp.encode(t, out_type=int)", "sp.eos_id()", "warning"),
    ],
)
def test_the_end_is_put_behind_the_ids(imports: str, row: str, end: str, severity: str) -> None:
    assert severities(IDS.format(imports=imports, row=row, end=end)) == [severity]


def test_a_tensor_of_the_end_is_joined_to_the_ids() -> None:
    program = IDS.format(imports=TIKTOKEN, row="enc.encode(t)", end="enc.eot_token")
    joined = program.replace("torch.tensor(enc.encode(t))", "torch.cat([torch.tensor(enc.encode(t)), torch.tensor([enc.eot_token])])")
    assert severities(joined) == ["error"]


def test_what_was_not_seen_is_said() -> None:
    (found,) = (f for f in check_source(GPT2.format(cls="AutoTokenizer", name="'gpt2'", rows="rows = texts")) if f.code == "SG203")
    assert "none was seen to be put there" in found.message


WINDOWS = """
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling

tok = AutoTokenizer.from_pretrained("gpt2")
tok.pad_token = tok.eos_token
model = AutoModelForCausalLM.from_pretrained("gpt2")

def rows_of(text, size=128):
    ids = tok(text)["input_ids"]
    {rows}

def train(text):
    for batch in DataLoader(rows_of(text), batch_size=4, collate_fn=DataCollatorForLanguageModeling(tok, mlm=False)):
        model(**batch).loss.backward()
"""


@pytest.mark.parametrize(
    ("rows", "severity"),
    [
        ("return [{'input_ids': ids[i : i + size]} for i in range(0, len(ids) - size, size)]", []),
        ("return [{'input_ids': ids[i : i + 64]} for i in range(0, len(ids) - 63, 64)]", []),
        ("return [{'input_ids': line} for line in tok(text.split(), truncation=True)['input_ids']]", ["warning"]),
    ],
)
def test_windows_of_one_size_are_not_padded(rows: str, severity: list[str]) -> None:
    assert severities(WINDOWS.format(rows=rows)) == severity
