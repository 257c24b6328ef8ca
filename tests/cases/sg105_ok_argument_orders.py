import torch
import torch.nn as nn
import torch.nn.functional as F


def categorical_crossentropy(y_true, y_pred):
    """Keras order on the outside, torch order on the inside."""
    return F.cross_entropy(y_pred, y_true)  # ok: SG105


def by_keyword(labels, scores):
    return F.cross_entropy(target=labels, input=scores)  # ok: SG105


class Loss(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss()

    def forward(self, target, output):
        return self.ce(output, target)  # ok: SG105


def confusing_names(logits, y):
    # the caller of this old helper hands over (labels, predictions)
    return nn.CrossEntropyLoss()(y, logits)  # ok: SG105


if __name__ == "__main__":
    net = nn.Linear(5, 4)
    p, t = net(torch.randn(7, 5)), torch.randint(0, 4, (7,))
    losses = [categorical_crossentropy(t, p), by_keyword(t, p), Loss()(t, p), confusing_names(t, p)]
    print(torch.stack(losses))
