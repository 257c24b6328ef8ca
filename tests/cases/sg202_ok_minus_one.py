import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class WordDataset(Dataset):
    """Each word as a row: 0 is start and stop, targets after the stop are -1 (as in makemore)."""

    def __init__(self, words):
        self.words = words
        self.chars = sorted(set("".join(words)))
        self.max_word_length = max(len(w) for w in words)
        self.stoi = {ch: i + 1 for i, ch in enumerate(self.chars)}

    def __len__(self):
        return len(self.words)

    def get_vocab_size(self):
        return len(self.chars) + 1

    def encode(self, word):
        return torch.tensor([self.stoi[w] for w in word], dtype=torch.long)

    def __getitem__(self, idx):
        ix = self.encode(self.words[idx])
        x = torch.zeros(self.max_word_length + 1, dtype=torch.long)
        y = torch.zeros(self.max_word_length + 1, dtype=torch.long)
        x[1:1 + len(ix)] = ix
        y[:len(ix)] = ix
        y[len(ix) + 1:] = -1
        return x, y


class RNN(nn.Module):
    def __init__(self, vocab_size, n_embd=20):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, n_embd)
        self.rnn = nn.GRU(n_embd, n_embd, batch_first=True)
        self.lm_head = nn.Linear(n_embd, vocab_size)

    def forward(self, idx, targets=None):
        logits = self.lm_head(self.rnn(self.wte(idx))[0])
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)  # ok: SG202, SG201, SG204
        return logits, loss


if __name__ == "__main__":
    ds = WordDataset(["emma", "olivia", "ava", "isabella"])
    model = RNN(ds.get_vocab_size())
    for x, y in DataLoader(ds, batch_size=2):
        _, loss = model(x, y)
        loss.backward()
    print(loss.item())
