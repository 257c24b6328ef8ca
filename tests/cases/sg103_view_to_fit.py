import torch
from torch import nn


class GRULM(nn.Module):
    def __init__(self, n_vocab, d):
        super().__init__()
        self.table = nn.Embedding(n_vocab, d)
        self.gru = nn.GRU(d, d, batch_first=True)
        self.proj = nn.Linear(d, n_vocab)

    def forward(self, tokens):
        h, _ = self.gru(self.table(tokens))
        return self.proj(h)


def main(n_vocab=33, bs=4, length=10):
    lm = GRULM(n_vocab, 24)
    ce = nn.CrossEntropyLoss()
    opt = torch.optim.Adam(lm.parameters(), lr=0.01)
    stream = torch.randint(0, n_vocab, (1000,))
    for step in range(3):
        start = torch.randint(0, 900, (bs,))
        chunk = torch.stack([stream[s:s + length + 1] for s in start.tolist()])
        x, y = chunk[:, :-1], chunk[:, 1:]
        out = lm(x)
        B, T, V = out.shape
        # CrossEntropyLoss wants the classes in dim 1
        out = out.view(B, V, T)
        loss = ce(out, y)  # SG103
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(step, loss.item())


if __name__ == "__main__":
    main()
