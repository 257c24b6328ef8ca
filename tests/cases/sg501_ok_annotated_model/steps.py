from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Protocol

from torch.nn import functional as F

from network import LM

if TYPE_CHECKING:
    import network
    from network import LM as Typed


class Scores(Protocol):
    def __call__(self, ids): ...


def plain(model: LM, ids):
    return F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


def quoted(model: "LM", ids):
    return F.cross_entropy(model(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())  # ok: SG501


def optional(ids, model: Optional[LM] = None):
    return F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


def only_for_the_type_checker(model: Typed | None, ids):
    return F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


def through_a_module(model: "Optional[network.LM]", ids):
    return F.cross_entropy(model(ids)[:, :-1].transpose(1, 2), ids[:, 1:])  # ok: SG501


def any_model(model: Scores, ids):
    return F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


def of_two_kinds(model: LM | Scores, ids):
    return F.cross_entropy(model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501


@dataclass
class Run:
    model: LM
    rate: float

    def step(self, ids):
        return F.cross_entropy(self.model(ids[:, :-1]).transpose(1, 2), ids[:, 1:])  # ok: SG501
