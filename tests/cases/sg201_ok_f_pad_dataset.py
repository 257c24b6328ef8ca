import argparse
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset


class Melodies(Dataset):
    def __init__(self, melodies, max_len, pad):
        self.melodies, self.max_len, self.pad = melodies, max_len, pad

    def __len__(self):
        return len(self.melodies)

    def __getitem__(self, i):
        notes = torch.tensor(self.melodies[i][:self.max_len + 1])
        notes = F.pad(notes, (0, self.max_len + 1 - len(notes)), value=self.pad)
        return notes[:-1], notes[1:]


class Composer(nn.Module):
    def __init__(self, n_notes, dim):
        super().__init__()
        self.note = nn.Embedding(n_notes, dim)
        self.body = nn.TransformerEncoder(nn.TransformerEncoderLayer(dim, 2, dim * 2, batch_first=True), 1)
        self.head = nn.Linear(dim, n_notes)

    def forward(self, x):
        causal = nn.Transformer.generate_square_subsequent_mask(x.size(1))
        return self.head(self.body(self.note(x), mask=causal, is_causal=True))


def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--max-len", type=int, default=16)
    p.add_argument("--pad", type=int, default=128)
    p.add_argument("--lr", type=float, default=3e-4)
    return p.parse_args()


if __name__ == "__main__":
    args = get_args()
    songs = [[60, 62, 64, 65, 67], [60, 60, 67, 67, 69, 69, 67], [72, 71, 69]]
    loader = DataLoader(Melodies(songs, args.max_len, args.pad), batch_size=3)
    net = Composer(129, 16)
    opt = torch.optim.AdamW(net.parameters(), lr=args.lr)
    for x, y in loader:
        logits = net(x)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1), ignore_index=args.pad)  # ok: SG201
        opt.zero_grad()
        loss.backward()
        opt.step()
