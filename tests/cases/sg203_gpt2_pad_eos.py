import torch
from torch.utils.data import DataLoader
from transformers import GPT2LMHeadModel, GPT2TokenizerFast

tokenizer = GPT2TokenizerFast.from_pretrained("gpt2")
tokenizer.pad_token = tokenizer.eos_token


def collate(examples):
    texts = [e["question"] + " " + e["answer"] + tokenizer.eos_token for e in examples]
    batch = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    labels = batch["input_ids"].clone()
    labels[labels == tokenizer.pad_token_id] = -100
    batch["labels"] = labels
    return batch


def finetune(examples, epochs=3, lr=5e-5):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = GPT2LMHeadModel.from_pretrained("gpt2").to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    loader = DataLoader(examples, batch_size=8, shuffle=True, collate_fn=collate)
    model.train()
    for epoch in range(epochs):
        for step, batch in enumerate(loader):
            input_ids = batch["input_ids"].to(device)
            attention_mask = batch["attention_mask"].to(device)
            labels = batch["labels"].to(device)
            outputs = model(input_ids=input_ids, attention_mask=attention_mask, labels=labels)  # SG203
            outputs.loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            if step % 50 == 0:
                print(epoch, step, outputs.loss.item())
    model.save_pretrained("out")
