import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn


class MaskGit(nn.Module):
    """Image tokens on a grid, predicted by convolutions."""

    def __init__(self, codes=32, d=16):
        super().__init__()
        self.codes = codes
        self.emb = nn.Embedding(codes + 1, d)
        self.conv = nn.Conv2d(d, d, 3, padding=1)
        self.to_logits = nn.Conv2d(d, codes, 1)

    def forward(self, ids):
        h = rearrange(self.emb(ids), "b h w d -> b d h w")
        return self.to_logits(F.gelu(self.conv(h)))


def loss_fn(model, ids):
    hidden = torch.rand(ids.shape) < 0.5
    logits = model(ids.masked_fill(hidden, model.codes))
    flat = logits.reshape(-1, model.codes)
    return F.cross_entropy(flat, rearrange(ids, "b h w -> (b h w)"))  # SG103


if __name__ == "__main__":
    loss_fn(MaskGit(), torch.randint(0, 32, (2, 6, 6))).backward()
