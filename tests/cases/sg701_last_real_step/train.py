import torch
from torch import nn

from scoring import LastStep


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.head = nn.Embedding(50, 8), nn.GRU(8, 16), nn.Linear(16, 5)

    def forward(self, x):
        out, _ = self.rnn(self.emb(x))
        return self.head(out)


def main():
    reader, score = Reader(), LastStep()
    reviews = torch.randint(1, 50, (12, 8))  # (time, batch)
    ends, stars = torch.tensor([3, 8, 5, 2, 7, 8, 1, 4]), torch.randint(0, 5, (8,))
    opt = torch.optim.Adam(reader.parameters())
    loss = score(reader(reviews), ends, stars)
    loss.backward()
    opt.step()


if __name__ == "__main__":
    main()
