"""Ids of a row that is a tensor, swapped one by one: the padding may be swapped by its number, and is not by another id."""

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer


def setup():
    tokenizer = AutoTokenizer.from_pretrained("microsoft/DialoGPT-medium")
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, AutoModelForCausalLM.from_pretrained("microsoft/DialoGPT-medium")


def by_number(texts):
    tokenizer, model = setup()
    rows = []
    for text in texts:
        row = tokenizer.encode_plus(text, max_length=32, padding="max_length", truncation=True, return_tensors="pt")
        rows.append(torch.tensor([i if i != 50256 else -100 for i in row["input_ids"][0]]))
    return model(torch.stack(rows), labels=torch.stack(rows)).loss


def own_pad():
    tokenizer, model = setup()
    tokenizer.add_special_tokens({"pad_token": "[PAD]"})
    return tokenizer, model


def by_the_pad_id(text):
    tokenizer, model = own_pad()
    ids = tokenizer(text, max_length=32, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    labels = torch.tensor([-100 if i == tokenizer.pad_token_id else i for i in ids.squeeze(0)]).unsqueeze(0)
    return model(ids, labels=labels).loss


def row_by_row(texts):
    tokenizer, model = own_pad()
    ids = tokenizer(texts, max_length=32, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    labels = torch.tensor([[-100 if i == tokenizer.pad_token_id else i for i in row] for row in ids])
    return model(ids, labels=labels).loss


def of_lists(texts):
    tokenizer, model = own_pad()
    ids = tokenizer(texts, max_length=32, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
    labels = torch.tensor([[-100 if i == tokenizer.pad_token_id else i for i in row] for row in ids.tolist()])
    return model(ids, labels=labels).loss


def by_another_id(texts, targets):
    tokenizer = AutoTokenizer.from_pretrained("t5-small")
    model = AutoModelForSeq2SeqLM.from_pretrained("t5-small")
    rows, labels = [], []
    for text, target in zip(texts, targets):
        rows.append(tokenizer(text, max_length=32, padding="max_length", truncation=True, return_tensors="pt")["input_ids"])
        row = tokenizer(target, max_length=32, padding="max_length", truncation=True, return_tensors="pt")["input_ids"]
        labels.append(torch.tensor([i if i != tokenizer.unk_token_id else -100 for i in row[0]]).reshape(1, 32))
    return model(torch.cat(rows), labels=torch.cat(labels)).loss  # SG201


def not_at_all(texts):
    tokenizer, model = setup()
    rows = []
    for text in texts:
        row = tokenizer(text, max_length=32, padding="max_length", truncation=True, return_tensors="pt")
        rows.append(torch.tensor([i for i in row["input_ids"][0]]))
    return model(torch.stack(rows), labels=torch.stack(rows)).loss  # SG201
