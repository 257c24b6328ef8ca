"""`if tokenizer.pad_token is None: ...` is run only for checkpoints that come without a pad token."""

from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer

QWEN = "Qwen/Qwen2.5-0.5B-Instruct"


def prepared(name):
    tokenizer = AutoTokenizer.from_pretrained(name)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def run(tokenizer, model):
    data = load_dataset("json", data_files="talks.jsonl")["train"]
    data = data.map(lambda row: tokenizer(row["text"] + tokenizer.eos_token, truncation=True, max_length=512))
    return Trainer(model=model, train_dataset=data, data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=False))


def qwen():
    trainer = run(prepared(QWEN), AutoModelForCausalLM.from_pretrained(QWEN))
    trainer.train()


def thinking():
    trainer = run(prepared("Qwen/Qwen3-4B"), AutoModelForCausalLM.from_pretrained("Qwen/Qwen3-4B"))
    trainer.train()


def gemma():
    trainer = run(prepared("google/gemma-2-2b"), AutoModelForCausalLM.from_pretrained("google/gemma-2-2b"))
    trainer.train()


def opt():
    trainer = run(prepared("facebook/opt-350m"), AutoModelForCausalLM.from_pretrained("facebook/opt-350m"))
    trainer.train()


def bloom():
    name = "bigscience/bloom-560m"
    trainer = run(prepared(name), AutoModelForCausalLM.from_pretrained(name))
    trainer.train()


def mistral():
    name = "mistralai/Mistral-7B-v0.1"
    trainer = run(prepared(name), AutoModelForCausalLM.from_pretrained(name))
    trainer.train()  # SG203


def gpt2():
    trainer = run(prepared("gpt2"), AutoModelForCausalLM.from_pretrained("gpt2"))
    trainer.train()  # SG203


def qwen_all_the_same():
    tokenizer = AutoTokenizer.from_pretrained(QWEN)
    tokenizer.pad_token = tokenizer.eos_token
    trainer = run(tokenizer, AutoModelForCausalLM.from_pretrained(QWEN))
    trainer.train()  # SG203
