import torch
from torch import nn

PAD = 0
criterion = nn.CrossEntropyLoss()


def batch_loss(outputs, targets):
    loss, count = 0.0, 0
    for b in range(targets.size(0)):
        for t in range(targets.size(1)):
            if targets[b, t] == PAD:
                continue
            loss = loss + criterion(outputs[b, t].unsqueeze(0), targets[b, t].unsqueeze(0))  # SG601
            count += 1
    return loss / count


if __name__ == "__main__":
    y = torch.tensor([[3, 4, 5, 2, 0, 0], [6, 2, 0, 0, 0, 0], [7, 8, 9, 10, 11, 2]])
    states = torch.randn(3, 6, 8)
    batch_loss(nn.Linear(8, 12)(states), y).backward()
