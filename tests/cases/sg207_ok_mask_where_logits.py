import torch
import torch.nn.functional as F
from torch import nn

# 0 pad, 1 user, 2 bot, 3 end
DIALOGS = [[1, 10, 11, 2, 12, 13, 3], [1, 14, 2, 15, 3], [1, 16, 17, 18, 2, 19, 3]]


def prepare(dialogs, max_len=10):
    ids, mask = [], []
    for d in dialogs:
        start = d.index(2) + 1
        n = max_len - len(d)
        ids.append(d + [0] * n)
        mask.append([0] * start + [1] * (len(d) - start) + [0] * n)
    return torch.tensor(ids), torch.tensor(mask)


class ChatGPT2(nn.Module):
    def __init__(self, vocab=20, d=16):
        super().__init__()
        self.wte = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.head = nn.Linear(d, vocab)

    def forward(self, ids):
        return self.head(self.rnn(self.wte(ids))[0])


if __name__ == "__main__":
    model = ChatGPT2()
    criterion = nn.CrossEntropyLoss()
    ids, mask = prepare(DIALOGS)
    out = model(ids[:, :-1])
    label, mask = ids[:, 1:], mask[:, 1:]
    mask_out = out
    loss = criterion(mask_out.transpose(2, 1), label.masked_fill(mask == 0, -100))  # ok: SG207
    loss.backward()
    print(loss.item())
