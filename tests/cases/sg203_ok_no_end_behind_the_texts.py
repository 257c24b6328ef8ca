"""The pad token is the end token, and the texts were given none, or one in front: whether there is an end to learn is not known."""

from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer

NAME = "EleutherAI/pythia-160m"
tokenizer = AutoTokenizer.from_pretrained(NAME)
tokenizer.pad_token = tokenizer.eos_token
model = AutoModelForCausalLM.from_pretrained(NAME)


def encoded(texts):
    batch = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
    labels = batch["input_ids"].clone()
    labels[labels == tokenizer.pad_token_id] = -100
    return {**batch, "labels": labels}


def as_they_are(rows):
    return encoded([f"{r['question']} {r['answer']}" for r in rows])


def begun(rows):
    return encoded([tokenizer.eos_token + r["answer"] for r in rows])


def by_name(rows):
    return encoded(["{start}{answer}".format(answer=r["answer"], start=tokenizer.eos_token) for r in rows])


def train(rows):
    for batch in DataLoader(rows, batch_size=2, collate_fn=as_they_are):
        model(**batch).loss.backward()  # ok: SG203, SG201
    for batch in DataLoader(rows, batch_size=2, collate_fn=begun):
        model(**batch).loss.backward()  # ok: SG203, SG201
    for batch in DataLoader(rows, batch_size=2, collate_fn=by_name):
        model(**batch).loss.backward()  # ok: SG203, SG201


train([{"question": "how many?", "answer": "two"}, {"question": "when?", "answer": "at noon, or a little later"}])
