# sequential recommendation: item 0 is padding on the left
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

MAXLEN, ITEMS = 10, 50


class History(Dataset):
    def __init__(self, users):
        self.users = users

    def __len__(self):
        return len(self.users)

    def __getitem__(self, u):
        items = self.users[u][-(MAXLEN + 1):]
        seq = np.zeros(MAXLEN, dtype=np.int64)
        pos = np.zeros(MAXLEN, dtype=np.int64)
        k = len(items) - 1
        seq[MAXLEN - k:] = items[:-1]
        pos[MAXLEN - k:] = items[1:]
        return seq, pos


class SASRec(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.item = nn.Embedding(ITEMS + 1, d, padding_idx=0)
        self.pos = nn.Embedding(MAXLEN, d)
        self.layer = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)

    def forward(self, seq):
        h = self.item(seq) + self.pos.weight
        h = self.layer(h, src_mask=nn.Transformer.generate_square_subsequent_mask(MAXLEN))
        return h @ self.item.weight.t()


if __name__ == "__main__":
    users = [[3, 7, 9, 11], [5, 2], list(range(1, 20))]
    net = SASRec()
    for seq, pos in DataLoader(History(users), batch_size=3):
        scores = net(seq)
        loss = F.cross_entropy(scores.view(-1, ITEMS + 1), pos.view(-1), ignore_index=0)  # ok: SG201, SG204, SG501, SG108
        rows, cols = torch.nonzero(pos, as_tuple=True)
        again = F.cross_entropy(scores[rows, cols], pos[rows, cols])  # ok: SG201, SG208, SG102
        assert torch.allclose(loss, again)
        loss.backward()
