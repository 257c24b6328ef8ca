"""A data module makes its data set in setup(), already shifted; the library model shifts its labels again."""
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset
from transformers import GPT2LMHeadModel, GPT2Tokenizer


class Stories(Dataset):
    def __init__(self, stories, tokenizer, max_len, shifted):
        self.rows = [tokenizer.encode(s, truncation=True, max_length=max_len) for s in stories]
        self.eos = tokenizer.eos_token_id
        self.shifted = shifted

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        ids = self.rows[i] + [self.eos]
        if self.shifted:
            return torch.tensor(ids[:-1]), torch.tensor(ids[1:])
        return torch.tensor(ids), torch.tensor(ids)


class StoryData(pl.LightningDataModule):
    def __init__(self, stories, tokenizer, shifted):
        super().__init__()
        self.stories, self.tokenizer, self.shifted = stories, tokenizer, shifted

    def setup(self, stage=None):
        self.train_set = Stories(self.stories, self.tokenizer, 64, self.shifted)

    def train_dataloader(self):
        return DataLoader(self.train_set, batch_size=1, shuffle=True)


class Twice(pl.LightningModule):
    def __init__(self, name):
        super().__init__()
        self.model = GPT2LMHeadModel.from_pretrained(name)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.model(input_ids=x, labels=y).loss  # SG501


class Once(pl.LightningModule):
    def __init__(self, name):
        super().__init__()
        self.model = GPT2LMHeadModel.from_pretrained(name)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return self.model(input_ids=x, labels=y).loss  # ok: SG501


def main():
    tokenizer = GPT2Tokenizer.from_pretrained("gpt2")
    texts = ["once upon a time", "the end"]
    pl.Trainer(max_epochs=1).fit(Twice("gpt2"), datamodule=StoryData(texts, tokenizer, True))
    pl.Trainer(max_epochs=1).fit(Once("gpt2"), datamodule=StoryData(texts, tokenizer, False))


if __name__ == "__main__":
    main()
