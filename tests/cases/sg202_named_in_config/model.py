from torch import nn


class LM(nn.Module):
    def __init__(self, vocab_size, dim):
        super().__init__()
        self.layers = nn.ModuleDict({"emb": nn.Embedding(vocab_size, dim), "gru": nn.GRU(dim, dim, batch_first=True), "out": nn.Linear(dim, vocab_size)})

    @classmethod
    def from_config(cls, cfg):
        return cls(**cfg)

    def forward(self, inp):
        h, _ = self.layers["gru"](self.layers["emb"](inp))
        return self.layers["out"](h)
