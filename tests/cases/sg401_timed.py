import functools
import time

import torch
from torch import nn


def timed(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        start = time.perf_counter()
        out = fn(*args, **kwargs)
        wrapper.seconds = time.perf_counter() - start
        return out

    return wrapper


class Tagger(nn.Module):
    def __init__(self, vocab=30, tags=6):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.out = nn.Linear(16, tags)

    @timed
    def forward(self, ids, probs=False):
        scores = self.out(self.embed(ids))
        return scores.softmax(-1)


@timed
def evaluate(model, ids, tags):
    return nn.functional.cross_entropy(model(ids).flatten(0, 1), tags.flatten())  # SG401


if __name__ == "__main__":
    torch.manual_seed(0)
    print(evaluate(Tagger(), torch.randint(0, 30, (4, 7)), torch.randint(0, 6, (4, 7))).item())
