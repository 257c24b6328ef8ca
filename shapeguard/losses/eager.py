"""The loss of logits as one autograd function: the softmax of one block of rows after another becomes the gradient in place."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from shapeguard.losses.blocks import Rows, Run, all_rows, cut_for, kept_rows
from shapeguard.losses.internals import is_batched, is_graph_kept
from shapeguard.losses.plain import counted
from shapeguard.losses.softmax import Terms, nll_of, ratio_or_zero, softmax_, wide, widest


def eager_loss(
    logits: Tensor,
    target: Tensor,
    keep: Tensor,
    weight: Tensor | None,
    label_smoothing: float,
    reduction: str,
    num_tokens: float | Tensor | None,
    reads_values: bool,
) -> Tensor:
    """The loss of logits (B, T, V) or (N, V). If `reads_values`, few masked rows are read, else all are computed and dropped."""
    dtype = wide(logits.dtype)
    x = logits if logits.ndim == 3 else logits[None]
    x = x.view(1, x.shape[0] * x.shape[1], x.shape[2]) if x.is_contiguous() else x  # one long row: its runs are longer
    keep, ids = keep.reshape(x.shape[:2]), target.long().masked_fill(~keep, 0).reshape(x.shape[:2])
    terms = Terms(x.shape[-1], None if weight is None else weight.detach().to(dtype), label_smoothing)
    count: Tensor | float = 1.0
    if reduction == "mean":
        count = counted(keep, ids, terms.weight) if num_tokens is None else num_tokens
        if isinstance(count, Tensor):
            count = float(count.detach()) if reads_values else count.detach().to(logits.device)
    with_gradient = logits.requires_grad and torch.is_grad_enabled()
    with torch.autocast(logits.device.type, enabled=False):
        loss: Tensor = _Masked.apply(x, ids, keep, terms, reduction, count, reads_values, with_gradient)  # type: ignore[no-untyped-call]
    return loss.view(target.shape) if reduction == "none" else loss


class _Masked(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        ids: Tensor,
        keep: Tensor,
        terms: Terms,
        reduction: str,
        count: Tensor | float,
        reads_values: bool,
        with_gradient: bool,
    ) -> Tensor:
        dtype = wide(x.dtype)
        cut = cut_for(terms.classes * dtype.itemsize, x.device)
        rows = kept_rows(keep, cut) if reads_values else all_rows(keep.shape[0], keep.shape[1], cut)

        scale = reciprocal_or_zero(count)
        ctx.lift = float16_lift(scale, terms) if x.dtype == torch.float16 else 1.0
        grad = rows.zeros_between(x) if with_gradient else None
        buffer = torch.empty(0, dtype=dtype, device=x.device)
        nll = torch.zeros(keep.shape, dtype=dtype, device=x.device)
        spread = torch.zeros_like(nll) if terms.smoothing else None
        for block in rows.blocks:
            logits, y = rows.take(x, block), rows.take(ids, block)
            masked = None if reads_values else ~rows.take(keep, block)[:, None]
            logits = logits if masked is None else logits.masked_fill(masked, 0)
            in_place = grad is not None and grad.dtype == dtype and isinstance(block, Run)
            if in_place:
                out = rows.take(grad, block)  # type: ignore[arg-type]
            else:
                buffer = buffer if buffer.shape == logits.shape else torch.empty_like(logits, dtype=dtype)
                out = buffer
            logits = logits if logits.dtype == dtype else out.copy_(logits)
            if spread is not None:
                rows.put(spread, block, terms.spread(logits, y))
            losses, at = softmax_(logits, y, out, reads_values)
            rows.put(nll, block, losses)
            if grad is None:
                continue
            terms.to_gradient(out, at, y, scale * ctx.lift)
            if not in_place:
                rows.put(grad, block, out)

        for whole in (nll, spread, grad):
            if whole is not None:
                rows.clear(whole)
        if reads_values:
            lost = nll == torch.inf
            if bool(lost.any()):
                nll[lost] = nll_of(x[lost], ids[lost])
        else:
            nll.masked_fill_(~keep, 0)
            spread = None if spread is None else spread.masked_fill_(~keep, 0)
        if grad is not None:
            ctx.save_for_backward(grad, keep)
            ctx.rows, ctx.reads_values = rows, reads_values
        return reduced(terms.row_losses(nll, ids, spread), reduction, count)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        refuse_double_backward()
        grad, keep = ctx.saved_tensors
        return (scaled_gradient(grad, grad_outputs[0], keep, ctx.rows, ctx.lift, ctx.reads_values), *(None,) * 7)


def refuse_double_backward() -> None:
    """What is saved is the gradient itself, which says nothing about its own."""
    if torch.is_grad_enabled():
        raise RuntimeError(
            "this loss is differentiated once, so not under create_graph=True: for gradients of gradients take torch.func.grad, "
            "or shapeguard.losses.reference.masked_cross_entropy"
        )


def reduced(losses: Tensor, reduction: str, count: Tensor | float) -> Tensor:
    """The losses (B, T), 0 where nothing counts; or their sum; or their sum by the count."""
    if reduction == "none":
        return losses
    total = losses.sum(dtype=widest(losses.device))
    return (total if reduction == "sum" else ratio_or_zero(total, count)).to(losses.dtype)


def reciprocal_or_zero(count: Tensor | float) -> Tensor | float:
    """1 / count, or 0 where nothing counts."""
    if isinstance(count, Tensor):
        return ratio_or_zero(torch.ones((), dtype=widest(count.device), device=count.device), count)
    return 1 / count if count else 0.0


def float16_lift(scale: Tensor | float, terms: Terms) -> Tensor | float:
    """The power of 2 that brings a gradient to the middle of float16's range until the backward has its factor.

    Without it, p / count would be 0 before a GradScaler's 65536 arrives.
    """
    if terms.weight is not None and terms.weight.numel():
        scale = scale * terms.weight.abs().max()
    if isinstance(scale, Tensor) and scale.device.type != "cpu":
        return torch.exp2(torch.floor(13 - torch.log2(torch.where(scale > 0, scale, 1))))
    scale = float(scale)
    return 2.0 ** math.floor(13 - math.log2(scale)) if 0 < scale < math.inf else 1.0


def scaled_gradient(grad: Tensor, by: Tensor, keep: Tensor, rows: Rows, lifted: Tensor | float, reads_values: bool) -> Tensor:
    """A saved gradient (B, T, V) times the gradient of the loss, () or (B, T); in place, unless it is needed again."""
    if is_batched(by):
        return torch.where(keep[..., None], grad * (by / lifted)[..., None], 0).to(grad.dtype)
    if is_graph_kept():
        grad = grad.clone()
    if not reads_values:
        return grad.mul_((by / lifted).to(by.dtype)[..., None]).masked_fill_(~keep[..., None], 0)
    if by.ndim == 0:
        factor = float(by) / float(lifted)
        if factor == 1:
            return grad
        for block in rows.blocks:
            rows.put(grad, block, rows.take(grad, block).mul_(factor))
        if not math.isfinite(factor):
            rows.clear(grad)
        return grad
    by = by / lifted
    for block in rows.blocks:
        rows.put(grad, block, rows.take(grad, block).mul_(rows.take(by, block)[:, None]))
    rows.clear(grad)
    return grad
