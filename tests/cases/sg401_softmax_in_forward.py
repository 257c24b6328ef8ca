import torch
import torch.nn as nn
import torch.nn.functional as F


class CharLSTM(nn.Module):
    def __init__(self, n_chars, hidden=32):
        super().__init__()
        self.embed = nn.Embedding(n_chars, hidden)
        self.lstm = nn.LSTM(hidden, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, n_chars)

    def forward(self, x):
        out, _ = self.lstm(self.embed(x))
        out = self.fc(out)
        return F.softmax(out, dim=-1)


def sample(model, start, n):
    ids = [start]
    for _ in range(n):
        p = model(torch.tensor([ids]))[0, -1]
        ids.append(torch.multinomial(p, 1).item())
    return ids


if __name__ == "__main__":
    data = torch.randint(0, 27, (200,))
    x = torch.stack([data[i:i + 20] for i in range(0, 160, 20)])
    y = torch.stack([data[i + 1:i + 21] for i in range(0, 160, 20)])
    model = CharLSTM(27)
    criterion = nn.CrossEntropyLoss()
    opt = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(3):
        probs = model(x)
        loss = criterion(probs.transpose(1, 2), y)  # SG401
        opt.zero_grad()
        loss.backward()
        opt.step()
    print(sample(model, 0, 5))
