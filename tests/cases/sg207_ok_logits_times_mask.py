import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

PAD = 0


class Tagger(nn.Module):
    def __init__(self, vocab, tags):
        super().__init__()
        self.emb = nn.Embedding(vocab, 16, padding_idx=PAD)
        self.lstm = nn.LSTM(16, 16, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(32, tags)

    def forward(self, x):
        mask = (x != PAD).float().unsqueeze(-1)
        logits = self.fc(self.lstm(self.emb(x))[0])
        return logits.masked_fill(mask == 0, 0.0)


def collate(batch):
    return (pad_sequence([torch.tensor(b[0]) for b in batch], batch_first=True, padding_value=PAD),
            pad_sequence([torch.tensor(b[1]) for b in batch], batch_first=True, padding_value=PAD))


if __name__ == "__main__":
    data = [([4, 5, 6], [1, 2, 1]), ([7, 8], [2, 3]), ([9, 10, 11, 12], [3, 3, 1, 1])]
    net = Tagger(13, 4)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    for x, y in DataLoader(data, batch_size=3, collate_fn=collate):
        out = net(x)
        loss = criterion(out.view(-1, 4), y.view(-1))  # ok: SG207
        loss.backward()
