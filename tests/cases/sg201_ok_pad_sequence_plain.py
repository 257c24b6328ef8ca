import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


class NamesDataset(Dataset):
    def __init__(self, names):
        letters = sorted(set("".join(names)))
        self.stoi = {"<pad>": 0, "<s>": 1, "</s>": 2}
        for ch in letters:
            self.stoi[ch] = len(self.stoi)
        self.names = names

    def __len__(self):
        return len(self.names)

    def __getitem__(self, idx):
        ids = [1] + [self.stoi[c] for c in self.names[idx]] + [2]
        return torch.tensor(ids[:-1]), torch.tensor(ids[1:])


def collate(batch):
    xs, ys = zip(*batch)
    return pad_sequence(xs, batch_first=True), pad_sequence(ys, batch_first=True)


class NameRNN(nn.Module):
    def __init__(self, n_chars):
        super().__init__()
        self.emb = nn.Embedding(n_chars, 16, padding_idx=0)
        self.gru = nn.GRU(16, 32, batch_first=True)
        self.fc = nn.Linear(32, n_chars)

    def forward(self, x):
        return self.fc(self.gru(self.emb(x))[0])


def main():
    data = NamesDataset(["anna", "bob", "christopher", "eve", "maximilian"])
    loader = DataLoader(data, batch_size=2, shuffle=True, collate_fn=collate)
    model = NameRNN(len(data.stoi))
    criterion = nn.CrossEntropyLoss(ignore_index=data.stoi["<pad>"])
    optimizer = torch.optim.Adam(model.parameters())
    for epoch in range(2):
        for x, y in loader:
            out = model(x)
            loss = criterion(out.reshape(-1, out.size(-1)), y.reshape(-1))  # ok: SG201
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


if __name__ == "__main__":
    main()
