"""Texts are glued and cut in windows that fill what is left when their length is rounded down: no row is shorter than another."""

from datasets import load_dataset
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained("gpt2")
BLOCK = 128


def padded(rows):
    return tokenizer.pad(rows, return_tensors="pt")


def group_texts(examples):
    glued = sum(examples["input_ids"], [])
    total = len(glued) // BLOCK * BLOCK
    return {"input_ids": [glued[i : i + BLOCK] for i in range(0, total, BLOCK)]}


def group_long_texts(examples):
    joined = {k: sum(examples[k], []) for k in examples.keys()}
    total = len(joined[list(examples.keys())[0]])
    if total >= BLOCK:
        total = (total // BLOCK) * BLOCK
    result = {k: [t[i : i + BLOCK] for i in range(0, total, BLOCK)] for k, t in joined.items()}
    result["labels"] = result["input_ids"].copy()
    return result


def without_the_rest(text):
    ids = tokenizer(text)["input_ids"]
    total = len(ids) - len(ids) % BLOCK
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, total, BLOCK)]


def only_long(text):
    ids = tokenizer(text)["input_ids"]
    total = len(ids)
    if total >= BLOCK:
        total = total // BLOCK * BLOCK
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, total, BLOCK)]


def counted(text):
    ids = tokenizer(text)["input_ids"]
    return [{"input_ids": ids[k * BLOCK : (k + 1) * BLOCK]} for k in range(len(ids) // BLOCK)]


def cut_first(text):
    ids = tokenizer(text)["input_ids"]
    ids = ids[: len(ids) // BLOCK * BLOCK]
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, len(ids), BLOCK)]


def of_a_size(text, size):
    ids = tokenizer(text)["input_ids"]
    return [{"input_ids": ids[i : i + size]} for i in range(0, len(ids) // size * size, size)]


def score(rows):
    for batch in DataLoader(rows, batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # ok: SG201, SG203


def train(text):
    data = load_dataset("text", data_files="text.txt")["train"]
    data = data.map(lambda rows: tokenizer(rows["text"]), batched=True, remove_columns=["text"])
    for group in (group_texts, group_long_texts):
        windows = data.map(group, batched=True)
        collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)
        Trainer(model=model, train_dataset=windows, data_collator=collator).train()  # ok: SG203, SG201
        for batch in DataLoader(windows, batch_size=4, collate_fn=padded):
            model(**batch, labels=batch["input_ids"]).loss.backward()  # ok: SG201, SG203
    score(without_the_rest(text))
    score(only_long(text))
    score(counted(text))
    score(cut_first(text))
    score(of_a_size(text, tokenizer.model_max_length))


train(open("text.txt").read())
