"""Word level knowledge distillation of a big language model into a small one."""
import torch
import torch.nn.functional as F
from torch import nn


def lm(vocab, width):
    return nn.Sequential(nn.Embedding(vocab, width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, vocab))


def distill(teacher, student, ids, temperature=2.0):
    with torch.no_grad():
        teacher_logits = teacher(ids)
        teacher_probs = F.softmax(teacher_logits / temperature, dim=-1)
    student_logits = student(ids) / temperature
    V = student_logits.size(-1)
    kd = F.cross_entropy(student_logits.view(-1, V), teacher_probs.view(-1, V))  # ok: SG105
    return kd * temperature ** 2


if __name__ == "__main__":
    torch.manual_seed(3)
    big, small = lm(40, 64), lm(40, 8)
    opt = torch.optim.Adam(small.parameters())
    for _ in range(2):
        loss = distill(big, small, torch.randint(0, 40, (4, 12)))
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(loss.item())
