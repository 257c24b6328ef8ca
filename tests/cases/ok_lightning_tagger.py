import lightning as L
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


class TagData(L.LightningDataModule):
    def __init__(self, rows, batch_size=8):
        super().__init__()
        self.rows, self.batch_size = rows, batch_size

    @staticmethod
    def collate(batch):
        x = pad_sequence([torch.tensor(a) for a, _ in batch], batch_first=True)
        y = pad_sequence([torch.tensor(b) for _, b in batch], batch_first=True, padding_value=-100)
        return x, y

    def train_dataloader(self):
        return DataLoader(self.rows, self.batch_size, shuffle=True, collate_fn=self.collate)

    def val_dataloader(self):
        return DataLoader(self.rows, self.batch_size, collate_fn=self.collate)


class LitTagger(L.LightningModule):
    def __init__(self, vocab=100, tags=9, lr=1e-3):
        super().__init__()
        self.save_hyperparameters()
        self.model = nn.Sequential(nn.Embedding(vocab, 32), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, tags))
        self.criterion = nn.CrossEntropyLoss()

    def forward(self, x):
        return self.model(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x).transpose(1, 2), y)  # ok: SG101, SG201, SG202
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        loss = self.criterion(logits.flatten(0, 1), y.flatten())  # ok: SG102, SG201, SG202
        acc = (logits.argmax(-1) == y)[y != -100].float().mean()
        self.log_dict({"val/loss": loss, "val/acc": acc})

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)


if __name__ == "__main__":
    rows = [([4, 5, 6], [0, 1, 2]), ([7, 8], [0, 8])]
    L.Trainer(max_epochs=2).fit(LitTagger(), TagData(rows))
