"""Windows of a text whose length was not rounded down to them, or not for their width: the last one is short, and is padded."""

from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained("gpt2")
BLOCK = 128


def padded(rows):
    return tokenizer.pad(rows, return_tensors="pt")


def with_the_rest(text):
    ids = tokenizer(text)["input_ids"]
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, len(ids), BLOCK)]


def of_another_width(text):
    ids = tokenizer(text)["input_ids"]
    total = len(ids) // BLOCK * BLOCK
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, total, 100)]


def rounded_up(text):
    ids = tokenizer(text)["input_ids"]
    total = (len(ids) // BLOCK + 1) * BLOCK
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(0, total, BLOCK)]


def one_too_many(text):
    ids = tokenizer(text)["input_ids"]
    return [{"input_ids": ids[k * BLOCK : (k + 1) * BLOCK]} for k in range(len(ids) // BLOCK + 1)]


def of_what_is_left(text):
    ids = tokenizer(text)["input_ids"]
    total = len(ids) // BLOCK * BLOCK
    return [{"input_ids": ids[i : i + BLOCK]} for i in range(64, total, BLOCK)]


def train(text):
    for batch in DataLoader(with_the_rest(text), batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # SG201
    for batch in DataLoader(of_another_width(text), batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # SG201
    for batch in DataLoader(rounded_up(text), batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # SG201
    for batch in DataLoader(one_too_many(text), batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # SG201
    for batch in DataLoader(of_what_is_left(text), batch_size=4, collate_fn=padded):
        model(**batch, labels=batch["input_ids"]).loss.backward()  # SG201


train(open("text.txt").read())
