import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Net(nn.Module):
    def __init__(self, vocab=30, tags=5):
        super().__init__()
        self.emb = nn.Embedding(vocab, 12, padding_idx=0)
        self.rnn = nn.RNN(12, 12, batch_first=True)
        self.fc = nn.Linear(12, tags)

    def forward(self, x):
        return self.fc(self.rnn(self.emb(x))[0])


def main():
    x = pad_sequence([torch.randint(1, 30, (n,)) for n in (7, 3, 5)], batch_first=True)
    y = pad_sequence([torch.randint(0, 5, (n,)) for n in (7, 3, 5)], batch_first=True)
    mask = x != 0
    logits = Net()(x)
    mask = mask.reshape(-1)
    loss = F.cross_entropy(logits.reshape(-1, 5)[mask], y.reshape(-1)[mask])  # ok: SG208
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
