import torch
from torch import nn
from torch.utils.data import DataLoader

PAD_ID = 3


def collate(rows):
    n = max(len(r) for r in rows)
    ids = torch.tensor([r + [PAD_ID] * (n - len(r)) for r in rows])
    labels = ids.clone()
    labels[labels == PAD_ID] = -100
    return ids, labels


def collate_where(rows):
    ids, _ = collate(rows)
    return ids, torch.where(ids == PAD_ID, torch.full_like(ids, -100), ids)


def collate_fill(rows):
    ids, _ = collate(rows)
    return ids, ids.masked_fill(ids.eq(PAD_ID), -100)


class LM(nn.Module):
    def __init__(self, vocab=20, dim=16):
        super().__init__()
        self.wte = nn.Embedding(vocab, dim)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.lm_head = nn.Linear(dim, vocab)

    def forward(self, ids, labels):
        logits = self.lm_head(self.rnn(self.wte(ids))[0])
        shift_logits = logits[:, :-1].contiguous()
        shift_labels = labels[:, 1:].contiguous()
        return nn.CrossEntropyLoss()(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1))  # ok: SG201, SG202, SG501


if __name__ == "__main__":
    rows = [[5, 6, 7, 8], [9, 10], [11, 12, 13]]
    model = LM()
    for fn in (collate, collate_where, collate_fill):
        for ids, labels in DataLoader(rows, batch_size=3, collate_fn=fn):
            print(fn.__name__, model(ids, labels).item())
