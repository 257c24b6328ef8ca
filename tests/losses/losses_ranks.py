"""What the two processes of tests/losses/test_losses_parallel.py run: a loss over logits whose classes are spread."""

from __future__ import annotations

import os
import sys
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import loss_parallel

from shapeguard import masked_cross_entropy, masked_linear_cross_entropy
from shapeguard.losses.reference import masked_cross_entropy as reference


def whole(x: Any) -> Tensor:
    """A DTensor, gathered."""
    assert isinstance(x, DTensor)
    return x.full_tensor()


def refused(kind: type[Exception], text: str, call: Any) -> None:
    """The call raises what it should."""
    try:
        call()
    except kind as error:
        assert text in str(error), error
    else:
        raise AssertionError(f"not refused: {text}")


def main(rank: int, store: str) -> None:
    """All checks; an error ends the process with its traceback."""
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    mesh = init_device_mesh("cpu", (2,))
    torch.manual_seed(0)
    x, y = torch.randn(2, 5, 8, dtype=torch.float64), torch.randint(0, 8, (2, 5))
    keep = torch.tensor([[True, True, False, True, False], [True, False, False, False, False]])
    dirty, ids = x.masked_fill(~keep[..., None], float("nan")), y.masked_fill(~keep, 10**9)
    cases: list[dict[str, Any]] = [{"reduction": r} for r in ("mean", "sum", "none")]
    cases += [{"num_tokens": 7}, {"num_tokens": torch.tensor(7)}]
    with loss_parallel():
        for o in cases:
            spread = distribute_tensor(dirty, mesh, [Shard(2)]).requires_grad_()
            plain = x.clone().requires_grad_()
            loss: Any = masked_cross_entropy(spread, ids, keep, **o)
            want = reference(plain, y, keep, **o)
            assert torch.allclose(whole(loss), want, rtol=1e-13)
            loss.sum().backward()
            want.sum().backward()
            assert plain.grad is not None
            assert torch.allclose(whole(spread.grad), plain.grad, atol=1e-15)
            assert (whole(spread.grad)[~keep] == 0).all()
        empty: Any = masked_cross_entropy(spread, torch.full_like(ids, -100))
        assert whole(empty) == 0
        hidden, head = torch.randn(2, 5, 3, dtype=torch.float64), torch.randn(8, 3, dtype=torch.float64)
        rows = distribute_tensor(hidden.masked_fill(~keep[..., None], float("nan")), mesh, [Replicate()]).requires_grad_()
        classes = distribute_tensor(head, mesh, [Shard(0)]).requires_grad_()
        loss = masked_linear_cross_entropy(rows, classes, ids, keep)
        head.requires_grad_()
        want = reference(hidden @ head.T, y, keep)
        assert torch.allclose(whole(loss), want, rtol=1e-13)
        loss.backward()
        assert torch.allclose(whole(classes.grad), torch.autograd.grad(want, head)[0], atol=1e-14)
        refused(IndexError, "target[0, 0] is 8, and there are 8 classes", lambda: masked_cross_entropy(spread, y * 0 + 8))
        refused(NotImplementedError, "DTensor float64(2, 5, 8)", lambda: masked_cross_entropy(spread, ids, keep, label_smoothing=0.1))
        refused(NotImplementedError, "weight and", lambda: masked_cross_entropy(spread, ids, keep, weight=torch.ones(8)))
        refused(ValueError, "input float64(2, 5, 3) is none", lambda: masked_linear_cross_entropy(hidden, classes, ids, keep))
        refused(ValueError, "target or mask is a DTensor", lambda: masked_cross_entropy(x, distribute_tensor(y, mesh, [Replicate()])))
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
    os._exit(0)  # a thread of gloo's that is still there when Python ends aborts the process, now and then
