import torch
from torch import nn

PAD = 0


class Multi(nn.Module):
    """slot filling and intent detection"""

    def __init__(self, words, slots, intents):
        super().__init__()
        self.emb = nn.Embedding(words, 16, padding_idx=PAD)
        self.rnn = nn.GRU(16, 16, batch_first=True, bidirectional=True)
        self.slot = nn.Linear(32, slots)
        self.intent = nn.Linear(32, intents)
        self.slot_loss = nn.CrossEntropyLoss(ignore_index=PAD)
        self.intent_loss = nn.CrossEntropyLoss()

    def forward(self, words, slots, intent):
        h, _ = self.rnn(self.emb(words))
        a = self.slot_loss(self.slot(h).transpose(1, 2), slots)  # ok: SG204, SG201
        b = self.intent_loss(self.intent(h.mean(1)), intent)  # ok: SG204, SG201
        return a + b


def fill(row, n):
    return row + [PAD] * (n - len(row))


if __name__ == "__main__":
    words = torch.tensor([fill([3, 4, 5], 5), fill([6, 7, 8, 9, 2], 5)])
    slots = torch.tensor([fill([1, 2, 1], 5), fill([1, 1, 3, 2, 1], 5)])  # 1 is O, 0 is padding
    intents = torch.tensor([0, 2])
    Multi(12, 4, 3)(words, slots, intents).backward()

    # frames of a video without any padding: class 0 is walking, nothing is ignored but the unlabelled -1
    frames, acts = torch.randn(2, 30, 8), torch.randint(0, 6, (2, 30))
    acts[:, 25:] = -1
    head = nn.Linear(8, 6)
    nn.functional.cross_entropy(head(frames).flatten(0, 1), acts.flatten(), ignore_index=-1).backward()  # ok: SG204, SG202
