import torch
from torch.utils.data import Dataset


class DialogDataset(Dataset):
    def __init__(self, texts, tokenizer, max_length=64):
        self.examples = []
        for text in texts:
            enc = tokenizer(text + tokenizer.eos_token, truncation=True, padding="max_length", max_length=max_length, return_tensors="pt")
            input_ids = enc["input_ids"].squeeze(0)
            attention_mask = enc["attention_mask"].squeeze(0)
            labels = input_ids.clone()
            labels[labels == tokenizer.pad_token_id] = -100
            self.examples.append((input_ids, attention_mask, labels))

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, idx):
        input_ids, attention_mask, labels = self.examples[idx]
        return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
