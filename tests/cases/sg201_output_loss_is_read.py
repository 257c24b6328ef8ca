"""The model computes the loss from padded labels, and the loop reads it, in one way or another."""
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import AutoModelForTokenClassification, AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("facebook/opt-125m")
model = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")


def collate(texts):
    return tokenizer(texts, padding=True, truncation=True, return_tensors="pt")


def loader(texts):
    return DataLoader(texts, batch_size=8, collate_fn=collate)


def by_attribute(texts, optimizer):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, attention_mask=batch["attention_mask"], labels=ids)  # SG201
        outputs.loss.backward()
        optimizer.step()


def by_key(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)  # SG201
        outputs["loss"].backward()


def by_place(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        loss = model(input_ids=ids, labels=ids)[0]  # SG201
        loss.backward()


def unpacked(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        loss, logits = model(input_ids=ids, labels=ids)[:2]  # SG201
        print(logits.argmax(-1))
        loss.backward()


def handed_over(texts, average):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)  # SG201
        average.update(outputs)


def kept(texts):
    found = []
    for batch in loader(texts):
        ids = batch["input_ids"]
        found.append(model(input_ids=ids, labels=ids))  # SG201
    return found


def one_round_later(texts):
    outputs = None
    for batch in loader(texts):
        if outputs is not None:
            outputs.loss.backward()
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)  # SG201


def read_in_a_text(texts):
    for step, batch in enumerate(loader(texts)):
        ids = batch["input_ids"]
        with torch.no_grad():
            outputs = model(input_ids=ids, labels=ids)  # SG201
        print(f"{step}: {outputs.loss:.3f}")


def read_in_a_closure(texts, optimizer):
    for batch in loader(texts):
        ids = batch["input_ids"]

        def closure():
            optimizer.zero_grad()
            outputs.loss.backward()

        outputs = model(input_ids=ids, labels=ids)  # SG201
        optimizer.step(closure)


def behind_a_name(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)  # SG201
        again = outputs
        again.loss.backward()


def forward(batch):
    ids = batch["input_ids"]
    return model(input_ids=ids, labels=ids)  # SG201


def through_a_function(texts):
    for batch in loader(texts):
        forward(batch).loss.backward()


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.lm = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")

    def forward(self, ids, mask):
        outputs = self.lm(input_ids=ids, attention_mask=mask, labels=ids)  # SG201
        return outputs.loss, outputs.logits


def through_a_module(texts):
    wrapped = Wrapped()
    for batch in loader(texts):
        loss, _ = wrapped(batch["input_ids"], batch["attention_mask"])
        loss.backward()


def where_it_failed(texts):
    outputs = None
    for batch in loader(texts):
        ids = batch["input_ids"]
        try:
            outputs = model(input_ids=ids, labels=ids)  # SG201
            outputs.logits.argmax(-1)
        except RuntimeError:
            print(outputs.loss)
