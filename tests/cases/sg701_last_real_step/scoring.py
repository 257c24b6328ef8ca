import torch
import torch.nn as nn
from jaxtyping import Float, Int
from torch import Tensor


class LastStep(nn.Module):
    """scores each review by what was read at its last word"""

    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss()

    def forward(self, scores: Float[Tensor, "batch time stars"], ends: Int[Tensor, "batch"], stars: Int[Tensor, "batch"]) -> Tensor:
        last = scores[torch.arange(ends.size(0)), ends - 1]
        return self.ce(last, stars)  # SG701
