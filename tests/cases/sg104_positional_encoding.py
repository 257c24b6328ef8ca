"""An encoder that takes time first is fed batch first; the positions that are added are as many as it takes for time."""
import math

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class PositionalEncoding(nn.Module):
    def __init__(self, d, max_len=100):
        super().__init__()
        pe = torch.zeros(max_len, 1, d)
        pos = torch.arange(max_len).unsqueeze(1)
        div = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
        pe[:, 0, 0::2] = torch.sin(pos * div)
        pe[:, 0, 1::2] = torch.cos(pos * div)
        self.register_buffer("pe", pe)

    def forward(self, x):
        return x + self.pe[: x.size(0)]


class TransformerModel(nn.Module):
    def __init__(self, ntoken, d_model=8, nhead=2):
        super().__init__()
        self.pos = PositionalEncoding(d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, 16, 0.0)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.embed = nn.Embedding(ntoken, d_model)
        self.out = nn.Linear(d_model, ntoken)

    def forward(self, src):
        mask = nn.Transformer.generate_square_subsequent_mask(len(src))
        return self.out(self.encoder(self.pos(self.embed(src)), mask))


class Windows(Dataset):
    def __init__(self, length=6):
        lines = torch.randint(0, 15, (8, length + 1)).tolist()
        self.samples = [(line[:-1], line[1:]) for line in lines]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        x, y = self.samples[i]
        return torch.tensor(x), torch.tensor(y)


model = TransformerModel(15)
criterion = nn.CrossEntropyLoss()
for src, tgt in DataLoader(Windows(), batch_size=4):
    out = model(src)
    criterion(out.view(-1, 15), tgt.view(-1)).backward()  # SG104
    criterion(model(src.t()).permute(1, 2, 0), tgt).backward()  # ok: SG104
