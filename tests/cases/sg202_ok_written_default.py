"""Fine-tuning a small tagger. Unlabelled padding is written as len(labels)."""
import torch
from torch import nn
from torch.utils.data import DataLoader

LABELS = ["O", "B", "I", "PAD"]


class DS(torch.utils.data.Dataset):
    def __init__(self, items, max_len=8):
        self.items, self.max_len = items, max_len

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        words, tags = self.items[i]
        n = self.max_len - len(words)
        return torch.tensor(words + [0] * n), torch.tensor([LABELS.index(t) for t in tags] + [LABELS.index("PAD")] * n)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(60, 16)
        self.l = nn.LSTM(16, 16, batch_first=True, bidirectional=True)
        self.c = nn.Linear(32, len(LABELS))

    def forward(self, x):
        return self.c(self.l(self.e(x))[0])


if __name__ == "__main__":
    items = [([4, 5, 6], ["O", "B", "I"]), ([7, 8, 9, 10, 11], ["O", "O", "B", "O", "O"])]
    net = Net()
    loss_fn = nn.CrossEntropyLoss(ignore_index=LABELS.index("PAD"))
    for x, y in DataLoader(DS(items), batch_size=2):
        logits = net(x)
        loss = loss_fn(logits.view(-1, len(LABELS)), y.view(-1))  # ok: SG202
        loss.backward()
