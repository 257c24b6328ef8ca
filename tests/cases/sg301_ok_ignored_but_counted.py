import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Aux(nn.Module):
    """Predict the cluster id of every audio frame; missing frames are -1."""

    def __init__(self, d=20, clusters=16):
        super().__init__()
        self.enc = nn.GRU(d, 32, batch_first=True)
        self.head = nn.Linear(32, clusters)

    def forward(self, x, aux_target):
        pred = self.head(self.enc(x)[0])
        aux_loss = F.cross_entropy(pred.transpose(1, 2), aux_target, ignore_index=-1)  # ok: SG301
        return aux_loss


if __name__ == "__main__":
    n = [11, 5, 8]
    x = pad_sequence([torch.randn(k, 20) for k in n], batch_first=True)
    t = pad_sequence([torch.randint(0, 16, (k,)) for k in n], batch_first=True, padding_value=-1)
    Aux()(x, t).backward()
