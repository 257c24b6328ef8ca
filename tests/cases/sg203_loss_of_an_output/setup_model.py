from transformers import AutoModelForCausalLM, AutoTokenizer


def load(name="gpt2"):
    tokenizer = AutoTokenizer.from_pretrained(name)
    tokenizer.pad_token = tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(name)
    return tokenizer, model
