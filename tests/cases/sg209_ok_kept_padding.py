import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD = 0


class Net(nn.Module):
    def __init__(self, vocab=18, tags=4):
        super().__init__()
        self.emb = nn.Embedding(vocab, 10, padding_idx=PAD)
        self.fc = nn.Linear(10, tags)

    def forward(self, x):
        return self.fc(self.emb(x))


def get_loss(net, x, y):
    logits = net(x)
    per_word = nn.CrossEntropyLoss(reduction="none")(logits.transpose(1, 2), y)  # ok: SG209
    padding = torch.eq(x, PAD)
    keep = torch.logical_not(padding).float()
    return torch.sum(per_word * keep) / torch.sum(keep)


if __name__ == "__main__":
    x = pad_sequence([torch.randint(1, 18, (n,)) for n in (4, 2, 6)], batch_first=True)
    y = pad_sequence([torch.randint(0, 4, (n,)) for n in (4, 2, 6)], batch_first=True)
    get_loss(Net(), x, y).backward()
