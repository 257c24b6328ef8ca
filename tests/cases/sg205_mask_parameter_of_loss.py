import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Model(nn.Module):
    def __init__(self, vocab, labels):
        super().__init__()
        self.labels = labels
        self.embedding = nn.Embedding(vocab, 16, padding_idx=0)
        self.lstm = nn.LSTM(16, 16, batch_first=True, bidirectional=True)
        self.linear = nn.Linear(32, labels)

    def forward(self, x):
        return self.linear(self.lstm(self.embedding(x))[0])


class MaskedLoss(nn.Module):
    def __init__(self):
        super().__init__()
        self.ce = nn.CrossEntropyLoss()

    def forward(self, logits, labels, mask):
        return self.ce(logits.view(-1, logits.shape[-1]), labels.view(-1))  # SG205


def main():
    tokens = pad_sequence([torch.randint(1, 40, (n,)) for n in (6, 2, 4)], batch_first=True)
    labels = pad_sequence([torch.randint(0, 7, (n,)) for n in (6, 2, 4)], batch_first=True)
    mask = tokens.ne(0)
    model, loss_fn = Model(40, 7), MaskedLoss()
    loss = loss_fn(model(tokens), labels, mask)
    loss.backward()


if __name__ == "__main__":
    main()
