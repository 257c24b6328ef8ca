"""Documents are glued with <|endoftext|> and cut in equal blocks, so the pad token is never used."""
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token
BLOCK = 128


def blocks(documents):
    ids = []
    for doc in documents:
        ids += tokenizer(doc)["input_ids"] + [tokenizer.eos_token_id]
    n = len(ids) // BLOCK * BLOCK
    return torch.tensor(ids[:n]).view(-1, BLOCK)


def main(documents):
    model = AutoModelForCausalLM.from_pretrained("gpt2")
    opt = torch.optim.AdamW(model.parameters())
    for input_ids in blocks(documents).split(4):
        out = model(input_ids=input_ids, labels=input_ids)  # ok: SG203, SG201, SG501
        out.loss.backward()
        opt.step()
        opt.zero_grad()


if __name__ == "__main__":
    main(open("corpus.txt").read().split("\n\n"))
