import math
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def collate(batch):
    ids = pad_sequence([torch.tensor(b) for b in batch], batch_first=True)
    return ids[:, :-1], ids[:, 1:]


class LM(nn.Module):
    def __init__(self, v=20, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


@torch.no_grad()
def evaluate(model, loader, criterion):
    model.eval()
    epoch_loss, n_tokens = 0.0, 0
    for x, y in loader:
        output = model(x)
        loss = criterion(output.reshape(-1, output.shape[-1]), y.reshape(-1))  # ok: SG303
        n = (y != 0).sum().item()
        epoch_loss += loss.item() * n
        n_tokens += n
    return epoch_loss / n_tokens


if __name__ == "__main__":
    valid = [[1, 4, 5, 2], [1, 2], [1, 6, 7, 8, 9, 10, 2], [1, 11, 12, 2]]
    loss = evaluate(LM(), DataLoader(valid, batch_size=2, collate_fn=collate), nn.CrossEntropyLoss(ignore_index=0))
    print(f"valid loss {loss:.3f} ppl {math.exp(loss):.3f}")
