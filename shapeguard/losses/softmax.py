"""Logits of some rows -> what their losses are made of, and the gradient written over the softmax."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Terms:
    """The parts of the formula beside the softmax; e = label_smoothing, w = weight or 1.

        loss of a row     = a * nll + e / V * sum_c w[c] * (nll + x[y] - x[c]),        a = (1 - e) * w[y]
        gradient of a row = (a + e / V * sum(w)) * (p - onehot) + e / V * (sum(w) * onehot - w)

    which is `F.cross_entropy`'s own definition with log p[c] = x[c] - x[y] - nll.
    """

    classes: int
    weight: Tensor | None  # (V,), in the dtype that is computed in
    smoothing: float

    def row_weight(self, ids: Tensor) -> Tensor | None:
        """w[y], or None for 1."""
        return None if self.weight is None else self.weight[ids]

    @property
    def share(self) -> float:
        """e / V."""
        return self.smoothing / self.classes if self.classes else 0.0

    def total_weight(self) -> Tensor | float:
        """sum(w)."""
        return float(self.classes) if self.weight is None else self.weight.sum()

    def spread(self, x: Tensor, ids: Tensor) -> Tensor:
        """sum_c w[c] * (x[y] - x[c]) of each row, (n,); 0 where x[y] is -inf, for the nll is inf and says it all."""
        at = x.gather(1, ids[:, None])[:, 0]
        others = x.sum(-1) if self.weight is None else x @ self.weight
        return (at * self.total_weight() - others).masked_fill_(at.isneginf(), 0)

    def row_losses(self, nll: Tensor, ids: Tensor, spread: Tensor | None) -> Tensor:
        """The loss of each row, of nll's shape."""
        w = self.row_weight(ids)
        if spread is None:
            return nll if w is None else nll * w
        return nll * (1.0 if w is None else w) * (1 - self.smoothing) + (nll * self.total_weight() + spread) * self.share

    def to_gradient(self, p: Tensor, at: Tensor, ids: Tensor, scale: Tensor | float) -> None:
        """Softmax p (n, V) becomes the gradient, times `scale`, a number or (n, 1); at = p[y] - 1, (n,), in widest().

        The entry at y is the largest by far: it is computed apart, and rounded once.
        """
        y, at = ids[:, None], at[:, None]
        w = self.row_weight(ids)
        scale_of_row = scale if w is None else scale * w[:, None].to(at.dtype)
        if not self.smoothing:
            if not isinstance(scale_of_row, float) or scale_of_row != 1:
                p.mul_(scale_of_row)
            p.scatter_(1, y, (at * scale_of_row).to(p.dtype))
            return
        even = self.share * self.total_weight() * scale
        factor = scale_of_row * (1 - self.smoothing) + even
        p.mul_(factor)
        p.sub_(self.share * scale if self.weight is None else self.weight * (self.share * scale))
        own = self.share * scale * (1.0 if w is None else w[:, None])
        p.scatter_(1, y, (at * factor + even - own).to(p.dtype))


def wide(dtype: torch.dtype) -> torch.dtype:
    """What a loss is computed in, and returned in: float32 for half precision."""
    return torch.float32 if dtype in (torch.float16, torch.bfloat16) else dtype


def widest(device: torch.device) -> torch.dtype:
    """What losses are summed in."""
    return torch.float32 if device.type == "mps" else torch.float64


def ratio_or_zero(total: Tensor, count: Tensor | float) -> Tensor:
    """total / count, or 0 where nothing counts."""
    if isinstance(count, Tensor):
        return total / torch.where(count == 0, 1, count) * (count != 0)
    return total / count if count else total * 0


def softmax_(x: Tensor, ids: Tensor, out: Tensor, reads_values: bool) -> tuple[Tensor, Tensor]:
    """Softmax of the logits x (n, V) into `out`, which may be x; returns -log p[y], and p[y] - 1 in widest(), both (n,).

    Where values may be looked at, -log p[y] is inf for a row whose p[y] underflows: `nll_of` gives the number.
    """
    y = ids[:, None]
    if reads_values:
        torch.softmax(x, -1, out=out)
        p = out.gather(1, y)[:, 0]
        tiny = torch.finfo(p.dtype).tiny  # below it, p has lost digits
        return torch.where(p < tiny, torch.inf, -p.log()), p.to(widest(p.device)) - 1
    torch.log_softmax(x, -1, out=out)
    nll = -out.gather(1, y)[:, 0]
    out.exp_()
    return nll, torch.expm1(-nll.to(widest(nll.device)))


def nll_of(x: Tensor, ids: Tensor) -> Tensor:
    """-log softmax(x)[y] of each row, (n,), also where the probability is no number of its dtype."""
    wider = x.double()
    return (wider.logsumexp(-1) - wider.gather(1, ids[:, None])[:, 0]).to(wide(x.dtype))
