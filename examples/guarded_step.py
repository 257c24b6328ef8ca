"""A training step under `@guard`: quiet while the data is right, then three faults that come with the data, where no linter sees them."""

import json

import torch
from jaxtyping import Float
from torch import Tensor, nn

from shapeguard import Inputs, Logits, ShapeError, Targets, guard, masked_cross_entropy

VOCAB = 50
DATA = {  # as it might stand in a file, a batch a line; -100 is not to be learned
    "right": '{"inputs": [[5, 7, 2, 9], [4, 11, 30, 0]], "targets": [[7, 2, 9, 1], [11, 30, 1, -100]]}',
    "targets cut one step short": '{"inputs": [[8, 3, 3, 6], [2, 8, 17, 5]], "targets": [[3, 3, 6], [8, 17, 5]]}',
    "made by a tokenizer with one token more": '{"inputs": [[6, 1, 4, 2], [9, 40, 3, 0]], "targets": [[1, 4, 50, 1], [40, 3, 1, -100]]}',
    "a prompt that left no room for the answer": '{"inputs": [[12, 5, 5, 31]], "targets": [[-100, -100, -100, -100]]}',
}


class Model(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, width)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, VOCAB)

    @guard
    def forward(self, inputs: Inputs) -> Logits:
        hidden, _ = self.rnn(self.embed(inputs))
        return self.head(hidden)


@guard
def loss_of(logits: Logits, targets: Targets) -> Float[Tensor, ""]:
    return masked_cross_entropy(logits, targets, ignore_index=-100)


def step(model, optimizer, line):
    batch = json.loads(line)
    inputs, targets = torch.tensor(batch["inputs"]), torch.tensor(batch["targets"])
    loss = loss_of(model(inputs), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    torch.manual_seed(0)
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for name, line in DATA.items():
        try:
            print(f"{name}: loss {step(model, optimizer, line):.2f}")
        except ShapeError as error:
            print(f"\n{name}:\n{error}")
