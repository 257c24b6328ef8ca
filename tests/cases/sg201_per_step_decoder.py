import torch
from torch import nn

PAD, SOS, EOS = 0, 1, 2


class EncoderRNN(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.embedding = nn.Embedding(size, hidden)
        self.gru = nn.GRU(hidden, hidden)

    def forward(self, x):
        return self.gru(self.embedding(x))


class DecoderRNN(nn.Module):
    def __init__(self, size, hidden):
        super().__init__()
        self.embedding = nn.Embedding(size, hidden)
        self.gru = nn.GRU(hidden, hidden)
        self.out = nn.Linear(hidden, size)

    def forward(self, token, hidden):
        x = torch.relu(self.embedding(token)).unsqueeze(0)
        x, hidden = self.gru(x, hidden)
        return self.out(x[0]), hidden


def pad_batch(seqs):
    n = max(len(s) for s in seqs)
    return torch.tensor([s + [PAD] * (n - len(s)) for s in seqs]).t()


def train(src, tgt, encoder, decoder, criterion):
    _, hidden = encoder(src)
    token = torch.full((src.size(1),), SOS)
    loss = 0
    for t in range(tgt.size(0)):
        scores, hidden = decoder(token, hidden)
        loss += criterion(scores, tgt[t])  # SG201
        token = tgt[t]
    loss.backward()
    return loss.item() / tgt.size(0)


if __name__ == "__main__":
    criterion = nn.CrossEntropyLoss()
    enc, dec = EncoderRNN(20, 16), DecoderRNN(20, 16)
    src = pad_batch([[4, 5, 6, EOS], [7, 8, EOS]])
    tgt = pad_batch([[9, 10, EOS], [11, 12, 13, 14, EOS]])
    print(train(src, tgt, enc, dec, criterion))
