import copy
import torch
import torch.nn as nn


class SelfDistill(nn.Module):
    """An exponential moving average of the model teaches the model."""

    def __init__(self, n_in=20, n_out=12):
        super().__init__()
        self.student = nn.Sequential(nn.Linear(n_in, 32), nn.GELU(), nn.Linear(32, n_out))
        self.teacher = copy.deepcopy(self.student)
        self.soft_ce = nn.CrossEntropyLoss()

    @torch.no_grad()
    def update(self, m=0.99):
        for p, q in zip(self.student.parameters(), self.teacher.parameters()):
            q.mul_(m).add_(p, alpha=1 - m)

    def forward(self, view1, view2):
        s = self.student(view1)
        with torch.no_grad():
            t = self.teacher(view2).softmax(dim=-1)
        return self.soft_ce(s, t)  # ok: SG105


if __name__ == "__main__":
    net = SelfDistill()
    x = torch.randn(8, 20)
    loss = net(x + 0.1 * torch.randn_like(x), x)
    print(loss.item())
    net.update()
