import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained("gpt2")


def collate(texts):
    batch = tokenizer([t + tokenizer.eos_token for t in texts], padding=True, return_tensors="pt")
    labels = batch["input_ids"].clone()
    # by the mask, not by the id: the real <|endoftext|> stays
    labels[batch["attention_mask"] == 0] = -100
    batch["labels"] = labels
    return batch


def collate_fill(texts):
    batch = tokenizer([t + tokenizer.eos_token for t in texts], padding=True, return_tensors="pt")
    batch["labels"] = batch["input_ids"].masked_fill(~batch["attention_mask"].bool(), -100)
    return batch


def train(texts):
    opt = torch.optim.AdamW(model.parameters(), lr=3e-5)
    for batch in DataLoader(texts, batch_size=4, collate_fn=collate):
        loss = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]).loss  # ok: SG203, SG201, SG501
        loss.backward()
        opt.step()
        opt.zero_grad()
    for batch in DataLoader(texts, batch_size=4, collate_fn=collate_fill):
        loss = model(**batch).loss  # ok: SG203, SG201, SG501
        loss.backward()
        opt.step()
        opt.zero_grad()
