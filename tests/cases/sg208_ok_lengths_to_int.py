import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def make_mask(lengths):
    idx = torch.arange(max(lengths)).unsqueeze(0)
    return idx < torch.tensor(lengths).unsqueeze(1)


class FrameModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 8))
        self.criterion = nn.CrossEntropyLoss()

    def loss(self, feats, phones, lengths):
        mask = make_mask(lengths).view(-1)
        pred = self.net(feats).view(-1, 8)
        return self.criterion(pred[mask], phones.view(-1)[mask])  # ok: SG208


if __name__ == "__main__":
    n = [4, 9, 6]
    feats = pad_sequence([torch.randn(k, 10) for k in n], batch_first=True)
    phones = pad_sequence([torch.randint(0, 8, (k,)) for k in n], batch_first=True)
    FrameModel().loss(feats, phones, n).backward()
