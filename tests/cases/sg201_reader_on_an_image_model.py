"""Readers of plates on a model over images that is not looked into: the zeros behind a text count, but where they are ignored."""

import timm
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.models import resnet18

V, T = 37, 12


class Plates(Dataset):
    def __init__(self, texts):
        self.texts = texts

    def __len__(self):
        return len(self.texts)

    def __getitem__(self, i):
        label = [ord(c) - 95 for c in self.texts[i]]
        return torch.rand(3, 32, 96), torch.tensor(label + [0] * (T - len(label)))


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(*list(resnet18(weights=None).children())[:-2])
        self.rnn, self.fc = nn.LSTM(512, 64, batch_first=True), nn.Linear(64, V)

    def forward(self, images):
        return self.fc(self.rnn(self.body(images).mean(2).permute(0, 2, 1))[0])


class Pooled(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = timm.create_model("resnet18", num_classes=0)
        self.rnn, self.fc = nn.GRU(512, 64, batch_first=True), nn.Linear(64, V)

    def forward(self, images):
        return self.fc(self.rnn(self.body(images).unsqueeze(1).repeat(1, T, 1))[0])


reader, pooled = Reader(), Pooled()
counting, ignoring = nn.CrossEntropyLoss(), nn.CrossEntropyLoss(ignore_index=0)
for images, labels in DataLoader(Plates(["abc", "de"]), batch_size=8):
    counting(reader(images).transpose(1, 2), labels).backward()  # SG201
    ignoring(reader(images).transpose(1, 2), labels).backward()  # ok: SG201, SG204
    counting(pooled(images).transpose(1, 2), labels).backward()  # SG201
    ignoring(pooled(images).transpose(1, 2), labels).backward()  # ok: SG201, SG204
