import torch
import torch.nn as nn
import torch.nn.functional as F


class Net(nn.Module):
    def __init__(self, log=False):
        super().__init__()
        self.log = log
        self.lin = nn.Linear(7, 5)

    def forward(self, x):
        x = self.lin(x)
        return F.log_softmax(x, dim=1) if self.log else x


if __name__ == "__main__":
    x, y = torch.randn(9, 7), torch.randint(0, 5, (9,))
    loss = F.cross_entropy(Net()(x), y)  # ok: SG404, SG402
    loss = loss + F.nll_loss(Net(log=True)(x), y)  # ok: SG404, SG402
    logits = Net()(x)
    logp = logits.log_softmax(dim=-1)
    entropy = -(logp.exp() * logp).sum(-1).mean()
    loss = loss + F.cross_entropy(logits, y) - 0.01 * entropy  # ok: SG404
    loss = loss + F.nll_loss(logp, y)  # ok: SG404
    with torch.no_grad():
        target = Net()(x).log_softmax(-1)
    loss = loss + F.kl_div(logp, target, log_target=True, reduction="batchmean")
    loss = loss + F.cross_entropy(logits, target.exp())  # ok: SG404, SG105, SG106
    loss = loss + F.cross_entropy(F.relu(logits), y)  # ok: SG404
    loss.backward()
