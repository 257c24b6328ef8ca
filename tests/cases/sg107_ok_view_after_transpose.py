import torch
import torch.nn as nn


class Attn(nn.Module):
    def __init__(self, d=16, vocab=29):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.mha = nn.MultiheadAttention(d, 2)
        self.fc = nn.Linear(d, vocab)

    def forward(self, tokens):
        x = self.emb(tokens).transpose(0, 1)
        n = x.size(0)
        x, _ = self.mha(x, x, x, attn_mask=torch.ones(n, n).triu(1).bool())
        return self.fc(x)  # T, B, V


if __name__ == "__main__":
    model = Attn()
    batch = torch.randint(0, 29, (4, 13))
    logits = model(batch[:, :-1]).transpose(0, 1)
    loss = nn.functional.cross_entropy(logits.reshape(-1, 29), batch[:, 1:].reshape(-1))  # ok: SG107
    loss.backward()
