import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence


class TransformerLM(nn.Module):
    def __init__(self, vocab, d=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.layer = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)
        self.head = nn.Linear(d, vocab)

    def forward(self, x, pad_mask):
        causal = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
        return self.head(self.layer(self.emb(x), src_mask=causal, src_key_padding_mask=pad_mask))


def training_loss(model, ids):
    x, y = ids[:, :-1], ids[:, 1:]
    logits = model(x, x == 0)
    weights = 1 - (y == 0).float()
    loss = F.cross_entropy(logits.reshape(-1, logits.size(-1)), y.reshape(-1), reduction="none")  # ok: SG209
    loss = (loss * weights.reshape(-1)).sum() / weights.sum()
    return loss


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 22, (n,)) for n in (8, 4, 6)], batch_first=True)
    training_loss(TransformerLM(22), ids).backward()
