import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn


class Decoder(nn.Module):
    def __init__(self, num_tokens=50, dim=32, depth=2):
        super().__init__()
        self.token_emb = nn.Embedding(num_tokens, dim)
        self.layers = nn.ModuleList([nn.TransformerEncoderLayer(dim, 4, dim * 2, batch_first=True) for _ in range(depth)])
        self.to_logits = nn.Linear(dim, num_tokens)

    def forward(self, x, return_loss=False):
        if return_loss:
            x, labels = x[:, :-1], x[:, 1:]
        n = x.shape[1]
        mask = torch.ones(n, n, dtype=torch.bool).triu(1)
        h = self.token_emb(x)
        for layer in self.layers:
            h = layer(h, src_mask=mask)
        logits = self.to_logits(h)
        if not return_loss:
            return logits
        return F.cross_entropy(rearrange(logits, "b n c -> b c n"), labels)  # ok: SG101, SG103, SG501


class Flat(Decoder):
    def loss(self, seq):
        logits = self(seq[:, :-1])
        return F.cross_entropy(rearrange(logits, "b n c -> (b n) c"), rearrange(seq[:, 1:], "b n -> (b n)"))  # ok: SG101, SG102, SG104


if __name__ == "__main__":
    seq = torch.randint(0, 50, (2, 11))
    Decoder()(seq, return_loss=True).backward()
    Flat().loss(seq).backward()
