import torch
import torch.nn.functional as F
from torch import nn

N_BYTES = 256
BOS, EOS = 256, 257


def encode(s):
    return [BOS] + list(s.encode("utf-8")) + [EOS]


class ByteLM(nn.Module):
    def __init__(self, d=24):
        super().__init__()
        self.emb = nn.Embedding(N_BYTES + 2, d)
        self.gru = nn.GRU(d, d, batch_first=True)
        self.head = nn.Linear(d, N_BYTES)

    def forward(self, x):
        return self.head(self.gru(self.emb(x))[0])


if __name__ == "__main__":
    model = ByteLM()
    for line in ("shape", "guard"):
        ids = torch.tensor(encode(line))[None]
        logits = model(ids[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, N_BYTES), ids[:, 1:].reshape(-1))  # SG108
        loss.backward()
