import random
import torch
import torch.nn as nn


class Encoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb)
        self.rnn = nn.GRU(emb, hid, batch_first=True)

    def forward(self, src):
        return self.rnn(self.embedding(src))[1]


class Decoder(nn.Module):
    def __init__(self, vocab, emb, hid):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb)
        self.rnn = nn.GRUCell(emb, hid)
        self.fc = nn.Linear(hid, vocab)

    def forward(self, token, hidden):
        hidden = self.rnn(self.embedding(token), hidden)
        return self.fc(hidden), hidden


def train_batch(encoder, decoder, src, trg, criterion, teacher_forcing=0.5):
    batch_size, trg_len = trg.shape
    hidden = encoder(src).squeeze(0)
    token = trg[:, 0]
    outputs = []
    for t in range(1, trg_len):
        scores, hidden = decoder(token, hidden)
        outputs.append(scores)
        token = trg[:, t] if random.random() < teacher_forcing else scores.argmax(1)
    outputs = torch.stack(outputs)  # (trg_len - 1, batch, vocab)
    outputs = outputs.view(batch_size, trg_len - 1, -1)
    return criterion(outputs.transpose(1, 2), trg[:, 1:])  # SG103


if __name__ == "__main__":
    enc, dec = Encoder(20, 8, 16), Decoder(22, 8, 16)
    src, trg = torch.randint(0, 20, (4, 6)), torch.randint(0, 22, (4, 7))
    loss = train_batch(enc, dec, src, trg, nn.CrossEntropyLoss())
    loss.backward()
    print(loss.item())
