# music generation with note tokens
import torch
from torch import nn, optim


class NoteRNN(nn.Module):
    def __init__(self, n_notes, hidden_size=48):
        super(NoteRNN, self).__init__()
        self.emb = nn.Embedding(n_notes, hidden_size)
        self.lstm = nn.LSTM(hidden_size, hidden_size, num_layers=2, batch_first=True, dropout=0.3)
        self.fc = nn.Linear(hidden_size, n_notes)

    def forward(self, x):
        out, _ = self.lstm(self.emb(x))
        out = out[:, -1, :]
        return self.fc(out)


n_notes = 88
melody = torch.randint(0, n_notes, (300,))
SEQ = 16
inputs = torch.stack([melody[i:i + SEQ] for i in range(0, 240, SEQ)])
targets = torch.stack([melody[i + 1:i + 1 + SEQ] for i in range(0, 240, SEQ)])

if __name__ == "__main__":
    model = NoteRNN(n_notes)
    optimizer = optim.RMSprop(model.parameters(), lr=0.001)
    criterion = nn.CrossEntropyLoss()
    for epoch in range(2):
        for i in range(0, len(inputs), 5):
            x, y = inputs[i:i + 5], targets[i:i + 5]
            optimizer.zero_grad()
            prediction = model(x)
            loss = criterion(prediction, y.reshape(-1))  # SG102
            loss.backward()
            optimizer.step()
