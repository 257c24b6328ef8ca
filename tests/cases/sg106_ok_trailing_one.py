import torch
import torch.nn as nn

NUM_TAGS = 11


class Slots(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(300, 24)
        self.enc = nn.LSTM(24, 24, batch_first=True, bidirectional=True)
        self.cls = nn.Linear(48, NUM_TAGS)

    def forward(self, ids):
        return self.cls(self.enc(self.emb(ids))[0])


def train(model, ids, tags):
    ce = nn.CrossEntropyLoss()
    logits = model(ids).view(-1, NUM_TAGS)
    gold = tags.view(-1)
    loss = ce(logits, gold)  # ok: SG106
    loss.backward()


if __name__ == "__main__":
    train(Slots(), torch.randint(0, 300, (2, 14)), torch.randint(0, NUM_TAGS, (2, 14)))
