"""Translate digits to reversed digits with nn.Transformer."""
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

BOS = 10
LENGTH = 8


class Reversal(Dataset):
    def __len__(self):
        return 24

    def __getitem__(self, i):
        src = torch.randint(0, 10, (LENGTH,))
        tgt = torch.cat([torch.tensor([BOS]), src.flip(0)])
        return src, tgt


class Net(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.emb = nn.Embedding(11, d)
        self.transformer = nn.Transformer(d_model=d, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=32)
        self.fc = nn.Linear(d, 11)

    def forward(self, src, tgt):
        return self.fc(self.transformer(self.emb(src), self.emb(tgt)))


if __name__ == "__main__":
    net = Net()
    opt = torch.optim.Adam(net.parameters(), lr=1e-3)
    ce = nn.CrossEntropyLoss()
    for src, tgt in DataLoader(Reversal(), batch_size=6):
        out = net(src, tgt[:, :-1])
        loss = ce(out.reshape(-1, out.shape[-1]), tgt[:, 1:].reshape(-1))  # SG104
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(loss.item())
