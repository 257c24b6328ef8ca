"""KL divergence that is divided by the number of its positions, or has one position a row."""
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB = 36


def lm(dim):
    return nn.Sequential(nn.Embedding(VOCAB, dim), nn.Linear(dim, VOCAB))


def flattened(student, teacher, ids):
    p, logp = teacher(ids).softmax(-1).detach(), student(ids).log_softmax(-1)
    return F.kl_div(logp.flatten(0, 1), p.flatten(0, 1), reduction="batchmean")  # ok: SG405


def viewed(student, teacher, ids):
    p, logp = teacher(ids).softmax(-1).detach(), student(ids).log_softmax(-1)
    return nn.KLDivLoss(reduction="batchmean")(logp.view(-1, VOCAB), p.view(-1, VOCAB))  # ok: SG405


def divided(student, teacher, ids):
    p, logp = teacher(ids).softmax(-1).detach(), student(ids).log_softmax(-1)
    return F.kl_div(logp, p, reduction="batchmean") / ids.size(1)  # ok: SG405


def summed(student, teacher, ids):
    p, logp = teacher(ids).softmax(-1).detach(), student(ids).log_softmax(-1)
    return F.kl_div(logp, p, reduction="sum") / ids.numel()  # ok: SG405


def by_position(student, teacher, ids):
    p, logp = teacher(ids).softmax(-1).detach(), student(ids).log_softmax(-1)
    return F.kl_div(logp, p, reduction="none").sum(-1).mean()  # ok: SG405


def last_position(student, teacher, ids):
    p, logp = teacher(ids)[:, -1].softmax(-1).detach(), student(ids)[:, -1].log_softmax(-1)
    return F.kl_div(logp, p, reduction="batchmean")  # ok: SG405


def classes(head, other, x):
    return F.kl_div(head(x).log_softmax(-1), other(x).softmax(-1).detach(), reduction="batchmean")  # ok: SG405


def heads(head, other, x):
    p, logp = other(x).view(4, 3, 12).softmax(-1).detach(), head(x).view(4, 3, 12).log_softmax(-1)
    return F.kl_div(logp, p, reduction="batchmean")  # ok: SG405


if __name__ == "__main__":
    student, teacher, ids = lm(8), lm(16), torch.randint(0, VOCAB, (4, 12))
    flattened(student, teacher, ids).backward()
    viewed(student, teacher, ids).backward()
    divided(student, teacher, ids).backward()
    summed(student, teacher, ids).backward()
    by_position(student, teacher, ids).backward()
    last_position(student, teacher, ids).backward()
    classes(nn.Linear(5, 36), nn.Linear(5, 36), torch.randn(4, 5)).backward()
    heads(nn.Linear(5, 36), nn.Linear(5, 36), torch.randn(4, 5)).backward()
