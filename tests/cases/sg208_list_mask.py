import torch
from torch import nn

words = [[5, 6, 7, 0, 0], [8, 9, 0, 0, 0], [3, 4, 5, 6, 7]]
tags = [[1, 2, 1, 0, 0], [2, 2, 0, 0, 0], [1, 1, 2, 2, 1]]
real = [[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [1, 1, 1, 1, 1]]

emb = nn.Embedding(10, 8)
lin = nn.Linear(8, 3)

if __name__ == "__main__":
    x, y, mask = torch.tensor(words), torch.tensor(tags), torch.tensor(real)
    logits = lin(emb(x))
    # keep the real words only
    m = mask.flatten()
    loss = nn.functional.cross_entropy(logits.flatten(0, 1)[m], y.flatten()[m])  # SG208
    loss.backward()
