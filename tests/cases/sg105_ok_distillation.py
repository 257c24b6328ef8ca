import torch
import torch.nn.functional as F
from torch import nn


class Student(nn.Module):
    def __init__(self, vocab, d):
        super().__init__()
        self.body = nn.Sequential(nn.Embedding(vocab, d), nn.Tanh(), nn.Linear(d, vocab))

    def forward(self, ids):
        return self.body(ids)


def soft_targets(teacher, ids, tau):
    with torch.no_grad():
        return F.softmax(teacher(ids) / tau, dim=-1)


def kd_loss(student, teacher, ids, labels, alpha=0.5, tau=2.0):
    s = student(ids)
    V = s.size(-1)
    soft = F.cross_entropy((s / tau).view(-1, V), soft_targets(teacher, ids, tau).view(-1, V)) * tau * tau  # ok: SG105, SG106
    hard = F.cross_entropy(s.view(-1, V), labels.view(-1))  # ok: SG105
    return alpha * soft + (1 - alpha) * hard


def mixup(logits, y1, y2, lam, classes):
    mixed = lam * F.one_hot(y1, classes).float() + (1 - lam) * F.one_hot(y2, classes).float()
    return F.cross_entropy(logits, mixed)  # ok: SG105, SG106


if __name__ == "__main__":
    a, b = Student(21, 8), Student(21, 16)
    ids, labels = torch.randint(0, 21, (3, 6)), torch.randint(0, 21, (3, 6))
    kd_loss(a, b, ids, labels).backward()
    print(mixup(torch.randn(5, 4), torch.randint(0, 4, (5,)), torch.randint(0, 4, (5,)), 0.3, 4))
