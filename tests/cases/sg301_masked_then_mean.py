import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence


class CrossEntropyLossWithMask(nn.Module):
    def __init__(self):
        super().__init__()
        self.criterion = nn.CrossEntropyLoss(reduction="none")

    def forward(self, logits, targets, lengths):
        batch, steps, classes = logits.size()
        loss = self.criterion(logits.view(-1, classes), targets.contiguous().view(-1))  # SG301
        mask = torch.zeros(batch, steps)
        for i, n in enumerate(lengths):
            mask[i, :n] = 1
        loss = loss * mask.view(-1)
        return torch.mean(loss)


class Speller(nn.Module):
    def __init__(self, chars=28, d=16):
        super().__init__()
        self.emb = nn.Embedding(chars, d)
        self.lstm = nn.LSTM(d, d, batch_first=True)
        self.fc = nn.Linear(d, chars)

    def forward(self, y):
        return self.fc(self.lstm(self.emb(y))[0])


if __name__ == "__main__":
    ys = [torch.randint(1, 28, (n,)) for n in (9, 4, 6)]
    padded = pad_sequence(ys, batch_first=True)
    model, loss_fn = Speller(), CrossEntropyLossWithMask()
    loss = loss_fn(model(padded[:, :-1]), padded[:, 1:], [len(y) - 1 for y in ys])
    loss.backward()
    print(loss.item())
