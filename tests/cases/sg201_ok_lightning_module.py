import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


class LitSpeller(pl.LightningModule):
    """Grapheme to phoneme"""

    def __init__(self, graphemes, phonemes, dim=64, lr=1e-3):
        super().__init__()
        self.save_hyperparameters()
        self.src = nn.Embedding(graphemes, dim, padding_idx=0)
        self.tgt = nn.Embedding(phonemes, dim, padding_idx=0)
        self.enc = nn.GRU(dim, dim, batch_first=True)
        self.dec = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, phonemes)

    def forward(self, x, y):
        _, h = self.enc(self.src(x))
        o, _ = self.dec(self.tgt(y), h)
        return self.out(o)

    def _step(self, batch):
        x, y = batch
        logits = self(x, y[:, :-1])
        return F.cross_entropy(logits.transpose(1, 2), y[:, 1:], ignore_index=0)  # ok: SG201

    def training_step(self, batch, batch_idx):
        loss = self._step(batch)
        self.log("train_loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self._step(batch))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)


def collate(batch):
    xs = pad_sequence([torch.tensor(x) for x, _ in batch], batch_first=True)
    ys = pad_sequence([torch.tensor(y) for _, y in batch], batch_first=True)
    return xs, ys


if __name__ == "__main__":
    data = [([3, 4, 5], [1, 7, 8, 2]), ([6, 7], [1, 9, 2])]
    loader = DataLoader(data, batch_size=2, collate_fn=collate)
    trainer = pl.Trainer(max_epochs=1)
    trainer.fit(LitSpeller(30, 45), loader, loader)
