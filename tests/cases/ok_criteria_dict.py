import torch
import torch.nn as nn

PAD = 0
CRITERIA = {
    "seq": nn.CrossEntropyLoss(ignore_index=PAD),
    "cls": nn.CrossEntropyLoss(),
    "reg": nn.MSELoss(),
    "focus": lambda logits, y: nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD),  # ok: SG101, SG201
}


class MultiTask(nn.Module):
    def __init__(self, vocab=30, d=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.heads = nn.ModuleDict({"seq": nn.Linear(d, vocab), "cls": nn.Linear(d, 3), "reg": nn.Linear(d, 1)})

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return {"seq": self.heads["seq"](h), "cls": self.heads["cls"](h[:, -1]), "reg": self.heads["reg"](h.mean(1)).squeeze(-1)}


def fill(rows):
    n = max(map(len, rows))
    return torch.tensor([r + [PAD] * (n - len(r)) for r in rows])


def compute(model, batch):
    out = model(batch["ids"][:, :-1])
    target = batch["ids"][:, 1:]
    loss = CRITERIA["seq"](out["seq"].reshape(-1, 30), target.reshape(-1))  # ok: SG201, SG202, SG102
    loss = loss + CRITERIA["cls"](out["cls"], batch["label"])  # ok: SG101, SG201
    loss = loss + CRITERIA["reg"](out["reg"], batch["score"])
    return loss + 0.1 * CRITERIA["focus"](out["seq"], target)


if __name__ == "__main__":
    batch = {"ids": fill([[1, 5, 6, 2], [1, 7, 2], [1, 8, 9, 10, 11, 2]]), "label": torch.tensor([0, 2, 1]), "score": torch.rand(3)}
    compute(MultiTask(), batch).backward()
