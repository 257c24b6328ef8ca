"""One optimizer step's gradients, by one process and by ranks, by the right way and by wrong ones; small models in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from shapeguard.losses import masked_cross_entropy, masked_linear_cross_entropy
from shapeguard.losses.counting import count_tokens

V, D, B, T = 11, 6, 2, 24
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Step:
    """The micro-batches of a step: how many on each rank, and which ranks see nothing but padding."""

    micro: int = 1
    empty: tuple[int, ...] = ()

    def of(self, rank: int, world: int) -> list[Batch]:
        """What a rank sees; lengths are drawn from a lognormal distribution, as those of sentences are."""
        draw = torch.Generator().manual_seed(7)
        seen = []
        for number in range(world * self.micro):
            lengths = torch.exp(torch.randn(B, generator=draw) * 1.2 + 1.5).long().clamp(1, T)
            inputs = torch.randint(V, (B, T), generator=draw)
            targets = torch.randint(V, (B, T), generator=draw).masked_fill(torch.arange(T) >= lengths[:, None], -100)
            seen.append((inputs, targets.fill_(-100) if number % world in self.empty else targets))
        return seen[rank::world]

    def all(self, world: int) -> list[Batch]:
        """What all ranks see."""
        return [batch for rank in range(world) for batch in self.of(rank, world)]


class Model(nn.Module):
    """Token by token: what a position holds does not depend on the padding beside it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.embed = nn.Embedding(V, D, dtype=torch.float64)
        self.hidden = nn.Linear(D, D, dtype=torch.float64)
        self.head = nn.Linear(D, V, dtype=torch.float64)

    def forward(self, inputs: Tensor, targets: Tensor | None = None, num_tokens: Tensor | None = None) -> Tensor:
        """Logits, or with targets the loss, for which there are none."""
        states = self.hidden(self.embed(inputs)).tanh()
        if targets is None:
            return self.head(states)
        return masked_linear_cross_entropy(states, self.head.weight, targets, linear_bias=self.head.bias, num_tokens=num_tokens)


Loss = Callable[[nn.Module, Tensor, Tensor, Tensor], Tensor]


def right(model: nn.Module, x: Tensor, y: Tensor, n: Tensor) -> Tensor:
    return masked_cross_entropy(model(x), y, num_tokens=n)


def fused(model: nn.Module, x: Tensor, y: Tensor, n: Tensor) -> Tensor:
    """From hidden states; inside the model's forward, where DDP and `fully_shard` know of it."""
    loss: Tensor = model(x, y, n)
    return loss


def local_mean(model: nn.Module, x: Tensor, y: Tensor, n: Tensor) -> Tensor:
    """Each rank its own mean, which DDP averages: a mean of means."""
    return masked_cross_entropy(model(x), y)


def mean_of_means(model: nn.Module, x: Tensor, y: Tensor, n: Tensor) -> Tensor:
    """The same over the four micro-batches of each rank."""
    return masked_cross_entropy(model(x), y) / 4


def without_world_size(model: nn.Module, x: Tensor, y: Tensor, n: Tensor) -> Tensor:
    """Divided by the global count, and by DDP once more by the world size."""
    return masked_cross_entropy(model(x), y, num_tokens=n * dist.get_world_size())


def truth(step: Step, world: int) -> tuple[float, Tensor]:
    """Loss and gradient of the whole step in one process, of rows that torch's own boolean index selected."""
    model = Model()
    batches = step.all(world)
    logits = torch.cat([model(x)[y != -100] for x, y in batches])
    loss = cross_entropy(logits, torch.cat([y[y != -100] for _, y in batches]))
    loss.backward()
    return float(loss.detach()), gradient(model)


def ddp(step: Step, rank: int, world: int, loss: Loss = right) -> tuple[Tensor, Tensor]:
    """The mean of the ranks' losses, and the gradient, under DistributedDataParallel."""
    batches = step.of(rank, world)
    model = DistributedDataParallel(Model())
    n = count_tokens([y for _, y in batches], group=dist.group.WORLD)
    total = torch.zeros((), dtype=torch.float64)
    for last, (x, y) in flagged(batches):
        with nullcontext() if last else model.no_sync():
            part = loss(model, x, y, n)
            part.backward()
            total += part.detach()
    return shared(total), gradient(model)


def fsdp2(step: Step, rank: int, world: int, loss: Loss = right) -> tuple[Tensor, Tensor]:
    """The same under `fully_shard`: parameters, gradients and the optimizer's state lie in shards."""
    batches = step.of(rank, world)
    mesh = init_device_mesh("cpu", (world,))
    model = Model()
    for layer in (model.hidden, model):  # the head stays with the whole: the loss reads its weight
        fully_shard(layer, mesh=mesh)
    assert isinstance(model, FSDPModule)
    n = count_tokens([y for _, y in batches], group=mesh.get_group())
    total = torch.zeros((), dtype=torch.float64)
    for last, (x, y) in flagged(batches):
        model.set_requires_gradient_sync(last)
        part = loss(model, x, y, n)
        part.backward()
        total += part.detach()
    return shared(total), gradient(model)


def flagged(batches: list[Batch]) -> Iterator[tuple[bool, Batch]]:
    """Each with whether it is the last: there the gradients are exchanged."""
    for number, batch in enumerate(batches):
        yield number == len(batches) - 1, batch


def gradient(model: nn.Module) -> Tensor:
    """All gradients in one row; of shards, the whole."""
    grads: list[Any] = [p.grad for p in model.parameters()]
    return torch.cat([(g.full_tensor() if hasattr(g, "full_tensor") else g).flatten() for g in grads])


def shared(loss: Tensor) -> Tensor:
    """The mean over the ranks."""
    dist.all_reduce(loss)
    return loss / dist.get_world_size()


def error(mine: Tensor, true: Tensor) -> float:
    """How far a gradient is off, as a share of the true one's length."""
    return float((mine - true).norm() / true.norm())
