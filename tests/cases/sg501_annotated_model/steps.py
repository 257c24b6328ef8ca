from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

from torch.nn import functional as F

from network import LM

if TYPE_CHECKING:
    import network
    from network import LM as Typed


def plain(model: LM, ids):
    return F.cross_entropy(model(ids).transpose(1, 2), ids)  # SG501


def quoted(model: "LM", ids):
    return F.cross_entropy(model(ids).flatten(0, 1), ids.flatten())  # SG501


def optional(ids, model: Optional[LM] = None):
    return F.cross_entropy(model(ids).transpose(1, 2), ids)  # SG501


def only_for_the_type_checker(model: Typed | None, ids):
    return F.cross_entropy(model(ids).transpose(1, 2), ids)  # SG501


def through_a_module(model: "Optional[network.LM]", ids):
    return F.cross_entropy(model(ids).transpose(1, 2), ids)  # SG501


@dataclass
class Run:
    model: LM
    rate: float

    def step(self, ids):
        return F.cross_entropy(self.model(ids).transpose(1, 2), ids)  # SG501
