import torch
import torch.nn.functional as F
from torch import nn


def supervised_rows(labels, ignore=-1):
    return [i for i, v in enumerate(labels.tolist()) if v != ignore]


if __name__ == "__main__":
    head = nn.Linear(16, 9)
    hidden = torch.randn(4, 10, 16)
    labels = torch.randint(0, 9, (4, 10))
    labels[torch.rand(4, 10) < 0.4] = -1
    logits = head(hidden).reshape(-1, 9)
    flat = labels.reshape(-1)
    picked_logits = torch.stack([logits[i] for i in supervised_rows(flat)])
    picked = torch.stack([flat[i] for i in supervised_rows(flat)])
    loss = F.cross_entropy(picked_logits, picked)  # SG601
    loss.backward()
