from typing import List, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader


class Batch(NamedTuple):
    source: Tensor
    target_in: Tensor
    target_out: Tensor
    n_tokens: int


class Collater:
    PAD = 0

    def __call__(self, rows: List[dict]) -> Batch:
        src = self.pad([r["src"] for r in rows])
        trg = self.pad([[1] + r["trg"] + [2] for r in rows])
        out = trg[:, 1:]
        return Batch(src, trg[:, :-1], out, int((out != self.PAD).sum()))

    def pad(self, rows):
        width = max(len(r) for r in rows)
        return torch.tensor([r + [self.PAD] * (width - len(r)) for r in rows])


class Model(nn.Module):
    def __init__(self, size: int = 25, dim: int = 16) -> None:
        super().__init__()
        self.emb = nn.Embedding(size, dim, padding_idx=Collater.PAD)
        self.net = nn.Transformer(dim, 2, 1, 1, 32, batch_first=True)
        self.out = nn.Linear(dim, size)

    def forward(self, batch: Batch) -> Tensor:
        n = batch.target_in.size(1)
        causal = torch.ones(n, n, dtype=torch.bool).triu(1)
        return self.out(self.net(self.emb(batch.source), self.emb(batch.target_in), tgt_mask=causal))


def main() -> None:
    rows = [{"src": [4, 5], "trg": [6]}, {"src": [7], "trg": [8, 9, 10]}, {"src": [11, 12, 13], "trg": [14, 15]}]
    model = Model()
    criterion = nn.CrossEntropyLoss(ignore_index=Collater.PAD, reduction="sum")
    for batch in DataLoader(rows, batch_size=3, collate_fn=Collater()):
        logits = model(batch)
        loss = criterion(logits.flatten(0, 1), batch.target_out.flatten()) / batch.n_tokens  # ok: SG201, SG202, SG301, SG501
        loss.backward()


if __name__ == "__main__":
    main()
