import torch
import torch.nn as nn
import torch.nn.functional as F


class Filters(nn.Module):
    def __init__(self):
        super().__init__()
        self.total = n_filters * len(widths)
        self.embed = nn.Embedding(vocab, dim)
        self.convs = nn.ModuleList([nn.Conv2d(1, n_filters, (w, dim)) for w in widths])
        self.head = nn.Linear(self.total, n_classes)

    def forward(self, x):
        x = self.embed(x).unsqueeze(1)
        pooled = []
        for i, conv in enumerate(self.convs):
            h = F.relu(conv(x))
            pooled.append(F.max_pool2d(h, (length - widths[i] + 1, 1)).permute(0, 3, 2, 1))
        whole = torch.cat(pooled, 3)
        return self.head(torch.reshape(whole, [-1, self.total]))


class Pieces(nn.Module):
    """how many pieces there are is not told by the code, nor that they are as many as the head wants"""

    def __init__(self, n_pieces, dim=4):
        super().__init__()
        self.parts = nn.ModuleList(nn.Linear(dim, 3) for _ in range(n_pieces))
        self.head = nn.Linear(9, 5)

    def forward(self, x):
        found = []
        for part in self.parts:
            found.append(part(x))
        return self.head(torch.cat(found, -1).view(-1, 9))


if __name__ == "__main__":
    vocab, dim, length, n_filters, n_classes = 12, 4, 6, 5, 2
    widths = [2, 3, 3]
    model = Filters()
    ids, gold = torch.randint(0, vocab, (8, length)), torch.randint(0, n_classes, (8,))
    loss = nn.CrossEntropyLoss()(model(ids), gold)  # ok: SG103
    loss.backward()
    other = Pieces(len(widths))
    nn.CrossEntropyLoss()(other(torch.randn(8, 4)), torch.randint(0, 5, (8,))).backward()  # ok: SG103
