"""The ways to a masked mean cross entropy and its gradient, each as its authors write it, at full strength.

Sources: torch's own documentation of `cross_entropy` and `linear_cross_entropy`; the causal language model loss of transformers
(`logits.float()` first); torchtune's LinearCrossEntropyLoss (gather within each of 8 chunks over time); torchtitan's chunked loss
(8 chunks, each with its own backward, loss function compiled); the torch.compile form of Apple's cut cross entropy (gather first,
then one compiled function). Kernels written for a GPU (Liger, cut cross entropy's own) do not run on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
import torch.nn.functional as F  # noqa: N812  (as everybody writes it)
from torch import Tensor

from benchmarks.loss_cases import IGNORED, Case
from shapeguard import losses

CHUNKS = 8  # the default of torchtune and of torchtitan


@dataclass(frozen=True)
class Peer:
    """A way, as a step from leaves to their gradients; `alone` makes it no loss but a part of one."""

    name: str
    step: Callable[[Case], Tensor]
    only: frozenset[str] = frozenset({"S1", "S2", "S3"})
    alone: bool = False


def backward(value: Tensor, gradient: Tensor | None = None) -> Tensor:
    value.backward(gradient)  # type: ignore[no-untyped-call]
    return value.detach()


def forward(loss: Callable[[Case], Tensor]) -> Callable[[Case], Tensor]:
    """A loss, and the backward that autograd has for it."""
    return lambda case: backward(loss(case))


# logits given


def flat(case: Case) -> Tensor:
    return F.cross_entropy(case.logits.view(-1, case.logits.size(-1)), case.target.view(-1), ignore_index=IGNORED)


def float_first(case: Case) -> Tensor:
    logits = case.logits.float()
    return F.cross_entropy(logits.view(-1, logits.size(-1)), case.target.view(-1), ignore_index=IGNORED)


def transposed(case: Case) -> Tensor:
    return F.cross_entropy(case.logits.transpose(1, 2), case.target, ignore_index=IGNORED)


def times_mask(case: Case) -> Tensor:
    losses = F.cross_entropy(case.logits.view(-1, case.logits.size(-1)), case.filled.view(-1), reduction="none")
    mask = case.mask.view(-1)
    return (losses * mask).sum() / mask.sum()


def selected(case: Case) -> Tensor:
    return F.cross_entropy(case.logits[case.mask], case.target[case.mask])


@cache
def compiled_flat() -> Callable[[Tensor, Tensor], Tensor]:
    """Of the form that computes in float32: compiled, the conversion costs no pass of its own."""

    def loss(logits: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(logits.float().view(-1, logits.size(-1)), target.view(-1), ignore_index=IGNORED)

    return torch.compile(loss)


def row_filter(case: Case) -> Tensor:
    """The third answer of a Q&A post: three list comprehensions over the tokens."""
    targets = case.target.view(-1)
    outputs = case.logits.view(-1, case.logits.size(-1))
    ignored = [index for index, value in enumerate(targets) if value in [IGNORED, -1]]
    kept = [value for value in targets if value not in [IGNORED, -1]]
    rows = [value for value, index in zip(outputs, range(len(outputs)), strict=True) if index not in ignored]
    return F.cross_entropy(torch.stack(rows), torch.stack(kept))


def row_index(case: Case) -> Tensor:
    """The same with an index for each row: the gradient of each is of the size of the whole."""
    targets = case.target.view(-1)
    outputs = case.logits.view(-1, case.logits.size(-1))
    kept = [index for index in range(len(targets)) if targets[index] not in [IGNORED, -1]]
    return F.cross_entropy(torch.stack([outputs[index] for index in kept]), torch.stack([targets[index] for index in kept]))


def ours(case: Case) -> Tensor:
    return losses.masked_cross_entropy(case.logits, case.target)


def ours_by_lengths(case: Case) -> Tensor:
    return losses.masked_cross_entropy(case.logits, case.filled, lengths=case.lengths, ignore_index=None)


LOGITS = [
    Peer("F.cross_entropy, flat", forward(flat)),
    Peer(".float() first (transformers)", forward(float_first)),
    Peer("transpose(1, 2)", forward(transposed)),
    Peer("reduction none, times mask", forward(times_mask)),
    Peer("logits[mask]", forward(selected)),
    Peer("torch.compile, .float() inside", forward(lambda case: compiled_flat()(case.logits, case.target))),
    Peer("rows filtered in Python (Q&A post)", forward(row_filter), only=frozenset({"S1"})),
    Peer("rows indexed in Python", forward(row_index), only=frozenset({"S1"})),
    Peer("masked_cross_entropy", forward(ours)),
    Peer("masked_cross_entropy, lengths", forward(ours_by_lengths)),
]


# hidden states and head given


def linear(case: Case) -> Tensor:
    logits = F.linear(case.hidden, case.head)
    return F.cross_entropy(logits.view(-1, logits.size(-1)), case.target.view(-1), ignore_index=IGNORED)


def linear_float(case: Case) -> Tensor:
    logits = F.linear(case.hidden, case.head).float()
    return F.cross_entropy(logits.view(-1, logits.size(-1)), case.target.view(-1), ignore_index=IGNORED)


def selected_linear(case: Case) -> Tensor:
    return F.cross_entropy(F.linear(case.hidden[case.mask], case.head).float(), case.target[case.mask])


def torchs_own(case: Case) -> Tensor:
    """The chunked path of torch, with the choices that it makes itself."""
    options = torch.nn.LinearCrossEntropyOptions()
    hidden, target = case.hidden.view(-1, case.hidden.size(-1)), case.target.view(-1)
    loss: Tensor = F.linear_cross_entropy(hidden, case.head, target, ignore_index=IGNORED, options=options)
    return loss


def torchtune(case: Case) -> Tensor:
    """Chunks over time; in each the tokens are gathered, projected and summed; one graph, one backward."""
    tokens = (case.target != IGNORED).sum()
    total = case.hidden.new_zeros((), dtype=torch.float32)
    for hidden, target in zip(case.hidden.tensor_split(CHUNKS, 1), case.target.tensor_split(CHUNKS, 1), strict=True):
        mask = target != IGNORED
        if not mask.any():
            mask[0] = True  # the ignored target adds 0, and every rank has a graph
        logits = F.linear(hidden[mask], case.head)
        total = total + F.cross_entropy(logits.float(), target[mask], reduction="sum", ignore_index=IGNORED)
    return total / tokens


@cache
def compiled_sum() -> Callable[[Tensor, Tensor], Tensor]:
    def loss(logits: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(logits.flatten(0, 1).float(), target.flatten(0, 1), reduction="sum", ignore_index=IGNORED)

    return torch.compile(loss)


def torchtitan(case: Case) -> Tensor:
    """Chunks over time, each with its own backward; the gradients of the hidden states are collected in float32."""
    tokens = (case.target != IGNORED).sum()
    total = case.hidden.new_zeros((), dtype=torch.float32)
    gradient = torch.zeros_like(case.hidden, dtype=torch.float32)
    parts = [c.contiguous().detach().requires_grad_() for c in case.hidden.chunk(CHUNKS, 1)]
    start = 0
    for hidden, target in zip(parts, case.target.chunk(CHUNKS, 1), strict=True):
        loss = compiled_sum()(F.linear(hidden, case.head), target.contiguous()) / tokens
        total += backward(loss)
        assert hidden.grad is not None
        gradient[:, start : start + hidden.size(1)] = hidden.grad
        start += hidden.size(1)
        hidden.grad = None
    backward(case.hidden, gradient.to(case.hidden.dtype))
    return total


@cache
def compiled_projection() -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    def loss(hidden: Tensor, head: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy((hidden @ head.T).float(), target, ignore_index=IGNORED)

    return torch.compile(loss, fullgraph=True)


def apple(case: Case) -> Tensor:
    """The tokens are gathered, and the rest is one compiled function. Without padding nothing has to be gathered."""
    target, hidden = case.target.flatten(), case.hidden.flatten(0, 1)
    valid = (target != IGNORED).nonzero().squeeze(1)
    if valid.numel() != target.numel():
        hidden, target = hidden[valid], target[valid]
    return compiled_projection()(hidden, case.head, target)


def ours_linear(case: Case) -> Tensor:
    return losses.masked_linear_cross_entropy(case.hidden, case.head, case.target)


def products(case: Case) -> Tensor:
    """The three matrix products of real rows and nothing else, into buffers that stay: what else there is comes on top."""
    with torch.no_grad():
        rows, logits, states, head = _buffers(case)
        torch.mm(rows, case.head.T, out=logits)
        torch.mm(logits, case.head, out=states)
        torch.mm(logits.T, rows, out=head)
    return logits.new_zeros(())


@lru_cache(maxsize=1)
def _buffers(case: Case) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rows = case.hidden.detach()[case.mask]
    return rows, rows.new_empty(len(rows), len(case.head)), torch.empty_like(rows), torch.empty_like(case.head)


HIDDEN = [
    Peer("linear, F.cross_entropy", forward(linear)),
    Peer("linear, .float() (transformers)", forward(linear_float)),
    Peer("hidden[mask], linear, .float()", forward(selected_linear)),
    Peer("F.linear_cross_entropy, auto", forward(torchs_own)),
    Peer("torchtune, 8 chunks", forward(torchtune)),
    Peer("torchtitan, 8 chunks", torchtitan),
    Peer("Apple, torch.compile", forward(apple)),
    Peer("masked_linear_cross_entropy", forward(ours_linear)),
    Peer("the three products alone", products, alone=True),
]

GROUPS = {"logits": LOGITS, "hidden": HIDDEN}
