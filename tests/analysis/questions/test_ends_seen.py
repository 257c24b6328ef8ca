"""An id that pads and is ignored is an error where it is seen to end the rows too; where none was seen, it is not known."""

from __future__ import annotations

import os

import pytest

from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths, check_source

UNSEEN = "whether the rows hold an end: none was seen to be put there"

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


def ends(program: str) -> bool:
    """Whether the end is seen to be left out, which is sure; else the inventory must say that it is not known."""
    path = os.path.abspath("only_in_memory.py")
    result = check_paths([path], Settings(), overlay={path: program.encode()})
    found = [f.severity for f in result.findings if f.code == "SG203"]
    (row,) = result.rows
    assert found == ["error"] or (not found and UNSEEN in " ".join(row.missing) and row.verdict == "unknown")
    return bool(found)


@pytest.mark.parametrize(
    ("rows", "held"),
    [
        ("rows = [t + tok.eos_token for t in texts]", True),
        ("rows = [f'Q: {t} A: {a}{tok.eos_token}' for t, a in zip(texts, answers)]", True),
        ("end = tok.eos_token\n    rows = [t + ' ' + a + end for t, a in zip(texts, answers)]", True),
        ("rows = []\n    for t in texts:\n        t += tok.eos_token\n        rows.append(t)", True),
        ("rows = [('ask: ' + t) + tok.eos_token for t in texts]", True),
        ("rows = ['{} {}{}'.format(t, a, tok.eos_token) for t, a in zip(texts, answers)]", True),
        ("rows = ['%s%s' % (t, tok.eos_token) for t in texts]", True),
        ("rows = [' '.join([t, a, tok.eos_token]) for t, a in zip(texts, answers)]", True),
        ("rows = [t + tok.eos_token + a + tok.eos_token for t, a in zip(texts, answers)]", True),
        ("rows = ['{}{end}'.format(t, end=tok.eos_token) for t in texts]", True),
        ("rows = texts", False),
        ("rows = [tok.eos_token + t for t in texts]", False),
        ("rows = [f'{tok.eos_token}{t} {a}' for t, a in zip(texts, answers)]", False),
        ("rows = ['{}{}'.format(tok.eos_token, t) for t in texts]", False),
        ("rows = ['{end}{}'.format(t, end=tok.eos_token) for t in texts]", False),
        ("rows = ['%s%s' % (tok.eos_token, t) for t in texts]", False),
        ("rows = [''.join([tok.eos_token, t, a]) for t, a in zip(texts, answers)]", False),
        ("rows = [t.strip() for t in texts]", False),
        ("rows = [f'Q: {t} A: {a}' for t, a in zip(texts, answers)]", False),
        ("rows = [tok.bos_token + t for t in texts]", False),
        ("rows = [t + '\\n' + a for t, a in zip(texts, answers)]", False),
    ],
)
def test_the_end_is_written_into_the_text(rows: str, held: bool) -> None:
    name = "AutoTokenizer", "'some/llama'"
    assert ends(GPT2.format(cls=name[0], name=name[1], rows=rows)) is held


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("'google/pegasus-xsum'", True),
        ("'facebook/mbart-large-50'", True),
        ("'meta-llama/Llama-2-7b-hf', add_eos_token=True", True),
        ("'meta-llama/Llama-2-7b-hf', add_eos_token=False", False),
        ("'meta-llama/Llama-2-7b-hf'", False),
        ("'gpt2'", False),
        ("path", False),
    ],
)
def test_the_tokenizer_adds_the_end(name: str, held: bool) -> None:
    assert ends(GPT2.format(cls="AutoTokenizer", name=name, rows="rows = texts")) is held


def test_the_tokenizer_is_told_to_add_the_end_later() -> None:
    program = GPT2.format(cls="AutoTokenizer", name="'some/llama'", rows="rows = texts")
    assert ends(program.replace("model =", "tok.add_eos_token = True\nmodel ="))


@pytest.mark.parametrize(
    ("imports", "row", "end", "held"),
    [
        (TIKTOKEN, "enc.encode(t) + [enc.eot_token]", "enc.eot_token", True),
        (TIKTOKEN, "enc.encode(t)", "enc.eot_token", False),
        (PIECES, "[sp.bos_id()] + sp.encode(t, out_type=int) + [sp.eos_id()]", "sp.eos_id()", True),
        (PIECES, "sp.encode(t, out_type=int, add_eos=True)", "sp.eos_id()", True),
        (PIECES, "sp.encode(t, out_type=int)", "sp.eos_id()", False),
    ],
)
def test_the_end_is_put_behind_the_ids(imports: str, row: str, end: str, held: bool) -> None:
    assert ends(IDS.format(imports=imports, row=row, end=end)) is held


def test_a_tensor_of_the_end_is_joined_to_the_ids() -> None:
    program = IDS.format(imports=TIKTOKEN, row="enc.encode(t)", end="enc.eot_token")
    joined = program.replace("torch.tensor(enc.encode(t))", "torch.cat([torch.tensor(enc.encode(t)), torch.tensor([enc.eot_token])])")
    assert ends(joined)


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
    "rows",
    [
        "return [{'input_ids': ids[i : i + size]} for i in range(0, len(ids) - size, size)]",
        "return [{'input_ids': ids[i : i + 64]} for i in range(0, len(ids) - 63, 64)]",
        "return [{'input_ids': line} for line in tok(text.split(), truncation=True)['input_ids']]",
    ],
)
def test_windows_of_a_text_hold_no_end(rows: str) -> None:
    assert not check_source(WINDOWS.format(rows=rows))
