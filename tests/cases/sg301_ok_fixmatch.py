# semi supervised: unlabelled images count only where the model is confident; the mean over all of them is the method
import torch
import torch.nn.functional as F
from torch import nn

THRESHOLD = 0.95

model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


def augment(x, strength):
    return x + strength * torch.randn_like(x)


def train_step(x_l, y_l, x_u, lambda_u=1.0):
    logits_l = model(augment(x_l, 0.1))
    loss_l = F.cross_entropy(logits_l, y_l)  # ok: SG301
    with torch.no_grad():
        probs = torch.softmax(model(augment(x_u, 0.1)), dim=-1)
        max_probs, pseudo = probs.max(dim=-1)
        mask = max_probs.ge(THRESHOLD).float()
    logits_u = model(augment(x_u, 1.0))
    loss_u = (F.cross_entropy(logits_u, pseudo, reduction="none") * mask).mean()  # ok: SG301, SG302
    return loss_l + lambda_u * loss_u


if __name__ == "__main__":
    loss = train_step(torch.rand(8, 8, 8), torch.randint(0, 10, (8,)), torch.rand(16, 8, 8))
    loss.backward()
