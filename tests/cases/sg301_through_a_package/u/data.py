from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


@dataclass
class Batch:
    src: Tensor
    tgt: Tensor
    mask: Tensor

    @classmethod
    def collate(cls, samples):
        src, tgt = zip(*samples)
        mask = [torch.ones(len(t)) for t in tgt]
        return cls(*(pad_sequence(list(map(torch.as_tensor, xs)), batch_first=True) for xs in (src, tgt, mask)))
