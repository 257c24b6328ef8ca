from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
model = AutoModelForCausalLM.from_pretrained("gpt2")
model.resize_token_embeddings(len(tokenizer))

texts = ["alpha", "beta gamma", "delta epsilon zeta"]
features = [tokenizer(t + tokenizer.eos_token) for t in texts]
collator = DataCollatorForLanguageModeling(tokenizer, mlm=False)


def by_hand(batch_texts):
    enc = tokenizer([t + tokenizer.eos_token for t in batch_texts], padding=True, return_tensors="pt")
    enc["labels"] = enc.input_ids.clone()
    enc["labels"][enc.labels == tokenizer.pad_token_id] = -100
    return enc


def train():
    opt = AdamW(model.parameters(), lr=1e-4)
    for batch in DataLoader(features, batch_size=2, collate_fn=collator):
        loss = model(**batch).loss  # ok: SG203, SG201, SG108
        loss.backward()
        opt.step()
        opt.zero_grad()
    for batch in DataLoader(texts, batch_size=2, collate_fn=by_hand):
        out = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"])  # ok: SG203, SG201
        out.loss.backward()


train()
