import pytorch_lightning as L
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def collate(batch):
    words, tags = zip(*batch)
    return pad_sequence(words, batch_first=True), pad_sequence(tags, batch_first=True)


class Data(L.LightningDataModule):
    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs

    def train_dataloader(self):
        return DataLoader(self.pairs, batch_size=8, collate_fn=collate)


class Tagger(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.out = nn.Linear(32, 9)

    def training_step(self, batch, batch_idx):
        words, tags = batch
        return F.cross_entropy(self.out(self.embed(words)).transpose(1, 2), tags)  # SG201


if __name__ == "__main__":
    pairs = [(torch.randint(1, 100, (n,)), torch.randint(0, 9, (n,))) for n in (5, 9, 3)]
    L.Trainer(max_epochs=1).fit(Tagger(), Data(pairs))
