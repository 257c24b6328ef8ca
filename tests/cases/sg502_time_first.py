import torch
import torch.nn as nn


class StreamLM(nn.Module):
    def __init__(self, vocab, dim):
        super().__init__()
        self.enc, self.rnn, self.dec = nn.Embedding(vocab, dim), nn.GRU(dim, dim), nn.Linear(dim, vocab)

    def forward(self, x):
        y, _ = self.rnn(self.enc(x))
        return self.dec(y).flatten(0, 1)


if __name__ == "__main__":
    tokens = torch.randint(0, 33, (17, 5))  # seq_len, batch
    lm = StreamLM(33, 14)
    criterion = nn.CrossEntropyLoss()
    out = lm(tokens)
    gold = tokens.flatten()
    loss = criterion(out[:-1], gold[1:])  # SG502
    loss.backward()
