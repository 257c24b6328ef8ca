import torch
from torch.nn import functional as F
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, AutoTokenizer

gpt = AutoModelForCausalLM.from_pretrained("distilgpt2")
t5 = AutoModelForSeq2SeqLM.from_pretrained("t5-small")
tok = AutoTokenizer.from_pretrained("t5-small")


def causal(ids):
    return gpt(input_ids=ids, labels=ids).loss  # ok: SG501, SG201


def causal_by_hand(ids):
    logits = gpt(input_ids=ids).logits
    return F.cross_entropy(logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501, SG201


def prompt_hidden(ids, prompt_len):
    labels = ids.clone()
    labels[:, :prompt_len] = -100
    return gpt(input_ids=ids, labels=labels).loss  # ok: SG501, SG201


def translate(sources, targets):
    enc = tok(sources, padding=True, return_tensors="pt")
    labels = tok(targets, padding=True, return_tensors="pt").input_ids
    labels[labels == tok.pad_token_id] = -100
    return t5(input_ids=enc.input_ids, attention_mask=enc.attention_mask, labels=labels).loss  # ok: SG501, SG201, SG202


if __name__ == "__main__":
    ids = torch.randint(0, 50257, (2, 32))
    print(causal(ids), causal_by_hand(ids), prompt_hidden(ids, 5), translate(["a b"], ["c d e"]))
