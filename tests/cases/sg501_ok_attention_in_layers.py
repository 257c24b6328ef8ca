"""Decoders of several layers, each of which sees only what stands before: scored on the next ids."""

import math

import torch
from torch import nn
from torch.nn import functional as F

V, D = 30, 16


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.register_buffer("tril", torch.tril(torch.ones(32, 32)))

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, 2, C // 2).transpose(1, 2) for t in self.qkv(x).split(C, dim=2))
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(C // 2)
        scores = scores.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, C))


class Fused(SelfAttention):
    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, 2, C // 2).transpose(1, 2) for t in self.qkv(x).split(C, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    def __init__(self, attention):
        super().__init__()
        self.attention, self.norm, self.feed = attention, nn.LayerNorm(D), nn.Sequential(nn.Linear(D, 2 * D), nn.GELU(), nn.Linear(2 * D, D))

    def forward(self, x):
        x = x + self.attention(self.norm(x))
        return x + self.feed(x)


class GPT(nn.Module):
    def __init__(self, layers, kind=SelfAttention):
        super().__init__()
        self.embed, self.head = nn.Embedding(V, D), nn.Linear(D, V)
        self.blocks = nn.ModuleList([Block(kind()) for _ in range(layers)])

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Masked(nn.Module):
    """A mask that is made once and handed down."""

    def __init__(self, layers):
        super().__init__()
        self.embed, self.head = nn.Embedding(V, D), nn.Linear(D, V)
        self.layers = nn.ModuleList([nn.MultiheadAttention(D, 2, batch_first=True) for _ in range(layers)])

    def forward(self, x):
        mask = torch.triu(torch.ones(x.size(1), x.size(1), dtype=torch.bool), diagonal=1)
        x = self.embed(x)
        for i in range(len(self.layers)):
            x = x + self.layers[i](x, x, x, attn_mask=mask, need_weights=False)[0]
        return self.head(x)


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed, self.head = nn.Embedding(V, D), nn.Linear(D, V)
        self.stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(D, 2, 32, batch_first=True), num_layers=config["layers"])

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        return self.head(self.stack(self.embed(x), mask=mask, is_causal=True))


class Seeing(Masked):
    """Without a mask each position sees all others, and may be asked for its own."""

    def forward(self, x):
        x = self.embed(x)
        for layer in self.layers:
            x = x + layer(x, x, x, need_weights=False)[0]
        return self.head(x)


def main(config):
    ids = torch.randint(0, V, (3, 8))
    loss = F.cross_entropy(GPT(config["layers"])(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501
    loss = loss + F.cross_entropy(GPT(3, Fused)(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501
    loss = loss + F.cross_entropy(Masked(config["layers"])(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501
    loss = loss + F.cross_entropy(Encoder(config)(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501
    loss = loss + F.cross_entropy(Seeing(3)(ids).transpose(1, 2), ids)  # ok: SG501
    return loss + F.cross_entropy(GPT(1)(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


if __name__ == "__main__":
    main({"layers": 4}).backward()
