import torch
from torch import nn
import torch.nn.functional as F


class BoW(nn.Module):
    def __init__(self, vocab, langs):
        super().__init__()
        self.bag = nn.EmbeddingBag(vocab, 16)
        self.lin = nn.Linear(16, langs)

    def forward(self, x):
        return self.lin(self.bag(x))


if __name__ == "__main__":
    net = BoW(100, 4)
    x, y = torch.randint(0, 100, (12, 7)), torch.randint(0, 4, (12,))
    opt = torch.optim.SGD(net.parameters(), lr=0.5)
    for i in range(4):
        scores = net(x)
        loss = F.nll_loss(F.log_softmax(scores, dim=-1), y)  # ok: SG402
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(i, loss.item())
