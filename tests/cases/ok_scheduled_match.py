"""A small experiment runner with match, walrus and generators."""
import torch
from torch import nn


def stream(n_batches, vocab=16, size=(4, 10)):
    for _ in range(n_batches):
        ids = torch.randint(0, vocab, size)
        yield {"x": ids[:, :-1], "y": ids[:, 1:]}


def layout(name, logits, y):
    match name:
        case "flat":
            return logits.reshape(-1, logits.size(-1)), y.reshape(-1)
        case "channels":
            return logits.transpose(1, 2), y
        case _:
            raise ValueError(name)


class LM(nn.Module):
    def __init__(self, v=16, d=12):
        super().__init__()
        self.e, self.r, self.o = nn.Embedding(v, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, v)

    @property
    def criterion(self):
        return nn.CrossEntropyLoss()

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


def run(kind, steps=3):
    model = LM()
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    batches, best = stream(steps), None
    while (batch := next(batches, None)) is not None:
        scores, gold = layout(kind, model(batch["x"]), batch["y"])
        loss = model.criterion(scores, gold)  # ok: SG101, SG102, SG201, SG501
        opt.zero_grad()
        loss.backward()
        opt.step()
        best = min(best, loss.item()) if best is not None else loss.item()
    return best


if __name__ == "__main__":
    print(run("flat"), run("channels"))
