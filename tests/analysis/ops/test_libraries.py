"""torchtext, tokenizers, collators and data sets of the usual libraries: their facts, since the libraries themselves need not be here."""

from __future__ import annotations

import pytest

from shapeguard.analysis.facts.shapes import Dim, Same
from shapeguard.analysis.facts.values import NONE, Map, Num, Seq, Unknown
from tests.analysis.programs import Facts, axes, num, seq, tensor

TORCHTEXT = """
from torchtext.legacy.data import BucketIterator, Field, LabelField
from torchtext.legacy.datasets import Multi30k, IMDB
SRC = Field(init_token="<sos>", eos_token="<eos>", include_lengths=True)
TRG = Field(init_token="<sos>", eos_token="<eos>", batch_first=True)
train, valid, test = Multi30k.splits(exts=(".de", ".en"), fields=(SRC, TRG))
SRC.build_vocab(train, min_freq=2)
TRG.build_vocab(train, min_freq=2)
train_loader, valid_loader = BucketIterator.splits((train, valid), batch_size=128)
for batch in train_loader:
    src, lengths = batch.src
    trg = batch.trg
pad = TRG.vocab.stoi[TRG.pad_token]
same = TRG.vocab.stoi["<pad>"]
size = len(TRG.vocab)
batches = len(train_loader)
"""


def test_torchtext_fields() -> None:
    facts = Facts(TORCHTEXT)
    src, trg = tensor(facts["src"]), tensor(facts["trg"])
    assert [a.role for a in axes(src)] == ["time", "batch"] and [a.role for a in axes(trg)] == ["batch", "time"]
    assert [f.id for f in trg.fills] == [num(facts["pad"])] and num(facts["pad"]) == num(facts["same"]) == Dim.of(1)
    assert trg.high == num(facts["size"]) and [e.id for e in trg.ends] == [Dim.of(3)]
    assert axes(src)[1] == axes(trg)[0] == axes(facts["lengths"])[0]
    count = facts["batches"]
    assert isinstance(count, Num) and count.count is not None and count.count.kind == "batches"


def test_torchtext_labels() -> None:
    source = """
from torchtext.data import BPTTIterator, BucketIterator, Field, LabelField
from torchtext.datasets import IMDB, WikiText2
TEXT, LABEL = Field(pad_token="[PAD]", unk_token=None), LabelField()
train, test = IMDB.splits(TEXT, LABEL)
for batch in BucketIterator(train, batch_size=64):
    text, label = batch.text, batch.label
for window in BPTTIterator.splits(WikiText2.splits(TEXT), batch_size=20, bptt_len=35)[0]:
    x, y = window.text, window.target
"""
    facts = Facts(source)
    text, label, x, y = (tensor(facts[n]) for n in ("text", "label", "x", "y"))
    assert [f.id for f in text.fills] == [Dim()] and not label.fills and label.padding == "none" and label.shape.rank == 1
    assert x.padding == "none" and x.origin is not None and y.origin is not None and (y.origin.start - x.origin.start).const == 1


def test_vocabulary_from_iterator() -> None:
    source = """
from torchtext.vocab import build_vocab_from_iterator
v = build_vocab_from_iterator(tokens(), specials=["<unk>", "<pad>", "<bos>", "<eos>"], special_first=True)
v.set_default_index(v["<unk>"])
pad, bos, word, again = v["<pad>"], v["<bos>"], v["hello"], v["hello"]
ids = v("a b c".split())
more = v(text.split())
w = build_vocab_from_iterator(tokens(), specials=["<pad>"], special_first=False)
last = w["<pad>"]
"""
    facts = Facts(source)
    assert num(facts["pad"]) == Dim.of(1) and num(facts["bos"]) == Dim.of(2) and num(facts["word"]) == num(facts["again"])
    assert seq(facts["ids"]).length == Dim.of(3) and seq(facts["more"]).origin is not None
    assert num(facts["last"]).const is None and num(facts["last"]).role == "pad"


def test_pad_token_is_eos_token() -> None:
    source = """
from transformers import AutoTokenizer, GPT2TokenizerFast
known = GPT2TokenizerFast.from_pretrained("gpt2")
before = known.pad_token_id
if known.pad_token is None:
    known.pad_token = known.eos_token
pad, eos = known.pad_token_id, known.eos_token_id
loaded = AutoTokenizer.from_pretrained(name)
own = loaded.pad_token_id
if loaded.pad_token is None:
    loaded.pad_token = loaded.eos_token
doubted, end = loaded.pad_token_id, loaded.eos_token_id
loaded.add_special_tokens({"pad_token": "[PAD]"})
fresh = loaded.pad_token_id
known.pad_token_id = 0
written = known.pad_token_id
text = GPT2TokenizerFast.from_pretrained("gpt2", pad_token="<|endoftext|>").pad_token_id
"""
    facts = Facts(source)
    assert facts["before"] == NONE
    pad, doubted = facts["pad"], facts["doubted"]
    assert isinstance(pad, Num) and isinstance(doubted, Num)
    assert pad.dim == num(facts["eos"]) == num(facts["text"]) and pad.step is not None and pad.step.sure
    assert doubted.dim == num(facts["end"]) and doubted.step is not None and not doubted.step.sure
    assert num(facts["own"]).same(num(facts["end"])) is Same.MAYBE and num(facts["fresh"]).same(num(facts["end"])) is Same.MAYBE
    assert num(facts["written"]) == Dim()


CALLS = {
    'tok(["a", "b"], padding=True, return_tensors="pt")': ("(2, T)", True),
    'tok(["a", "b"], return_tensors="pt")': ("(2, T)", False),
    'tok("a", return_tensors="pt")': ("(1, T)", False),
    'tok("a", padding=True, return_tensors="pt")': ("(1, T)", False),
    'tok("a", padding="max_length", max_length=32, return_tensors="pt")': ("(1, 32)", True),
    'tok.encode_plus("a", pad_to_max_length=True, max_length=32, return_tensors="pt")': ("(1, 32)", True),
    'tok.batch_encode_plus(["a"] * n, padding="longest", return_tensors="pt")': ("(n, T)", True),
    'tok.pad([tok("a"), tok("b")], return_tensors="pt")': ("(2, T)", True),
}


@pytest.mark.parametrize("call", CALLS)
def test_encoding(call: str) -> None:
    shape, padded = CALLS[call]
    source = """
from transformers import BertTokenizer
tok = BertTokenizer.from_pretrained("bert-base-uncased")
n = len(open("x").read())
out = CALL
ids, mask = out["input_ids"], out.attention_mask
"""
    facts = Facts(source.replace("CALL", call))
    ids, mask = tensor(facts["ids"]), tensor(facts["mask"])
    assert str(ids.shape) == shape and [f.id for f in ids.fills] == ([Dim()] if padded else [])
    assert mask.mask is not None and (mask.mask.kind, mask.mask.keeps) == ("attention", "real") and mask.shape == ids.shape


def test_encoding_to_lists() -> None:
    source = """
from transformers import T5Tokenizer
tok = T5Tokenizer.from_pretrained("t5-small", padding_side="left")
one = tok("a")["input_ids"]
many = tok(["a", "b"], padding=True).input_ids
ids = tok.encode("a")
unknown = tok(open("x").read(), padding="max_length", max_length=8)["input_ids"]
"""
    facts = Facts(source)
    one, many, unknown = seq(facts["one"]), seq(facts["many"]), seq(facts["unknown"])
    assert not one.fills and one.padding == "none" and [e.id for e in one.ends] == [Dim.of(1)]
    assert many.length == Dim.of(2) and [(f.id, f.where) for f in seq(many.elem).fills] == [(Dim(), "before")]
    assert unknown.fills and isinstance(unknown.elem, Unknown)  # ids, or lists of ids


def test_two_tokenizers_of_one_name_share_their_ids() -> None:
    facts = Facts(
        "from transformers import AutoTokenizer\na = AutoTokenizer.from_pretrained('x/y').pad_token_id\n"
        "b = AutoTokenizer.from_pretrained('x/y').pad_token_id\nc = AutoTokenizer.from_pretrained('x/z').pad_token_id"
    )
    assert num(facts["a"]) == num(facts["b"]) and num(facts["a"]).same(num(facts["c"])) is Same.MAYBE


COLLATOR = """
from torch.utils.data import DataLoader
from transformers import AutoTokenizer, DataCollatorForLanguageModeling, DataCollatorForSeq2Seq, DataCollatorForTokenClassification
from transformers import DataCollatorWithPadding
tok = AutoTokenizer.from_pretrained("gpt2")
tok.pad_token = tok.eos_token
rows = [tok("a"), tok("b")]
"""


def test_language_modeling_collator() -> None:
    facts = Facts(
        COLLATOR + "causal = DataCollatorForLanguageModeling(tok, mlm=False)\nmasked = DataCollatorForLanguageModeling(tok)\n"
        "for batch in DataLoader(rows, batch_size=2, collate_fn=causal):\n    labels, ids = batch['labels'], batch['input_ids']\n"
        "hidden = masked(rows)['labels']"
    )
    labels, ids, hidden = (tensor(facts[n]) for n in ("labels", "ids", "hidden"))
    assert [(str(s.by), s.new) for s in labels.swaps] == [("eos_token_id", Dim.of(-100))] and labels.origin == ids.origin and not ids.swaps
    assert [s.by for s in hidden.swaps] == [None] and [f.id for f in hidden.fills] == [Dim.of(-100)]


def test_label_collators() -> None:
    facts = Facts(
        COLLATOR + "pairs = [{'input_ids': [1, 2], 'labels': [3, 4, 5]}, {'input_ids': [1], 'labels': [2]}]\n"
        "seq2seq = DataCollatorForSeq2Seq(tok)(pairs)\nown = DataCollatorForSeq2Seq(tok, model=m, label_pad_token_id=0)(pairs)\n"
        "tags = DataCollatorForTokenClassification(tok)(pairs)\n"
        "text = DataCollatorWithPadding(tok)([{'input_ids': [1, 2], 'label': 1}, {'input_ids': [1], 'label': 0}])"
    )
    seq2seq, own, tags, text = (facts[n] for n in ("seq2seq", "own", "tags", "text"))
    assert isinstance(seq2seq, Map) and isinstance(own, Map) and isinstance(tags, Map) and isinstance(text, Map)
    assert [f.id for f in tensor(seq2seq.get("labels") or NONE).fills] == [Dim.of(-100)] and "decoder_input_ids" not in dict(seq2seq.items)
    assert [f.id for f in tensor(own.get("labels") or NONE).fills] == [Dim()] and "decoder_input_ids" in dict(own.items)
    assert tensor(tags.get("labels") or NONE).shape == tensor(tags.get("input_ids") or NONE).shape
    labels = tensor(text.get("labels") or NONE)
    assert labels.shape.rank == 1 and labels.padding == "none"


def test_mapped_data_sets() -> None:
    source = (
        COLLATOR
        + """
from datasets import load_dataset
def prepare(examples):
    out = tok(examples["text"], padding="max_length", max_length=128, truncation=True)
    out["labels"] = out["input_ids"].copy()
    return out
data = load_dataset("x").map(prepare, batched=True, remove_columns=["text"])
data.set_format("torch", columns=["input_ids", "attention_mask", "labels"])
for batch in DataLoader(data["train"], batch_size=8, shuffle=True):
    ids, mask, labels = batch["input_ids"], batch["attention_mask"], batch["labels"]
"""
    )
    facts = Facts(source)
    ids, mask, labels = (tensor(facts[n]) for n in ("ids", "mask", "labels"))
    assert str(ids.shape) == "(B, 128)" and [str(f.id) for f in labels.fills] == ["eos_token_id"] and labels.origin == ids.origin
    assert mask.mask is not None and mask.mask.kind == "attention"


def test_other_tokenizers() -> None:
    source = """
import sentencepiece as spm
import tiktoken
from tokenizers import Tokenizer
t = Tokenizer.from_file("t.json")
plain = t.encode("a").ids
t.enable_padding(pad_id=t.token_to_id("[PAD]"), length=16)
pad = t.token_to_id("[PAD]")
rows = [e.ids for e in t.encode_batch(["a", "b"])]
sp = spm.SentencePieceProcessor(model_file="m")
ids = [sp.bos_id()] + sp.encode("text", out_type=int) + [sp.eos_id()]
g = tiktoken.get_encoding("gpt2").encode("text")
"""
    facts = Facts(source)
    assert not seq(facts["plain"]).fills and not seq(facts["g"]).fills and seq(facts["g"]).padding == "none"
    row = seq(seq(facts["rows"]).elem) if seq(facts["rows"]).items is None else seq(next(iter(seq(facts["rows"]).items or ())))
    assert [f.id for f in row.fills] == [num(facts["pad"])] and row.length == Dim.of(16)
    ids = seq(facts["ids"])
    assert ids.origin is not None and ids.origin.start == Dim.of(-1) and [e.id.role for e in ids.ends] == ["eos"]


def test_keras_pads_before() -> None:
    facts = Facts(
        "from tensorflow.keras.preprocessing.sequence import pad_sequences\nrows = [[1, 2], [3]]\n"
        "a = pad_sequences(rows, maxlen=10)\nb = pad_sequences(rows, padding='post', value=9)"
    )
    a, b = tensor(facts["a"]), tensor(facts["b"])
    assert a.array and str(a.shape) == "(2, 10)" and [(f.id, f.where) for f in a.fills] == [(Dim(), "before")]
    assert [(f.id, f.where) for f in b.fills] == [(Dim.of(9), "after")]


def test_a_trainer_hands_its_loader_to_the_steps() -> None:
    facts = Facts("""
import lightning as L
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader
seen = []
class Lit(L.LightningModule):
    def training_step(self, batch, index):
        self.seen = batch
        return {"loss": batch.sum()}
class Rows(L.LightningDataModule):
    def train_dataloader(self):
        return DataLoader([[1, 2], [3]], batch_size=2, collate_fn=self.collate)
    def collate(self, rows):
        return pad_sequence([torch.tensor(r) for r in rows], batch_first=True)
one, two = Lit(), Lit()
trainer = L.Trainer(max_epochs=1)
trainer.fit(one, datamodule=Rows())
trainer.fit(two, DataLoader(torch.zeros(5, 3), batch_size=2))
x, y = one.seen, two.seen
""")
    assert [f.id for f in tensor(facts["x"]).fills] == [Dim()] and [a.role for a in axes(facts["x"])] == ["batch", "time"]
    assert axes(facts["y"])[1].size == Dim.of(3)


def test_a_project_trainer_is_given_what_its_collator_makes() -> None:
    facts = Facts("""
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import Trainer
class Own(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False):
        self.seen = inputs["labels"]
        return inputs["labels"].sum()
def collate(rows):
    return {"labels": pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=7)}
trainer = Own(model=None, train_dataset=[[1, 2], [3]], data_collator=collate)
trainer.train()
y = trainer.seen
""")
    assert [f.id for f in tensor(facts["y"]).fills] == [Dim.of(7)]


def test_rows_that_are_split_keep_their_facts() -> None:
    source = """
import torch
from sklearn.model_selection import train_test_split
from sklearn.utils import shuffle
from torch.nn.utils.rnn import pad_sequence
ids = pad_sequence([torch.tensor([1, 2, 3]), torch.tensor([4])], batch_first=True)
x, x_test, y, y_test = train_test_split(ids[:, :-1], ids[:, 1:], test_size=0.5)
rows = [r + [7] * (9 - len(r)) for r in ([1, 2], [3])]
some, others = train_test_split(rows)
alone = shuffle(ids)
both, beside = shuffle(ids, rows)
"""
    facts = Facts(source)
    x, y, x_test, y_test = (tensor(facts[n]) for n in ("x", "y", "x_test", "y_test"))
    assert all([f.id for f in t.fills] == [Dim()] for t in (x, y, x_test, y_test, tensor(facts["alone"]), tensor(facts["both"])))
    assert axes(x)[0] == axes(y)[0] and axes(x_test)[0] == axes(y_test)[0] and axes(x)[0] != axes(x_test)[0]
    assert axes(x)[1] == axes(x_test)[1]  # as wide as before
    assert x.origin is not None and y.origin is not None and x_test.origin is not None
    assert x.origin.source == y.origin.source != x_test.origin.source and (y.origin.start - x.origin.start).const == 1
    row = facts["some"]
    assert isinstance(row, Seq) and row.length != seq(facts["rows"]).length
    assert [f.id for f in seq(row.elem).fills] == [Dim.of(7)] and [f.id for f in seq(seq(facts["beside"]).elem).fills] == [Dim.of(7)]
