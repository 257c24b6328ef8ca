"""Padding that counts is an error, and a warning where it may be what tells a model that is fed no ids where to stop."""

from __future__ import annotations

import pytest

from shapeguard.lint.engine import check_source

PROGRAM = """
import torch
import torch.nn.functional as F
import timm
import torchvision
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import models
from torchvision.models import resnet18

V, T = 37, 12

class Plates(Dataset):
    def __init__(self, items):
        self.items = items
    def __len__(self):
        return len(self.items)
    def __getitem__(self, i):
        image, text = self.items[i]
        label = [ord(c) - 95 for c in text]{end}
        label = label + [0] * (T - len(label))
        return {image}, torch.tensor(label)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        {made}
    def forward(self, x):
        {given}

net = Net()
for image, label in DataLoader(Plates([(torch.rand(1, 32, 96).tolist(), "abc"), (torch.rand(1, 32, 96).tolist(), "de")]), batch_size=8):
    F.cross_entropy(net(image).transpose(1, 2), label).backward()
"""
IMAGE, VECTOR, IDS = "torch.rand(3, 32, 96)", "torch.rand(64)", "torch.randint(0, 50, (T,))"
READERS = [
    (
        IMAGE,
        "self.conv, self.fc = nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d((1, T))), nn.Linear(32, V)",
        "return self.fc(self.conv(x).squeeze(2).transpose(1, 2))",
    ),
    (
        IMAGE,
        "self.conv, self.fc = nn.Conv2d(3, 32, 3, padding=1), nn.Linear(32 * 32 * 96, T * V)",
        "return self.fc(self.conv(x).flatten(1)).view(-1, T, V)",
    ),
    (
        IMAGE,
        "self.conv, self.pool, self.rnn = nn.Conv2d(3, 32, 3), nn.AdaptiveAvgPool2d(1), nn.GRU(32, V, batch_first=True)",
        "return self.rnn(self.pool(self.conv(x)).flatten(1).unsqueeze(1).repeat(1, T, 1))[0]",
    ),
    (
        IMAGE,
        "from zoo import build\n        self.body = build()\n        self.heads = nn.ModuleList([nn.Linear(64, V) for _ in range(T)])",
        "h = self.body(x)\n        return torch.stack([head(h) for head in self.heads], 1)",
    ),
    (
        VECTOR,
        "self.up, self.rnn, self.fc = nn.Linear(64, 32), nn.GRU(32, 16, batch_first=True), nn.Linear(16, V)",
        "return self.fc(self.rnn(self.up(x).unsqueeze(1).expand(-1, T, -1))[0])",
    ),
    (
        VECTOR,
        "self.fc = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, T * V))",
        "return self.fc(x).view(-1, T, V)",
    ),
    # models over images that are not looked into
    (
        IMAGE,
        (
            "self.conv = nn.Sequential(*list(resnet18(weights=None).children())[:-2])\n"
            "        self.rnn, self.fc = nn.LSTM(512, 64, batch_first=True), nn.Linear(64, V)"
        ),
        "return self.fc(self.rnn(self.conv(x).mean(2).permute(0, 2, 1))[0])",
    ),
    (
        IMAGE,
        "self.conv = timm.create_model('resnet18', pretrained=True)\n        self.rnn, self.fc = nn.GRU(512, 64), nn.Linear(64, V)",
        "return self.fc(self.rnn(self.conv.forward_features(x).flatten(2).permute(2, 0, 1))[0]).transpose(0, 1)",
    ),
    (
        IMAGE,
        (
            "self.conv = models.resnet34(pretrained=True)\n        self.conv.fc = nn.Identity()\n"
            "        self.rnn, self.fc = nn.RNN(512, 64, batch_first=True), nn.Linear(64, V)"
        ),
        "return self.fc(self.rnn(self.conv(x).unsqueeze(1).repeat(1, T, 1))[0])",
    ),
    (
        IMAGE,
        (
            "self.conv = torchvision.models.vgg16_bn(weights='DEFAULT').features[:34].eval()\n"
            "        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 4, batch_first=True), 2)\n"
            "        self.fc = nn.Linear(512, V)"
        ),
        "return self.fc(self.enc(self.conv(x).flatten(2).permute(0, 2, 1)))",
    ),
    (
        IMAGE,
        (
            "self.conv = timm.create_model('resnet18', features_only=True)\n"
            "        self.rnn, self.fc = nn.LSTM(512, 64, batch_first=True), nn.Linear(64, V)"
        ),
        "return self.fc(self.rnn(self.conv(x)[-1].flatten(2).permute(0, 2, 1))[0])",
    ),
    (
        IMAGE,
        (
            "r = models.resnet18()\n        r.conv1 = nn.Conv2d(3, 64, 7)\n"
            "        self.stem, self.body = nn.Sequential(r.conv1, r.bn1, r.relu), nn.Sequential(r.layer1, r.layer2)\n"
            "        self.rnn, self.fc = nn.LSTM(512, 64, batch_first=True), nn.Linear(64, V)"
        ),
        "return self.fc(self.rnn(self.body(self.stem(x)).flatten(2).permute(0, 2, 1))[0])",
    ),
]
FED = [
    (
        IDS,
        "self.embed, self.rnn, self.fc = nn.Embedding(50, 16), nn.LSTM(16, 16, batch_first=True), nn.Linear(16, V)",
        "return self.fc(self.rnn(self.embed(x))[0])",
    ),
    (
        IDS,
        "self.embed, self.fc = nn.Embedding(50, 16), nn.Linear(16 * T, V * T)",
        "return self.fc(self.embed(x).flatten(1)).view(-1, T, V)",
    ),
    (
        IDS,
        "self.embed, self.conv, self.fc = nn.Embedding(50, 16), nn.Conv1d(16, 16, 3, padding=1), nn.Linear(16, V)",
        "return self.fc(self.conv(self.embed(x).transpose(1, 2)).transpose(1, 2))",
    ),
    (IDS, "self.fc = nn.Linear(50, V)", "return self.fc(F.one_hot(x, 50).float())"),
    (  # ids too, as in a writer of captions
        IMAGE,
        (
            "self.conv, self.embed = models.resnet18(), nn.Embedding(50, 1000)\n"
            "        self.rnn, self.fc = nn.LSTM(1000, 64, batch_first=True), nn.Linear(64, V)"
        ),
        "h = self.conv(x).unsqueeze(1) + self.embed(torch.randint(0, 50, (8, T)))\n        return self.fc(self.rnn(h)[0])",
    ),
    (  # it is not images that such a reader reads: the model over images is another's
        "torch.rand(T, 8)",
        "self.other, self.rnn, self.fc = models.resnet18(), nn.LSTM(8, 16, batch_first=True), nn.Linear(16, V)",
        "return self.fc(self.rnn(x)[0])",
    ),
    ("torch.rand(T, 8)", "self.rnn, self.fc = nn.LSTM(8, 16, batch_first=True), nn.Linear(16, V)", "return self.fc(self.rnn(x)[0])"),
]


def severities(program: str) -> list[str]:
    return [f.severity for f in check_source(program) if f.code == "SG201"]


@pytest.mark.parametrize(("image", "made", "given"), READERS)
def test_it_may_be_the_only_sign_to_stop(image: str, made: str, given: str) -> None:
    (found,) = (f for f in check_source(PROGRAM.format(image=image, made=made, given=given, end="")) if f.code == "SG201")
    assert (found.severity, found.fix) == ("warning", None)
    assert "if the padding is what tells the model to stop" in found.help


@pytest.mark.parametrize(("image", "made", "given"), READERS)
def test_targets_with_an_end_of_their_own_need_no_padding(image: str, made: str, given: str) -> None:
    assert severities(PROGRAM.format(image=image, made=made, given=given, end=" + [1]")) == ["error"]


@pytest.mark.parametrize(("image", "made", "given"), FED)
def test_a_model_that_has_a_position_for_each_of_what_it_is_fed(image: str, made: str, given: str) -> None:
    assert severities(PROGRAM.format(image=image, made=made, given=given, end="")) == ["error"]


@pytest.mark.parametrize(("image", "made", "given"), READERS)
def test_padding_that_is_ignored_is_nothing(image: str, made: str, given: str) -> None:
    ignored = PROGRAM.format(image=image, made=made, given=given, end="").replace(", label)", ", label, ignore_index=0)")
    assert severities(ignored) == []
