import argparse
import torch
from torch import nn


def get_loss(name):
    if name == "nll":
        return nn.NLLLoss()
    return nn.CrossEntropyLoss()


class Tagger(nn.Module):
    def __init__(self, n_words=40, n_tags=5):
        super().__init__()
        self.emb = nn.Embedding(n_words, 12)
        self.lstm = nn.LSTM(12, 12, batch_first=True)
        self.hidden2tag = nn.Linear(12, n_tags)

    def forward(self, x):
        out, _ = self.lstm(self.emb(x))
        return self.hidden2tag(out).permute(0, 2, 1)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, default=0)
    opts = ap.parse_args()
    torch.manual_seed(opts.seed)
    model, loss_fn = Tagger(), get_loss("ce")
    x, y = torch.randint(0, 40, (3, 7)), torch.randint(0, 5, (3, 7))
    loss = loss_fn(model(x), y)  # ok: SG402
    loss.backward()
