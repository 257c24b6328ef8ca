"""The loss of hidden states and a head as one autograd function: the logits of a chunk of rows at a time, and never all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from shapeguard.losses.chunks import NONE, Gradients, Needs, Selected, in_chunks
from shapeguard.losses.eager import reciprocal_or_zero, reduced, refuse_double_backward
from shapeguard.losses.internals import is_batched, is_graph_kept
from shapeguard.losses.plain import counted
from shapeguard.losses.softmax import Terms, wide


def eager_linear_loss(
    hidden: Tensor,
    head: Tensor,
    bias: Tensor | None,
    target: Tensor,
    keep: Tensor,
    weight: Tensor | None,
    label_smoothing: float,
    reduction: str,
    num_tokens: float | Tensor | None,
    reads_values: bool,
) -> Tensor:
    """The loss of hidden states (..., D) under a head (V, D). If `reads_values`, the masked rows are left out of every product."""
    terms = Terms(len(head), None if weight is None else weight.detach().to(wide(hidden.dtype)), label_smoothing)
    ids, flat = target.long().masked_fill(~keep, 0).flatten(), keep.flatten()
    count: Tensor | float = 1.0
    if reduction == "mean":
        count = counted(flat, ids, terms.weight) if num_tokens is None else num_tokens
        if isinstance(count, Tensor):
            count = float(count.detach()) if reads_values else count.detach().to(hidden.device)
    task = Task(terms, reduction, count, reads_values, torch.is_grad_enabled())
    rows = hidden.reshape(-1, hidden.shape[-1])
    with torch.autocast(hidden.device.type, enabled=False):
        loss: Tensor = _MaskedLinear.apply(rows, head, bias, ids, flat, task)  # type: ignore[no-untyped-call]
    return loss.view(target.shape) if reduction == "none" else loss


@dataclass(frozen=True)
class Task:
    """All that is no tensor of the graph."""

    terms: Terms
    reduction: str
    count: Tensor | float
    reads_values: bool
    grad_enabled: bool


class _MaskedLinear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, head: Tensor, bias: Tensor | None, ids: Tensor, keep: Tensor, task: Task) -> Tensor:
        needs: Needs = ctx.needs_input_grad[:3] if task.grad_enabled else NONE
        by_row = task.reduction == "none" and any(needs)  # the backward alone knows what each row is multiplied by
        rows = Selected.of(hidden, ids, keep, task.reads_values)
        scale = reciprocal_or_zero(task.count)
        late = hidden.dtype == torch.float16  # p / count would drown in it: the backward divides, when it has its own factor
        first = not late and (hidden.dtype == torch.bfloat16 or len(rows.hidden) < hidden.shape[1])  # n * V numbers, or V * D
        losses, grads = in_chunks(rows, head, bias, task.terms, NONE if by_row else needs, scale if first else 1.0)
        if by_row:
            ctx.save_for_backward(hidden, head, bias, ids, keep)
        elif any(needs):
            if not late:
                grads = grads.times(1.0 if first else scale).to(head.dtype)
            ctx.save_for_backward(grads.hidden if grads.hidden is None else rows.spread(grads.hidden), grads.head, grads.bias, keep)
        ctx.task, ctx.by_row, ctx.needs = task, by_row, needs
        ctx.scale, ctx.dtype = scale if late else 1.0, head.dtype
        return reduced(rows.spread(losses), task.reduction, task.count)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        refuse_double_backward()
        (grad_output,) = grad_outputs
        if ctx.by_row:
            return (*_by_row(ctx, grad_output), None, None, None)
        hidden, head, bias, keep = ctx.saved_tensors
        grads = Gradients(hidden, head, bias)
        if ctx.task.reads_values and not is_batched(grad_output):
            factor = float(grad_output) * float(ctx.scale)
            if is_graph_kept():
                grads = grads.each(torch.clone)
            grads = grads.times(factor).to(ctx.dtype)
            if grads.hidden is not None and factor - factor != 0:  # inf or NaN: they stay out of the masked rows
                grads.hidden.masked_fill_(~keep[:, None], 0)
        else:
            grads = grads.each(lambda g: g * (grad_output * ctx.scale)).to(ctx.dtype)
            grads.hidden = None if grads.hidden is None else torch.where(keep[:, None], grads.hidden, 0)
        return (*grads, None, None, None)


def _by_row(ctx: Any, grad_output: Tensor) -> Gradients:
    if is_batched(grad_output):
        raise RuntimeError("reduction='none' takes one gradient at a time, not is_grads_batched: loop over them, or use torch.func")
    hidden, head, bias, ids, keep = ctx.saved_tensors
    with torch.autocast(hidden.device.type, enabled=False):
        rows = Selected.of(hidden, ids, keep, ctx.task.reads_values)
        _, grads = in_chunks(rows, head, bias, ctx.task.terms, ctx.needs, rows.of_each(grad_output)[:, None])
    grads.hidden = grads.hidden if grads.hidden is None else rows.spread(grads.hidden)
    return grads.to(ctx.dtype)
