"""What no loss here accepts, said with the shapes that were given: one list for the reference and the fast paths."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import Parameter

from shapeguard.errors import ShapeError
from shapeguard.losses.internals import assert_later, is_traced, is_transformed, untraced

REDUCTIONS = ("mean", "sum", "none")


@untraced
def refuse_shapes(logits: Tensor, target: Tensor, mask: Tensor | None, weight: Tensor | None, reduction: str) -> None:
    """Logits (B, T, V) or (N, V), and what belongs to them."""
    _refuse_other_things(input=logits, target=target, mask=mask, weight=weight)
    if logits.ndim not in (2, 3) or not logits.is_floating_point():
        swap = "; they seem to be exchanged" if target.is_floating_point() else ""
        raise ShapeError(f"input must be logits (B, T, V) or (N, V): {_got(input=logits, target=target)}{swap}")
    refuse_target(target, input=logits)
    if target.shape != logits.shape[:-1]:
        want = f"{size(logits.shape[:-1])}, the input's shape without its last axis, the classes"
        raise ShapeError(f"target must be {want}: {_got(input=logits, target=target)}{_hint(logits, target)}")
    _refuse_mask(target, mask, logits.shape[-1])
    _refuse_weight(weight, logits.shape[-1])
    refuse_reduction(reduction)


@untraced
def refuse_linear_shapes(
    hidden: Tensor, head: Tensor, target: Tensor, mask: Tensor | None, bias: Tensor | None, weight: Tensor | None, reduction: str
) -> None:
    """Hidden states (B, T, D) or (N, D), the head (V, D), and what belongs to them."""
    _refuse_other_things(input=hidden, linear_weight=head, target=target, mask=mask, linear_bias=bias, weight=weight)
    given = {"input": hidden, "linear_weight": head, "target": target}
    if hidden.ndim not in (2, 3) or not hidden.is_floating_point():
        swap = "; they seem to be exchanged" if target.is_floating_point() else ""
        raise ShapeError(f"input must be hidden states (B, T, D) or (N, D): {_got(**given)}{swap}")
    if head.ndim != 2 or not head.is_floating_point():
        raise ShapeError(f"linear_weight must be (V, D), as in nn.Linear: {_got(**given)}")
    if head.shape[1] != hidden.shape[-1]:
        swap = "; pass linear_weight.T" if head.shape[0] == hidden.shape[-1] else ""
        raise ShapeError(f"linear_weight must be (V, {hidden.shape[-1]}), D being the input's last axis: {_got(**given)}{swap}")
    if hidden.dtype != head.dtype and not torch.is_autocast_enabled(hidden.device.type):
        raise ShapeError(f"input and linear_weight must be of one dtype, or under torch.autocast: {_got(**given)}")
    refuse_target(target, input=hidden, linear_weight=head)
    if target.shape != hidden.shape[:-1]:
        want = f"{size(hidden.shape[:-1])}, the input's shape without its last axis"
        raise ShapeError(f"target must be {want}: {_got(**given)}{_hint(hidden, target)}")
    if bias is not None and (bias.shape != head.shape[:1] or not bias.is_floating_point()):
        raise ShapeError(f"linear_bias must be {size(head.shape[:1])}, one a class, not {form(bias)}")
    _refuse_mask(target, mask, head.shape[0])
    _refuse_weight(weight, head.shape[0])
    refuse_reduction(reduction)


def refuse_target(target: Tensor, **others: Tensor) -> None:
    """Class ids are whole numbers."""
    if target.is_floating_point() or target.is_complex() or target.dtype == torch.bool:
        soft = target.is_floating_point() and "input" in others and target.ndim == others["input"].ndim
        hint = "; F.cross_entropy takes probabilities of classes, with the classes on axis 1; this takes target.argmax(-1)" if soft else ""
        raise ShapeError(f"target must be class ids, not {target.dtype}: {_got(**others, target=target)}{hint}")


@untraced
def refuse_lengths(lengths: Tensor, target: Tensor) -> None:
    """One length for each row of a target (B, T)."""
    given = {"lengths": lengths, "target": target}
    if target.ndim != 2:
        raise ShapeError(f"lengths belong to a target (B, T): {_got(**given)}")
    if lengths.is_floating_point() or lengths.is_complex() or lengths.dtype == torch.bool:
        raise ShapeError(f"lengths must be whole numbers: {_got(**given)}")
    if lengths.shape != target.shape[:1]:
        raise ShapeError(f"lengths must be {size(target.shape[:1])}, one a row: {_got(**given)}")
    if not may_read_values(lengths):
        return
    wrong = (lengths < 0) | (lengths > target.shape[1])
    if wrong.any():
        at = int(wrong.nonzero()[0])
        raise ShapeError(f"lengths[{at}] is {int(lengths[at])}, and a row has {target.shape[1]} positions: {_got(**given)}")


def refuse_num_tokens(num_tokens: float | Tensor | None, reduction: str) -> None:
    """A denominator is one number, and only a mean has one."""
    if num_tokens is None:
        return
    if reduction != "mean":
        raise ValueError(f"num_tokens is what reduction='mean' divides by; reduction={reduction!r} does not divide")
    if isinstance(num_tokens, Tensor):
        if num_tokens.ndim or num_tokens.dtype == torch.bool or num_tokens.is_complex():
            raise ShapeError(f"num_tokens must be one number, of shape (), not {form(num_tokens)}")
        if not may_read_values(num_tokens):
            return
        num_tokens = num_tokens.item()
    if not num_tokens >= 0:
        raise ValueError(f"num_tokens must not be negative: {num_tokens}")


def refuse_ids(target: Tensor, keep: Tensor, classes: int) -> None:
    """A target that counts must be a class: never does -1 wrap around to the last one."""
    ids = target.long()  # 300 classes compared with uint8 would be 44
    wrong = keep & ((ids < 0) | (ids >= classes))
    if not may_read_values(target):
        assert_later(~wrong.any())
        return
    if wrong.any():
        at = tuple(wrong.nonzero()[0].tolist())
        where = ", ".join(map(str, at))
        known = f"target[{where}] is {int(target[at])}, and there are {classes} classes"
        raise IndexError(f"{known}: leave it out by ignore_index or mask, or add the class")


def refuse_options(weight: Tensor | None, label_smoothing: float) -> None:
    """What torch refuses too, or silently gives no gradient to."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(f"label_smoothing must lie between 0 and 1, not {label_smoothing}")
    if weight is not None and weight.requires_grad and torch.is_grad_enabled():
        raise ValueError(f"weight {form(weight)} gets no gradient: pass weight.detach()")


def is_eager(*tensors: Tensor) -> bool:
    """Whether operations run now, one by one, on plain tensors: not traced, not transformed, not spread over devices."""
    if torch.compiler.is_compiling() or is_transformed() or is_traced():
        return False
    return all(type(t) in (Tensor, Parameter) and t.device.type != "meta" for t in tensors)


def may_read_values(*tensors: Tensor) -> bool:
    """Whether values may be read: on a GPU that would wait for it, and a traced graph has none."""
    return is_eager(*tensors) and all(t.device.type == "cpu" for t in tensors)


def _got(**given: Tensor) -> str:
    listed = [f"{name} {form(t)}" for name, t in given.items()]
    return f"got {', '.join(listed[:-1])}{' and ' if len(listed) > 1 else ''}{listed[-1]}"


def _refuse_other_things(**given: object) -> None:
    """Lists, modules and outputs of models, before one of them is asked for its shape."""
    for name, value in given.items():
        if value is not None and not isinstance(value, Tensor):
            number = name == "mask" and isinstance(value, int)
            hint = "; the third argument is the mask, and ignore_index is passed by name" if number else ""
            raise TypeError(f"{name} must be a tensor, not {type(value).__name__}{hint}")


def _refuse_mask(target: Tensor, mask: Tensor | None, classes: int) -> None:
    if mask is None:
        return
    if mask.is_floating_point() and mask.shape == (classes,) != target.shape:
        want = f"bool, of the target's shape {size(target.shape)}"
        raise ShapeError(f"mask must be {want}, not {form(mask)}: pass weights and biases by name")
    if mask.dtype != torch.bool:
        how = (
            "multiply it onto the loss of reduction='none', then divide by its sum"
            if mask.is_floating_point()
            else "pass mask.bool(); as an index, integers would pick rows 0 and 1"
        )
        raise ShapeError(f"mask must be bool, not {mask.dtype}: {how}")
    if mask.shape != target.shape:
        raise ShapeError(f"mask must be of the target's shape {size(target.shape)}, not {size(mask.shape)}")


def _refuse_weight(weight: Tensor | None, classes: int) -> None:
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(f"weight must be {size((classes,))}, one a class, not {size(weight.shape)}")


def refuse_reduction(reduction: str) -> None:
    """One of torch's three."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', not {reduction!r}")


def _hint(logits: Tensor, target: Tensor) -> str:
    if target.shape == logits.shape:
        return "; if the target is one-hot, pass target.argmax(-1)"
    if logits.ndim == 3 and target.shape == (logits.shape[0], logits.shape[2]):
        return "; if the input is (B, V, T), pass input.transpose(1, 2)"
    if logits.ndim == 3 and target.shape == (logits.shape[1], logits.shape[0]):
        return "; one of them is time first: transpose(0, 1)"
    if (logits.ndim, target.ndim) in ((3, 1), (2, 2)):
        return "; only one of them is flattened"
    return ""


def form(t: Tensor) -> str:
    """`float32(2, 3)`."""
    return f"{str(t.dtype).removeprefix('torch.')}{size(t.shape)}"


def size(shape: Sequence[int]) -> str:
    """A shape as Python writes it."""
    return f"{tuple(shape)}"
