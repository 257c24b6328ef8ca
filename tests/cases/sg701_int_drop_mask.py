import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

import shapeguard


class Lm(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.head = nn.Embedding(32, 8), nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 32)

    def forward(self, x):
        return self.head(self.rnn(self.emb(x))[0])

    def loss(self, logits: shapeguard.Logits, targets: shapeguard.Targets, drop: Bool[Tensor, "B T"] | None = None) -> Float[Tensor, ""]:
        nll = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")  # SG701
        if drop is not None:
            keep = ~drop.flatten()
            nll = nll * keep
            return nll.sum() / keep.sum()
        return nll.mean()


if __name__ == "__main__":
    x = torch.randint(0, 32, (6, 11))
    noisy = torch.zeros(6, 10, dtype=torch.long)
    noisy[:, 3] = 1
    model = Lm()
    model.loss(model(x[:, :-1]), x[:, 1:], noisy).backward()
