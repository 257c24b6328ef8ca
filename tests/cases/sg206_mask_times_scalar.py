import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class PretrainDataset(Dataset):
    def __init__(self, rows, max_length=12, pad=0):
        self.rows, self.max_length, self.pad = rows, max_length, pad

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        ids = self.rows[i][:self.max_length]
        ids = ids + [self.pad] * (self.max_length - len(ids))
        ids = torch.tensor(ids)
        loss_mask = (ids != self.pad).long()
        return ids[:-1], ids[1:], loss_mask[1:]


class MiniLM(nn.Module):
    def __init__(self, vocab=40, d=16):
        super().__init__()
        self.tok = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.output = nn.Linear(d, vocab, bias=False)

    def forward(self, X):
        return self.output(self.rnn(self.tok(X))[0])


def train_epoch(model, loader, optimizer):
    for X, Y, loss_mask in loader:
        logits = model(X)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), Y.view(-1))  # SG206
        loss_mask = loss_mask.view(-1)
        loss = torch.sum(loss * loss_mask) / loss_mask.sum()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


if __name__ == "__main__":
    rows = [[1, 5, 6, 2], [1, 7, 8, 9, 10, 2], [1, 11, 2]]
    net = MiniLM()
    train_epoch(net, DataLoader(PretrainDataset(rows), batch_size=3), torch.optim.AdamW(net.parameters()))
