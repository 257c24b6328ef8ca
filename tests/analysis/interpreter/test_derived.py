"""Classes that derive from a library's: what the project wrote wins, and what it left alone is the library's; a marked line is flagged."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source

ROWS = """
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset
import transformers
from transformers import (AutoModelForCausalLM, AutoTokenizer, BertForTokenClassification, BertPreTrainedModel, BertModel, BertTokenizer,
    GPT2LMHeadModel, GPT2Tokenizer, PreTrainedModel, T5ForConditionalGeneration, DataCollatorForLanguageModeling,
    DataCollatorForTokenClassification, DataCollatorWithPadding, Trainer, Seq2SeqTrainer, TrainingArguments)
PAD = 0
def pad(rows, value=PAD):
    longest = max(map(len, rows))
    return torch.tensor([r + [value] * (longest - len(r)) for r in rows])
def batches(rows):
    for tags in rows:
        ids = pad(tags)
        yield ids, pad(tags)
"""

# a model that drops the padding by itself, made in every way there is
OWN_FORWARD = """
class First(BertForTokenClassification):
    def forward(self, input_ids, labels=None, attention_mask=None):
        hidden = self.bert(input_ids, attention_mask=attention_mask)[0]
        logits = self.classifier(self.dropout(hidden))
        keep = labels != PAD
        return nn.CrossEntropyLoss()(logits[keep], labels[keep]), logits
def train(rows):
    model = {made}
    for ids, tags in batches(rows):
        loss = model(ids, labels=tags)[0]
        loss.backward()
"""
MADE = {
    "from_pretrained": 'First.from_pretrained("bert-base-cased", num_labels=4)',
    "from_config": "First._from_config(transformers.BertConfig(num_labels=4))",
    "called": "First(transformers.BertConfig(num_labels=4))",
    "moved": 'First.from_pretrained("bert-base-cased").to("cuda")',
    "compiled": 'torch.compile(First.from_pretrained("bert-base-cased").half().cuda())',
    "wrapped": 'nn.DataParallel(First.from_pretrained("bert-base-cased"))',
    "by a name": 'dict(first=First, other=First)["first"].from_pretrained("bert-base-cased")',
    "by a class": '(lambda cls: cls.from_pretrained("bert-base-cased"))(First)',
}
# the same where the library's forward is left alone, or is asked
PLAIN = """
class Tagger(BertForTokenClassification):
    {body}
def train(rows):
    model = {made}
    for ids, tags in batches(rows):
        loss = model(ids, labels=tags)[0]{mark}
        loss.backward()
"""
FORWARDS = """
class Tagger(BertForTokenClassification):
    def forward(self, input_ids, labels=None, **kw):
        return {super}(input_ids, labels=labels, **kw){mark}
def train(rows):
    model = Tagger.from_pretrained("bert-base-cased", num_labels=4)
    for ids, tags in batches(rows):
        {swap}
        loss = model(ids, labels=tags)[0]
        loss.backward()
"""
BODIES = {
    "nothing": "pass",
    "a method": "def scores(self, ids): return self(ids).logits",
    "an init": "def __init__(self, config):\n        super().__init__(config)\n        self.seen = 0",
    "an init with more": "def __init__(self, config, extra=3):\n        super().__init__(config)\n        self.extra = nn.Linear(extra, 3)",
    "the old init": "def __init__(self, config):\n        BertForTokenClassification.__init__(self, config)",
}


def wrong(program: str) -> list[tuple[str, int]]:
    marks = [(line.rpartition("# ")[2].strip(), row) for row, line in enumerate(program.split("\n"), 1) if "  # SG" in line]
    found = [(f.code, f.place.row) for f in check_source(program) if f.severity != "info"]
    assert sorted(found) == sorted(marks), program
    return found


@pytest.mark.parametrize("made", MADE)
def test_an_own_forward_wins(made: str) -> None:
    assert not wrong(ROWS + OWN_FORWARD.replace("{made}", MADE[made]))


@pytest.mark.parametrize("made", MADE)
def test_an_own_forward_is_followed(made: str) -> None:
    counted = OWN_FORWARD.replace("{made}", MADE[made]).replace("        keep = labels != PAD\n", "")
    assert wrong(ROWS + counted.replace("(logits[keep], labels[keep]), logits", "(logits.transpose(1, 2), labels), logits  # SG201"))


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("made", ["from_pretrained", "moved", "called"])
def test_the_forward_of_the_library_stays(made: str, body: str) -> None:
    text = PLAIN.replace("{body}", BODIES[body]).replace("{made}", MADE[made].replace("First", "Tagger"))
    assert wrong(ROWS + text.replace("{mark}", "  # SG201"))
    assert not wrong(ROWS + text.replace("{mark}", "").replace("loss = model", "tags[tags == PAD] = -100; loss = model"))


@pytest.mark.parametrize(
    "asked", ["super().forward", "super(Tagger, self).forward", "BertForTokenClassification.forward", "super().__call__"]
)
def test_super_is_the_library(asked: str) -> None:
    call = asked + ("(self, " if asked.startswith("Bert") else "(")
    text = FORWARDS.replace("{super}(", call)
    assert wrong(ROWS + text.replace("{mark}", "  # SG201").replace("{swap}", "pass"))
    assert not wrong(ROWS + text.replace("{mark}", "").replace("{swap}", "tags = tags.masked_fill(tags == PAD, -100)"))


OTHERS = {
    "a mixin": """
class Masked:
    def forward(self, input_ids, labels=None, **kw):
        out = self.transformer(input_ids)[0]
        logits = self.lm_head(out)
        return F.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=PAD)
class Model(Masked, GPT2LMHeadModel):
    pass
def train(rows):
    model = Model.from_pretrained("gpt2")
    for ids, tags in batches(rows):
        model(ids, labels=ids).backward()
""",
    "a bare base": """
class Model(PreTrainedModel):
    def __init__(self, config, width=8):
        super().__init__(config)
        self.body = BertModel(config)
        self.head = nn.Linear(config.hidden_size, config.num_labels)
    def forward(self, input_ids, labels=None):
        logits = self.head(self.body(input_ids).last_hidden_state)
        return F.cross_entropy(logits.view(-1, logits.size(-1)), labels.view(-1), ignore_index=PAD)
def train(rows):
    model = Model.from_pretrained("x", num_labels=5).train()
    for ids, tags in batches(rows):
        model(ids, labels=tags).backward()
""",
    "a base of the project": """
class Base(BertPreTrainedModel):
    def loss(self, logits, labels):
        return F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=PAD)
class Model(Base):
    def __init__(self, config):
        super().__init__(config)
        self.bert = BertModel(config)
        self.head = nn.Linear(config.hidden_size, 5)
    def forward(self, input_ids, labels):
        return self.loss(self.head(self.bert(input_ids)[0]), labels)
def train(rows):
    model = Model.from_pretrained("x")
    for ids, tags in batches(rows):
        model(ids, labels=tags).backward()
""",
    "an own from_pretrained": """
class Model(GPT2LMHeadModel):
    @classmethod
    def from_pretrained(cls, name, **kw):
        model = super().from_pretrained(name, **kw)
        model.eval()
        return model
    def forward(self, input_ids, labels=None):
        logits = super().forward(input_ids).logits
        return F.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], ignore_index=PAD)
def train(rows):
    model = Model.from_pretrained("gpt2")
    for ids, tags in batches(rows):
        model(ids, labels=ids).backward()
""",
    "a collator": """
class Collate(DataCollatorForTokenClassification):
    def __call__(self, features):
        ids = pad([f["input_ids"] for f in features])
        return {"input_ids": ids, "labels": pad([f["labels"] for f in features], -100)}
def train(rows):
    tok = AutoTokenizer.from_pretrained("bert-base-cased")
    model = BertForTokenClassification.from_pretrained("bert-base-cased")
    for batch in DataLoader(rows, collate_fn=Collate(tok, label_pad_token_id=0), batch_size=8):
        model(**batch).loss.backward()
""",
    "the inner call of a collator": """
class Collate(DataCollatorForLanguageModeling):
    def torch_call(self, examples):
        batch = super().torch_call(examples)
        batch["labels"] = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
        return batch
def train(rows):
    tok = GPT2Tokenizer.from_pretrained("gpt2")
    tok.pad_token = tok.eos_token
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    for batch in DataLoader([tok(r) for r in rows], collate_fn=Collate(tok, mlm=False), batch_size=8):
        model(**batch).loss.backward()
""",
    "a step of a collator": """
class Collate(DataCollatorForLanguageModeling):
    def torch_mask_tokens(self, inputs, special_tokens_mask=None):
        return inputs, inputs.clone()
def train(rows):
    tok = GPT2Tokenizer.from_pretrained("gpt2")
    tok.pad_token = tok.eos_token
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    for batch in DataLoader([tok(r) for r in rows], collate_fn=Collate(tok), batch_size=8):
        model(**batch).loss.backward()
""",
    "a method of a collator": """
class Collate(DataCollatorWithPadding):
    def collate_fn(self, features):
        return pad([f["input_ids"] for f in features]), pad([f["labels"] for f in features], -100)
def train(rows, model: BertForTokenClassification):
    collator = Collate(AutoTokenizer.from_pretrained("bert-base-cased"))
    for ids, tags in DataLoader(rows, collate_fn=collator.collate_fn, batch_size=8):
        F.cross_entropy(model(ids).logits.transpose(1, 2), tags).backward()
""",
    "a dataset": """
class Rows(TensorDataset):
    def __getitem__(self, i):
        ids, tags = super().__getitem__(i)
        return ids, tags.masked_fill(tags == PAD, -100)
def train(rows, model):
    ids = pad(rows)
    for x, y in DataLoader(Rows(ids, ids), batch_size=8):
        F.cross_entropy(model(x).transpose(1, 2), y).backward()
""",
    "a loader": """
class Loader(DataLoader):
    def __iter__(self):
        for ids in super().__iter__():
            yield ids, ids.masked_fill(ids == PAD, -100)
def train(rows, model):
    for x, y in Loader(pad(rows), batch_size=8):
        F.cross_entropy(model(x).transpose(1, 2), y).backward()
""",
    "a trainer": """
class Own(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        labels = inputs.pop("labels")
        out = model(**inputs)
        loss = F.cross_entropy(out.logits.transpose(1, 2), labels, ignore_index=PAD)
        return (loss, out) if return_outputs else loss
def train(rows):
    model = BertForTokenClassification.from_pretrained("bert-base-cased")
    data = [{"input_ids": r, "labels": r} for r in rows]
    collate = lambda rows: {"input_ids": pad([r["input_ids"] for r in rows]), "labels": pad([r["labels"] for r in rows])}
    Own(model=model, train_dataset=data, data_collator=collate).train()
""",
    "the loader of a trainer": """
class Own(Trainer):
    def get_train_dataloader(self):
        collate = lambda rows: {"input_ids": pad(rows), "labels": pad(rows, -100)}
        return DataLoader(self.train_dataset, collate_fn=collate, batch_size=8)
def train(rows):
    model = BertForTokenClassification.from_pretrained("bert-base-cased")
    collate = lambda rows: {"input_ids": pad(rows), "labels": pad(rows)}
    Own(model=model, train_dataset=rows, data_collator=collate).train()
""",
    "a criterion": """
class Loss(nn.CrossEntropyLoss):
    def forward(self, logits, y):
        keep = y != PAD
        return super().forward(logits[keep], y[keep])
def train(rows, model):
    loss = Loss()
    for ids, tags in batches(rows):
        loss(model(ids), tags).backward()
""",
    "a layer": """
class Head(nn.Linear):
    def forward(self, x):
        return F.linear(x, self.weight, self.bias).transpose(1, 2)
def train(rows):
    embed, head, loss = nn.Embedding(9, 4), Head(4, 9), nn.CrossEntropyLoss(ignore_index=PAD)
    for ids, tags in batches(rows):
        loss(head(embed(ids)), tags).backward()
""",
    "a recurrent layer": """
class Reader(nn.LSTM):
    def forward(self, x):
        out, _ = super().forward(x.transpose(0, 1))
        return out.transpose(0, 1)
def train(rows):
    embed, read, head = nn.Embedding(9, 4), Reader(4, 6), nn.Linear(6, 9)
    for ids, tags in batches(rows):
        logits = head(read(embed(ids)))
        F.cross_entropy(logits.flatten(0, 1), tags.flatten(), ignore_index=PAD).backward()
""",
    "a tokenizer": """
class Tok(BertTokenizer):
    def __call__(self, texts, **kw):
        out = super().__call__(texts, padding=True, return_tensors="pt", **kw)
        out["labels"] = out["input_ids"].masked_fill(out["attention_mask"] == 0, -100)
        return out
def train(texts):
    tok = Tok.from_pretrained("bert-base-cased")
    model = BertForTokenClassification.from_pretrained("bert-base-cased")
    batch = tok(texts)
    model(**batch).loss.backward()
""",
}


@pytest.mark.parametrize("kind", OTHERS)
def test_own_methods_win(kind: str) -> None:
    assert not wrong(ROWS + OTHERS[kind])


def test_the_order_of_the_bases_decides() -> None:
    text = OTHERS["a mixin"].replace("class Masked:", "class Masked:  # not asked").replace("ignore_index=PAD)", ")  # SG201")
    assert wrong(ROWS + text)
    behind = text.replace("(Masked, GPT2LMHeadModel)", "(GPT2LMHeadModel, Masked)").replace(")  # SG201", ")")
    assert wrong(ROWS + behind.replace("model(ids, labels=ids).backward()", "model(ids, labels=ids).loss.backward()  # SG201"))


WRONG = {
    "a mixin": ("ignore_index=PAD)", ")  # SG201"),
    "a bare base": ("labels.view(-1), ignore_index=PAD)", "labels.view(-1))  # SG201"),
    "a base of the project": ("labels, ignore_index=PAD)", "labels)  # SG201"),
    "an own from_pretrained": (", ignore_index=PAD)", ")  # SG201"),
    "a collator": ('features], -100)}', "features])}"),
    "a dataset": (".masked_fill(tags == PAD, -100)", ""),
    "a loader": (".masked_fill(ids == PAD, -100)", ""),
    "a trainer": ("labels, ignore_index=PAD)", "labels)  # SG201"),
    "the loader of a trainer": ("pad(rows, -100)", "pad(rows)"),
    "a criterion": (
        "keep = y != PAD\n        return super().forward(logits[keep], y[keep])",
        "return super().forward(logits.mT, y)  # SG201",
    ),
    "a layer": ("CrossEntropyLoss(ignore_index=PAD)", "CrossEntropyLoss()"),
    "a recurrent layer": (", ignore_index=PAD).backward()", ").backward()  # SG201"),
    "a tokenizer": ('out["input_ids"].masked_fill(out["attention_mask"] == 0, -100)', 'out["input_ids"]'),
}
MARKED = ("model(**batch).loss.backward()", "y).backward()", "loss(head(embed(ids)), tags).backward()")


@pytest.mark.parametrize("kind", WRONG)
def test_own_methods_are_judged(kind: str) -> None:
    text = OTHERS[kind].replace(*WRONG[kind])
    assert text != OTHERS[kind]
    if "# SG" not in text:
        for line in MARKED:
            text = text.replace(line, line + "  # SG201")
    if kind == "the loader of a trainer":
        text = text.replace("data_collator=collate).train()", "data_collator=collate).train()  # SG201")
    assert wrong(ROWS + text)
