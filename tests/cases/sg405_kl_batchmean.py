"""KL divergence of (B, T, V) with batchmean: divided by B alone."""
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB, HEAT = 36, 2.0


def lm(dim):
    return nn.Sequential(nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB))


class Distil(nn.Module):
    def __init__(self, student, teacher):
        super().__init__()
        self.student, self.teacher = student, teacher
        self.kl = nn.KLDivLoss(reduction="batchmean")

    def forward(self, ids):
        with torch.no_grad():
            p = F.softmax(self.teacher(ids) / HEAT, dim=-1)
        logp = F.log_softmax(self.student(ids) / HEAT, dim=-1)
        return self.kl(logp, p) * HEAT**2  # SG405


def plain(student, teacher, ids):
    p = teacher(ids).softmax(-1).detach()
    return F.kl_div(student(ids).log_softmax(-1), p, reduction="batchmean")  # SG405


def of_logarithms(student, teacher, ids):
    logq = teacher(ids).log_softmax(-1).detach()
    loss = F.kl_div(student(ids).log_softmax(-1), logq, log_target=True, reduction="batchmean")  # SG405
    return 0.5 * loss


def shifted(student, teacher, ids):
    p = teacher(ids)[:, :-1].softmax(-1).detach()
    return F.kl_div(student(ids)[:, :-1].log_softmax(-1), p, reduction="batchmean")  # SG405


if __name__ == "__main__":
    student, teacher, ids = lm(8), lm(16), torch.randint(0, VOCAB, (4, 12))
    Distil(student, teacher)(ids).backward()
    plain(student, teacher, ids).backward()
    of_logarithms(student, teacher, ids).backward()
    shifted(student, teacher, ids).backward()
