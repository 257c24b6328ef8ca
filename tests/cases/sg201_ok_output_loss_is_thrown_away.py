"""The model is given padded labels, and nobody reads the loss that it makes of them: only the logits are used."""
import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("facebook/opt-125m")
model = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")
teacher = AutoModelForCausalLM.from_pretrained("facebook/opt-350m")
criterion = nn.CrossEntropyLoss(ignore_index=tokenizer.pad_token_id)


def collate(texts):
    return tokenizer(texts, padding=True, truncation=True, return_tensors="pt")


def loader(texts):
    return DataLoader(texts, batch_size=8, collate_fn=collate)


def own_criterion(texts, optimizer):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, attention_mask=batch["attention_mask"], labels=ids)
        logits = outputs.logits[:, :-1]
        loss = criterion(logits.reshape(-1, logits.size(-1)), ids[:, 1:].reshape(-1))
        loss.backward()
        optimizer.step()


def distilled(texts):
    kl = nn.KLDivLoss(reduction="batchmean")
    for batch in loader(texts):
        ids, mask = batch["input_ids"], batch["attention_mask"].bool()
        with torch.no_grad():
            taught = teacher(input_ids=ids, labels=ids)
        student = model(input_ids=ids, labels=ids)
        kl(student["logits"][mask].log_softmax(-1), taught["logits"][mask].softmax(-1)).backward()


def accuracy(texts):
    right = total = 0
    for batch in loader(texts):
        ids, mask = batch["input_ids"], batch["attention_mask"].bool()
        predicted = model(input_ids=ids, labels=ids).logits.argmax(-1)
        right += (predicted == ids)[mask].sum().item()
        total += mask.sum().item()
    return right / total


def by_place(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        print(model(input_ids=ids, labels=ids)[1].argmax(-1))


def rest_of_it(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        logits, *_ = model(input_ids=ids, labels=ids)[1:3]
        print(logits.argmax(-1))


def unpacked(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        loss, logits = model(input_ids=ids, labels=ids)[:2]
        logits = logits[:, :-1]
        loss = criterion(logits.reshape(-1, logits.size(-1)), ids[:, 1:].reshape(-1))
        loss.backward()


def read_and_overwritten(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)
        loss = outputs.loss
        logits = outputs.logits[:, :-1]
        loss = criterion(logits.transpose(1, 2), ids[:, 1:])
        loss.backward()


def train_and_evaluate(texts, optimizer):
    for batch in loader(texts):
        ids, mask = batch["input_ids"], batch["attention_mask"]
        outputs = model(input_ids=ids, attention_mask=mask, labels=ids.masked_fill(mask == 0, -100))
        loss = outputs.loss
        loss.backward()
        optimizer.step()
    predictions = []
    for batch in loader(texts):
        ids = batch["input_ids"]
        with torch.no_grad():
            outputs = model(input_ids=ids, labels=ids)
        predictions.append(outputs.logits.argmax(-1))
        del outputs
    return predictions


def forward(batch):
    ids = batch["input_ids"]
    return model(input_ids=ids, labels=ids)


def through_a_function(texts):
    return [forward(batch).logits.argmax(-1) for batch in loader(texts)]


class Wrapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.lm = AutoModelForCausalLM.from_pretrained("facebook/opt-125m")

    def forward(self, ids, mask):
        outputs = self.lm(input_ids=ids, attention_mask=mask, labels=ids)
        return {"loss": outputs.loss, "logits": outputs.logits}


def through_a_module(texts):
    wrapped = Wrapped()
    for batch in loader(texts):
        print(wrapped(batch["input_ids"], batch["attention_mask"])["logits"].argmax(-1))


def asked_what_it_is(texts):
    for batch in loader(texts):
        ids = batch["input_ids"]
        outputs = model(input_ids=ids, labels=ids)
        assert isinstance(outputs, dict) and outputs is not None
        scores = outputs.get("logits") if hasattr(outputs, "logits") else outputs[1]
        print(f"{scores.shape}: {outputs.logits.argmax(-1)}")
