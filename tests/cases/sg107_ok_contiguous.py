import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, vocab=40, d=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d)
        self.out = nn.Linear(d, vocab)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x.t()))[0])


if __name__ == "__main__":
    V = 40
    ids = torch.randint(0, V, (3, 11))
    model, ce = Model(), nn.CrossEntropyLoss()
    out = model(ids[:, :-1])  # T B V
    gold = ids[:, 1:]
    losses = [
        ce(out.transpose(0, 1).contiguous().view(-1, V), gold.contiguous().view(-1)),  # ok: SG107, SG104
        ce(out.transpose(0, 1).reshape(-1, V), gold.reshape(-1)),  # ok: SG107, SG103
        ce(out.permute(1, 2, 0), gold),  # ok: SG107, SG101
        ce(out.view(-1, V), gold.t().reshape(-1)),  # ok: SG107, SG104
        ce(out.transpose(0, 1).flatten(0, 1), gold.flatten()),  # ok: SG107, SG102
        ce(out.transpose(0, 1).clone(memory_format=torch.contiguous_format).view(-1, V), gold.clone(memory_format=torch.contiguous_format).view(-1)),
    ]
    assert max(losses) - min(losses) < 1e-5
