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
        x = self.embedding(x)  # (batch, seq, embed)
        out, _ = self.lstm(x)
        return self.fc(out)


def make_windows(ids, length):
    xs, ys = [], []
    for i in range(0, len(ids) - length - 1, length):
        xs.append(ids[i:i + length])
        ys.append(ids[i + 1:i + length + 1])
    return torch.tensor(xs), torch.tensor(ys)


def main():
    text = "the quick brown fox jumps over the lazy dog " * 5
    vocab = sorted(set(text))
    ids = [vocab.index(c) for c in text]
    x, y = make_windows(ids, 20)
    loader = DataLoader(TensorDataset(x, y), batch_size=4, shuffle=True)
    model = CharModel(len(vocab), 12, 24)
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for epoch in range(2):
        for xb, yb in loader:
            optimizer.zero_grad()
            pred = model(xb)
            loss = loss_function(pred.reshape(-1, len(vocab)), yb.reshape(-1))  # SG104
            loss.backward()
            optimizer.step()


if __name__ == "__main__":
    main()
