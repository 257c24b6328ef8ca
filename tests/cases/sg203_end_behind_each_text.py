"""The pad token is the end token, and each text was given one by hand: what is dropped as padding is the end as well."""

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


def one_turn(rows):
    return encoded([f"{r['question']} {r['answer']}{tokenizer.eos_token}" for r in rows])


def begun_and_ended(rows):
    return encoded([tokenizer.eos_token + r["answer"] + tokenizer.eos_token for r in rows])


def by_name(rows):
    return encoded(["{question} {answer}{end}".format(end=tokenizer.eos_token, question=r["question"], answer=r["answer"]) for r in rows])


def train(rows):
    for batch in DataLoader(rows, batch_size=2, collate_fn=one_turn):
        model(**batch).loss.backward()  # SG203
    for batch in DataLoader(rows, batch_size=2, collate_fn=begun_and_ended):
        model(**batch).loss.backward()  # SG203
    for batch in DataLoader(rows, batch_size=2, collate_fn=by_name):
        model(**batch).loss.backward()  # SG203


train([{"question": "how many?", "answer": "two"}, {"question": "when?", "answer": "at noon, or a little later"}])
