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
        logits = rearrange(model(ids)[:, :-1], "b t v -> (b t) v")
        labels = rearrange(ids[:, 1:], "b t -> (b t)")
        total += F.cross_entropy(logits, labels, reduction="sum").item()  # ok: SG502
        n += labels.numel()
    return total / n


if __name__ == "__main__":
    print(validate(Net(), [torch.randint(0, 26, (4, 10)) for _ in range(2)]))
