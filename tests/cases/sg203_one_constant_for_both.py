import torch
import torch.nn.functional as F
from torch import nn

PAD = EOS = 0
BOS = 1


class Decoder(nn.Module):
    def __init__(self, vocab, dim=20):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.gru = nn.GRU(dim, dim, batch_first=True)
        self.head = nn.Linear(dim, vocab)

    def forward(self, x):
        return self.head(self.gru(self.emb(x))[0])


def batchify(lines):
    rows = [[BOS] + line + [EOS] for line in lines]
    n = max(map(len, rows))
    return torch.tensor([r + [PAD] * (n - len(r)) for r in rows])


if __name__ == "__main__":
    model = Decoder(15)
    ids = batchify([[4, 5, 6], [7], [8, 9, 10, 11]])
    logits = model(ids[:, :-1])
    loss = F.cross_entropy(logits.reshape(-1, 15), ids[:, 1:].reshape(-1), ignore_index=PAD)  # SG203
    loss.backward()
    print(loss.item())
