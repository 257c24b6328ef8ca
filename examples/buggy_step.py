"""A training step with two faults that no error and no curve shows: what `shapeguard check examples/` is shown on."""

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

VOCAB = 50
PAD = 0


class Sentences(Dataset):
    """Ragged rows of token ids, 1 to VOCAB - 1."""

    def __init__(self, count):
        generator = torch.Generator().manual_seed(1)
        lengths = torch.randint(3, 20, (count,), generator=generator).tolist()
        self.rows = [torch.randint(1, VOCAB, (n,), generator=generator) for n in lengths]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return self.rows[index]


def collate(rows):
    return pad_sequence(rows, batch_first=True, padding_value=PAD)


class Model(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, width, padding_idx=PAD)
        self.rnn = nn.GRU(width, width, batch_first=True)
        self.head = nn.Linear(width, VOCAB)

    def forward(self, tokens):
        hidden, _ = self.rnn(self.embed(tokens))
        return torch.softmax(self.head(hidden), dim=-1)


def train(model, loader, epochs=2):
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for tokens in loader:
            scores = model(tokens[:, :-1])
            targets = tokens[:, 1:]
            loss = criterion(scores.reshape(-1, VOCAB), targets.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


if __name__ == "__main__":
    torch.manual_seed(0)
    loader = DataLoader(Sentences(64), batch_size=16, shuffle=False, collate_fn=collate)
    print(f"loss {train(Model(), loader):.2f}")
