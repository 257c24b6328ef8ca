import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class TokenCrossEntropy(nn.CrossEntropyLoss):
    def forward(self, logits, target):
        vocab = logits.shape[-1]
        return super().forward(logits.reshape(-1, vocab), target.reshape(-1))  # ok: SG201


class Speller(nn.Module):
    def __init__(self, n=30, d=16):
        super().__init__()
        self.emb = nn.Embedding(n, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.head = nn.Linear(d, n)

    def forward(self, x):
        return self.head(self.rnn(self.emb(x))[0])


def main():
    words = [torch.randint(1, 30, (n,)) for n in (4, 9, 6)]
    batch = pad_sequence(words, batch_first=True)
    model = Speller()
    loss_fn = TokenCrossEntropy(ignore_index=0, label_smoothing=0.05)
    loss = loss_fn(model(batch[:, :-1]), batch[:, 1:])
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
