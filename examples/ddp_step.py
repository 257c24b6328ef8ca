"""A data-parallel step with gradient accumulation: `torchrun --nproc-per-node 2 examples/ddp_step.py` prints what one process does."""

import os
from contextlib import nullcontext

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils.rnn import pad_sequence

from shapeguard import count_tokens, masked_cross_entropy

VOCAB = 50
IGNORED = -100
STEPS, ROWS, MICRO = 4, 16, 4  # optimizer steps, rows of text in a step, rows in a micro-batch


def made_rows(step):
    """Ragged rows of token ids, each the one before plus one; lengths as uneven as those of sentences."""
    generator = torch.Generator().manual_seed(step)
    lengths = torch.exp(torch.randn(ROWS, generator=generator) + 2).long().clamp(2, 60).tolist()
    return [(torch.randint(VOCAB, (1,), generator=generator) + torch.arange(n)) % VOCAB for n in lengths]


def batch(rows):
    """Inputs (B, T) and the targets (B, T) that follow them; padding is ignored."""
    inputs = pad_sequence([row[:-1] for row in rows], batch_first=True)
    targets = pad_sequence([row[1:] for row in rows], batch_first=True, padding_value=IGNORED)
    return inputs, targets


def train(rank, world):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(VOCAB, 32), nn.Linear(32, VOCAB))
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-2)
    for step in range(STEPS):
        mine = made_rows(step)[rank::world]
        batches = [batch(mine[i : i + MICRO]) for i in range(0, len(mine), MICRO)]
        num_tokens = count_tokens([targets for _, targets in batches], group=dist.group.WORLD)  # before the first backward
        total = torch.zeros(())
        for i, (inputs, targets) in enumerate(batches):
            last = i + 1 == len(batches)
            with nullcontext() if last else parallel.no_sync():
                logits = parallel(inputs)  # (B, T, VOCAB)
                loss = masked_cross_entropy(logits, targets, num_tokens=num_tokens)
                loss.backward()
            total += loss.detach()
        optimizer.step()
        optimizer.zero_grad()
        dist.all_reduce(total)
        if rank == 0:
            print(f"step {step}: {num_tokens * world:.0f} tokens, loss {total / world:.4f}")


if __name__ == "__main__":
    if "RANK" in os.environ:  # torchrun sets it
        dist.init_process_group("gloo")
    else:
        dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    train(dist.get_rank(), dist.get_world_size())
    dist.barrier()  # a tensor that gloo's threads still hold when Python ends aborts the process
    dist.destroy_process_group()
