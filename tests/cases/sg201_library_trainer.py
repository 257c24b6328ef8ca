"""A trainer of a library that calls the model by itself: what reaches its loss is what the data set and the collator make of the labels."""

from datasets import load_dataset
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
    default_data_collator,
)

tokenizer = AutoTokenizer.from_pretrained("bert-like")
options = TrainingArguments(output_dir="out", num_train_epochs=3)
texts = load_dataset("text", data_files={"train": "train.txt"})


def copied(examples):
    out = tokenizer(examples["text"], truncation=True, padding="max_length", max_length=128)
    out["labels"] = out["input_ids"].copy()
    return out


def hidden(examples):
    out = tokenizer(examples["text"], truncation=True, padding="max_length", max_length=128)
    out["labels"] = [[-100 if i == tokenizer.pad_token_id else i for i in ids] for ids in out["input_ids"]]
    return out


def unpadded(examples):
    return tokenizer(examples["text"], truncation=True, max_length=128)


def blocks(examples):
    ids = sum(examples["input_ids"], [])
    rows = [ids[i : i + 128] for i in range(0, len(ids) - 127, 128)]
    return {"input_ids": rows, "labels": [list(row) for row in rows]}


def train_on_padding():
    model = AutoModelForCausalLM.from_pretrained("gpt-like")
    data = texts.map(copied, batched=True)
    trainer = Trainer(model=model, args=options, train_dataset=data["train"])
    trainer.train()  # SG201


def train_on_padding_collated():
    model = AutoModelForCausalLM.from_pretrained("gpt-like")
    data = texts.map(copied, batched=True)
    trainer = Trainer(model=model, args=options, train_dataset=data["train"], data_collator=default_data_collator)
    trainer.train()  # SG201


def train_hidden():
    model = AutoModelForCausalLM.from_pretrained("gpt-like")
    data = texts.map(hidden, batched=True)
    trainer = Trainer(model=model, args=options, train_dataset=data["train"])
    trainer.train()  # ok: SG201


def train_collated():
    model = AutoModelForCausalLM.from_pretrained("gpt-like")
    data = texts.map(copied, batched=True)
    collator = DataCollatorForLanguageModeling(tokenizer=tokenizer, mlm=False)
    trainer = Trainer(model=model, args=options, train_dataset=data["train"], data_collator=collator)
    trainer.train()  # ok: SG201


def train_on_blocks():
    model = AutoModelForCausalLM.from_pretrained("gpt-like")
    data = texts.map(unpadded, batched=True, remove_columns=["text"]).map(blocks, batched=True)
    trainer = Trainer(model=model, args=options, train_dataset=data["train"])
    trainer.train()  # ok: SG201
