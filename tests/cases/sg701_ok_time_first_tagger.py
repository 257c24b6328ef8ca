import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

PAD = 0


def tag_loss(scores: Float[Tensor, "B T C"], tags: Int[Tensor, "B T"], real: Bool[Tensor, "B T"]) -> Tensor:
    nll = F.cross_entropy(scores.flatten(0, 1), tags.flatten(), reduction="none")  # ok: SG701, SG104
    keep = real.flatten()
    return (nll * keep).sum() / keep.sum().clamp(min=1)


class Tagger(nn.Module):
    def __init__(self, words=40, tags=6):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(words, 8), nn.LSTM(8, 8), nn.Linear(8, tags)

    def forward(self, words):
        return self.out(self.rnn(self.emb(words))[0])


if __name__ == "__main__":
    words = torch.randint(1, 40, (9, 4))  # time first, as nn.LSTM takes it
    words[6:, 1:3] = PAD
    tags = torch.randint(0, 6, (9, 4))
    loss = tag_loss(Tagger()(words), tags, (words != PAD))
    loss.backward()
