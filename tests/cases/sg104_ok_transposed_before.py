import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset


class CharModel(nn.Module):
    def __init__(self, vocab_size, embed_dim, hidden_dim):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_dim)
        self.lstm = nn.LSTM(embed_dim, hidden_dim)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def forward(self, x):
        # x is (batch, seq): the LSTM wants the time first
        e = self.embedding(x.t())
        out, _ = self.lstm(e)
        return self.fc(out).transpose(0, 1)


class WithEncoder(nn.Module):
    def __init__(self, vocab_size, d):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 32), 1)
        self.fc = nn.Linear(d, vocab_size)

    def forward(self, x):
        h = self.embedding(x).permute(1, 0, 2)
        mask = nn.Transformer.generate_square_subsequent_mask(h.size(0))
        h = self.enc(h, mask=mask)
        return self.fc(h.permute(1, 0, 2))


def main():
    stream = torch.randint(0, 26, (401,))
    x, y = stream[:-1].view(20, 20), stream[1:].view(20, 20)
    loss_function = nn.CrossEntropyLoss()
    for model in (CharModel(26, 8, 12), WithEncoder(26, 8)):
        for xb, yb in DataLoader(TensorDataset(x, y), batch_size=5):
            pred = model(xb)
            loss = loss_function(pred.reshape(-1, 26), yb.reshape(-1))  # ok: SG104, SG501, SG107
            loss.backward()


if __name__ == "__main__":
    main()
