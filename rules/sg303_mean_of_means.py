"""Means of batches with unequal numbers of tokens are averaged: a token of a short batch weighs more than one of a long batch.

The evaluation loss, and the perplexity made of it, then depend on how rows were batched; in gradient accumulation the
gradient does. Sum the losses and the counts, and divide once.
"""

from collections.abc import Iterator

from shapeguard.rule import After, Dim, LossCall, Report, Rule, WrongNumber, flat, masks_of, positions

PROGRAM = """
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader


def step(batches: list[tuple[Tensor, Tensor]]) -> Tensor:
    total, count = 0.0, 0
    loader = DataLoader(batches, batch_size=None)
    for logits, targets in loader:
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=0{})
        total = total + loss
        count += (targets != 0).sum()
    return total / {}
"""
GIVEN = """
def given():
    full = torch.randint(1, 7, (2, 5))
    return {"batches": [(torch.randn(2, 5, 7), full), (torch.randn(2, 5, 7), full * (torch.arange(5) < 2))]}
"""
TRUTH = "masked_cross_entropy(torch.cat([x for x, _ in batches]), torch.cat([y for _, y in batches]), ignore_index=0)"


class MeanOfMeans(Rule):
    code = "SG303"
    name = "mean-of-means"
    level = "opt-in"
    bad = PROGRAM.format("", "len(loader)")
    good = PROGRAM.format(', reduction="sum"', "count")
    given = GIVEN
    truth = TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        targets = loss.targets
        uneven = loss.ignore_index.given or targets.fills or targets.swaps or masks_of(loss) or loss.zero_weights
        if not uneven or targets.padding == "none":
            return
        for path in loss.after:
            by = _averaged(loss, path)
            if by is not None:
                yield Report(
                    f"means over batches with unequal numbers of tokens are averaged ({by.text or 'a mean of means'})",
                    (loss.step, by.step),
                    "add up the losses of reduction='sum' and the numbers of counted tokens, and divide once at the end",
                    certain=by.count is not None,
                )
                return


def _averaged(loss: LossCall, path: tuple[After, ...]) -> After | None:
    """The division or mean that averages the means of batches."""
    mean, added, by_rows = loss.reduction.value == "mean", False, False
    for i, a in enumerate(path):
        if a.op == "times" and a.count is not None:
            if a.count.kind != "batch" or len(flat(positions(loss))) < 2:
                return None  # turned back into a sum
            by_rows = True  # of so many rows, whatever they hold
        added = added or a.op == "accumulate"
        if mean and added and a.op == "mean":
            return a
        if mean and by_rows and a.op == "div" and any(b.op in ("accumulate", "add") for b in path[:i]):
            return a
        if mean and _over_batches(a) and any(b.op in ("accumulate", "add", "backward") for b in (*path[:i], *path[i + 1 :])):
            return a  # added up, before or after
        if mean and _in_parts(a) and [b.op for b in path[i + 1 :]][:1] == ["backward"] and not any(b.op == "add" for b in path[:i]):
            return a  # gradients of so many micro-batches are added up
        if a.op == "mean" or (a.op == "div" and a.count is not None and a.count.kind in ("mask", "lengths")):
            mean = not added
    return None


def _over_batches(a: After) -> bool:
    if a.op != "div":
        return False
    named = isinstance(a.by, Dim) and any("accum" in sym.name.lower() for sym in a.by.symbols)
    return named or (a.count is not None and a.count.kind == "batches")


def _in_parts(a: After) -> bool:
    """A whole number of parts, as gradient accumulation divides by."""
    return a.op == "div" and a.count is None and isinstance(a.number, int) and a.number > 1
