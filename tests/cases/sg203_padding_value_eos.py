import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

itos = ["<s>", "</s>"] + list("abcdefghijklmnopqrstuvwxyz")
stoi = {c: i for i, c in enumerate(itos)}


def encode(name):
    return torch.tensor([stoi["<s>"]] + [stoi[c] for c in name] + [stoi["</s>"]])


def collate(names):
    batch = pad_sequence([encode(n) for n in names], batch_first=True, padding_value=stoi["</s>"])
    return batch[:, :-1], batch[:, 1:]


class Namer(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(len(itos), 16)
        self.r = nn.LSTM(16, 16, batch_first=True)
        self.o = nn.Linear(16, len(itos))

    def forward(self, x):
        return self.o(self.r(self.e(x))[0])


if __name__ == "__main__":
    net = Namer()
    loss_fn = nn.CrossEntropyLoss(ignore_index=stoi["</s>"])
    for x, y in DataLoader(["ada", "grace", "barbara"], batch_size=3, collate_fn=collate):
        out = net(x)
        loss = loss_fn(out.flatten(0, 1), y.flatten())  # SG203
        loss.backward()
