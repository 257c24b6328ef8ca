import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn


class Net(nn.Module):
    def __init__(self, v=26, d=16):
        super().__init__()
        self.e = nn.Embedding(v, d)
        self.t = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)
        self.h = nn.Linear(d, v)

    def forward(self, x):
        m = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        return self.h(self.t(self.e(x), src_mask=m))


@torch.no_grad()
def validate(model, batches):
    total, n = 0.0, 0
    for ids in batches:
        logits = rearrange(model(ids), "b t v -> (b t) v")
        labels = rearrange(ids, "b t -> (b t)")
        total += F.cross_entropy(logits[:-1], labels[1:], reduction="sum").item()  # SG502
        n += labels.numel() - 1
    return total / n


if __name__ == "__main__":
    text = "the quick brown fox jumps over the lazy dog and then it runs home to its den"
    ids = torch.tensor([ord(c) - 97 for c in text if c != " "])
    print(validate(Net(), list(ids[:60].view(2, 3, 10))))
