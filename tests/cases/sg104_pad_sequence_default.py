import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

UNK, PAD = 1, 0


class BiLSTM(nn.Module):
    def __init__(self, words, tags):
        super().__init__()
        self.tags = tags
        self.embedding = nn.Embedding(words, 16, padding_idx=PAD)
        self.lstm = nn.LSTM(16, 16, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(32, tags)

    def forward(self, x):
        out, _ = self.lstm(self.embedding(x))
        return self.fc(out)


def collate(batch):
    xs, ys = zip(*batch)
    x = pad_sequence([torch.tensor(v) for v in xs], batch_first=True, padding_value=PAD)
    y = pad_sequence([torch.tensor(v) for v in ys], padding_value=-100)
    return x, y


data = [([5, 6, 7], [1, 0, 2]), ([8, 9], [0, 0]), ([3, 4, 5, 6, 7], [2, 2, 1, 0, 0])]

if __name__ == "__main__":
    loader = torch.utils.data.DataLoader(data, batch_size=3, collate_fn=collate)
    model = BiLSTM(20, 3)
    criterion = nn.CrossEntropyLoss()
    for x, y in loader:
        logits = model(x)
        loss = criterion(logits.view(-1, 3), y.view(-1))  # SG104
        loss.backward()
        print(loss.item())
