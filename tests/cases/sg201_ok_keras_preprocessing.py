import numpy as np
import torch
import torch.nn as nn
from keras.preprocessing.sequence import pad_sequences
from torch.utils.data import DataLoader, TensorDataset

MAX_LEN = 50

sentences = [["Thousands", "of", "demonstrators"], ["Iranian", "officials", "say", "they"]]
labels = [["O", "O", "O"], ["B-gpe", "O", "O", "O"]]
word2idx = {w: i + 1 for i, w in enumerate(sorted({w for s in sentences for w in s}))}
tag2idx = {"PAD": 0, "O": 1, "B-gpe": 2}

X = pad_sequences([[word2idx[w] for w in s] for s in sentences], maxlen=MAX_LEN, padding="post", value=0)
y = pad_sequences([[tag2idx[t] for t in ts] for ts in labels], maxlen=MAX_LEN, padding="post", value=tag2idx["PAD"])
train_data = TensorDataset(torch.tensor(X, dtype=torch.long), torch.tensor(y, dtype=torch.long))


class LSTMTagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(len(word2idx) + 1, 40)
        self.lstm = nn.LSTM(40, 50, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(100, len(tag2idx))

    def forward(self, x):
        return self.fc(self.lstm(self.emb(x))[0])


model = LSTMTagger()
criterion = nn.CrossEntropyLoss(ignore_index=tag2idx["PAD"])
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(3):
    for xb, yb in DataLoader(train_data, batch_size=32, shuffle=True):
        out = model(xb)
        loss = criterion(out.permute(0, 2, 1), yb)  # ok: SG201
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
