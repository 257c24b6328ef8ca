"""Hidden states and a head -> losses and gradients, a chunk of rows at a time: its logits become the gradient in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from shapeguard.losses.blocks import cut_for, equal_parts
from shapeguard.losses.softmax import Terms, nll_of, softmax_, wide

CHUNK_BYTES = 16 << 20  # of logits; more where the gradient of the head is larger still
_VOCABULARY_ROWS = 4096  # of a half-precision gradient of the head that are added to its float32 sum at a time


@dataclass(frozen=True)
class Selected:
    """The rows that are multiplied: those that count, or all, if what counts may not be looked at."""

    hidden: Tensor  # (n, D)
    ids: Tensor  # (n,)
    at: Tensor | None  # (n,) of all N; None: all of them
    masked: Tensor | None  # (n, 1), where the rows that do not count are among them
    whole: int  # N

    @classmethod
    def of(cls, hidden: Tensor, ids: Tensor, keep: Tensor, reads_values: bool) -> Selected:
        """Of hidden states (N, D)."""
        if not reads_values:
            masked = ~keep[:, None]
            return cls(hidden.masked_fill(masked, 0), ids, None, masked, len(keep))
        if bool(keep.all()):
            return cls(hidden, ids, None, None, len(keep))
        at = keep.nonzero()[:, 0]
        return cls(hidden[at], ids[at], at, None, len(keep))

    def of_each(self, x: Tensor) -> Tensor:
        """What belongs to these rows, of x (N,)."""
        return x if self.at is None else x[self.at]

    def spread(self, x: Tensor) -> Tensor:
        """x (n, ...) on all N rows, 0 at the others."""
        if self.at is None:
            return x
        return x.new_zeros(self.whole, *x.shape[1:]).index_copy_(0, self.at, x)


@dataclass
class Gradients:
    """Of the hidden states (n, D), the head (V, D) and its bias (V,), as far as they are asked for."""

    hidden: Tensor | None
    head: Tensor | None
    bias: Tensor | None

    def __iter__(self) -> Iterator[Tensor | None]:
        return iter((self.hidden, self.head, self.bias))

    def each(self, f: Callable[[Tensor], Tensor]) -> Gradients:
        """f of each that there is."""
        return Gradients(*(None if g is None else f(g) for g in self))

    def times(self, by: Tensor | float) -> Gradients:
        """Each of them times a number, in place."""
        return self if isinstance(by, float) and by == 1 else self.each(lambda g: g.mul_(by))

    def to(self, dtype: torch.dtype) -> Gradients:
        """Each of them in a dtype."""
        return self.each(lambda g: g.to(dtype))


Needs: TypeAlias = tuple[bool, bool, bool]  # of hidden states, head, bias
NONE: Needs = (False, False, False)


def in_chunks(
    rows: Selected, head: Tensor, bias: Tensor | None, terms: Terms, needs: Needs, scale: Tensor | float
) -> tuple[Tensor, Gradients]:
    """The losses (n,), and the gradients of `scale` times them; `scale` is one number or (n, 1).

    The gradients of head and bias are sums of float32 at least, the head's excepted where one product gives it at once.
    """
    hidden, dtype = rows.hidden, wide(rows.hidden.dtype)
    n, depth = hidden.shape
    most = _rows_of_a_chunk(n, depth, terms.classes, hidden.dtype)
    nll = torch.empty(n, dtype=dtype, device=hidden.device)
    spread = torch.zeros_like(nll) if terms.smoothing else None
    grads = Gradients(
        torch.empty_like(hidden, memory_format=torch.contiguous_format) if needs[0] else None,
        None,
        torch.zeros(terms.classes, dtype=dtype, device=hidden.device) if needs[2] else None,
    )
    room = torch.empty(min(n, most), terms.classes, dtype=hidden.dtype, device=hidden.device)
    for start, stop in equal_parts(n, most):
        part = slice(start, stop)
        x = room[: stop - start]
        _logits(hidden[part], head, bias, x)
        masked = None if rows.masked is None else rows.masked[part]
        by = scale[part] if isinstance(scale, Tensor) and scale.ndim else scale
        into = (nll[part], None if spread is None else spread[part], grads.bias)
        _softmax_of_chunk(x, rows.ids[part], masked, terms, by if any(needs) else None, *into)
        if grads.hidden is not None:
            torch.mm(x, head, out=grads.hidden[part])
        if needs[1]:
            grads.head = _add_head(grads.head, x, hidden[part], whole=stop - start == n)
    if needs[1] and grads.head is None:
        grads.head = torch.zeros_like(head)
    if rows.masked is None:
        for some in torch.split((nll == torch.inf).nonzero()[:, 0], most):
            x = torch.empty(len(some), terms.classes, dtype=hidden.dtype)
            _logits(hidden[some], head, bias, x)
            nll[some] = nll_of(x, rows.ids[some])
    else:
        nll.masked_fill_(rows.masked[:, 0], 0)
        spread = None if spread is None else spread.masked_fill_(rows.masked[:, 0], 0)
    return terms.row_losses(nll, rows.ids, spread), grads


def _rows_of_a_chunk(n: int, depth: int, classes: int, dtype: torch.dtype) -> int:
    row = max(1, classes * dtype.itemsize)
    if wide(dtype) == dtype:
        return max(1, CHUNK_BYTES // row, depth // 2)
    if n <= max(2 * CHUNK_BYTES // row, 2 * depth):  # one chunk needs no float32 sum, and is rounded once
        return max(1, n)
    return max(1, CHUNK_BYTES // row, depth)


def _logits(hidden: Tensor, head: Tensor, bias: Tensor | None, out: Tensor) -> None:
    if bias is None:
        torch.mm(hidden, head.T, out=out)
    else:
        torch.addmm(bias, hidden, head.T, out=out)


def _softmax_of_chunk(
    x: Tensor,
    ids: Tensor,
    masked: Tensor | None,
    terms: Terms,
    scale: Tensor | float | None,
    nll: Tensor,
    spread: Tensor | None,
    bias: Tensor | None,
) -> None:
    """Logits x (n, V) become their gradient, if there is a scale; its sum over the rows is added to `bias`."""
    dtype = wide(x.dtype)
    most = cut_for(terms.classes * dtype.itemsize, x.device).most
    buffer = torch.empty(0, dtype=dtype, device=x.device)
    for start, stop in equal_parts(len(x), most):
        part = slice(start, stop)
        y, p = ids[part], x[part]
        if x.dtype != dtype:
            buffer = buffer if len(buffer) == stop - start else torch.empty_like(p, dtype=dtype)
            p = buffer.copy_(p)
        if spread is not None:
            spread[part] = terms.spread(p, y)
        nll[part], at = softmax_(p, y, p, reads_values=masked is None)
        if scale is None:
            continue
        terms.to_gradient(p, at, y, scale[part] if isinstance(scale, Tensor) and scale.ndim else scale)
        if masked is not None:
            p.masked_fill_(masked[part], 0)
        if bias is not None:
            bias += p.sum(0)
        if x.dtype != dtype:
            x[part] = p


def _add_head(total: Tensor | None, x: Tensor, hidden: Tensor, whole: bool) -> Tensor:
    """total + x.T @ hidden, (V, D)."""
    if whole:
        return x.T @ hidden
    dtype = wide(x.dtype)
    if total is None:
        total = torch.zeros(x.shape[1], hidden.shape[1], dtype=dtype, device=x.device)
    if x.dtype == dtype:
        return total.addmm_(x.T, hidden)
    for start, stop in equal_parts(x.shape[1], _VOCABULARY_ROWS):
        total[start:stop] += x[:, start:stop].T @ hidden
    return total
