from dataclasses import dataclass, field

from torch import nn


@dataclass
class TrainConfig:
    hidden: int = 24
    lr: float = 1e-3
    epochs: int = 2
    batch_size: int = 2
    criterion: nn.Module = field(default_factory=nn.CrossEntropyLoss)
