import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from torch import nn


class MaskGit(nn.Module):
    def __init__(self, codes=32, d=16):
        super().__init__()
        self.codes = codes
        self.emb, self.conv = nn.Embedding(codes + 1, d), nn.Conv2d(d, d, 3, padding=1)
        self.to_logits = nn.Conv2d(d, codes, 1)

    def forward(self, ids):
        h = rearrange(self.emb(ids), "b h w d -> b d h w")
        return self.to_logits(F.gelu(self.conv(h)))


if __name__ == "__main__":
    ids = torch.randint(0, 32, (2, 6, 6))
    hidden = torch.rand(ids.shape) < 0.5
    model = MaskGit()
    logits = model(ids.masked_fill(hidden, model.codes))
    a = F.cross_entropy(logits, ids)  # ok: SG103, SG101, SG108
    b = F.cross_entropy(rearrange(logits, "b c h w -> (b h w) c"), rearrange(ids, "b h w -> (b h w)"))  # ok: SG103, SG102
    c = F.cross_entropy(rearrange(logits, "b c h w -> b c (h w)"), ids.flatten(1))  # ok: SG103, SG101
    assert abs(a - b) < 1e-5 > abs(a - c)
    only_hidden = rearrange(logits, "b c h w -> b h w c")[hidden]
    d = F.cross_entropy(only_hidden, ids[hidden])  # ok: SG103, SG102, SG208, SG209
    two = repeat(ids, "b h w -> (b k) h w", k=2)
    e = F.cross_entropy(repeat(logits, "b c h w -> (b k) c h w", k=2), two)  # ok: SG103, SG104
    (a + b + c + d + e).backward()
