"""Training script with autocast, a scaler, tqdm-like progress and checkpoints."""
import argparse
import os
import time

import torch
from torch.nn import CrossEntropyLoss, Embedding, GRU, Linear, Module
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, RandomSampler


class Corpus(Dataset):
    def __init__(self, lines, stoi):
        self.samples = [torch.tensor([stoi["<s>"], *(stoi[c] for c in line), stoi["</s>"]]) for line in lines]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, i):
        return self.samples[i]


class Net(Module):
    def __init__(self, n, d=24):
        super().__init__()
        self.emb, self.rnn, self.out = Embedding(n, d, padding_idx=0), GRU(d, d, batch_first=True), Linear(d, n)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])


def save(model, path):
    if path:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        torch.save(model.state_dict(), path)


def train(args):
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    lines = ["hello there", "hi", "good morning to you"]
    stoi = {"<pad>": 0, "<s>": 1, "</s>": 2}
    for ch in sorted(set("".join(lines))):
        stoi[ch] = len(stoi)
    data = Corpus(lines, stoi)
    loader = DataLoader(data, sampler=RandomSampler(data), batch_size=args.batch_size,
                        collate_fn=lambda b: pad_sequence(b, batch_first=True, padding_value=stoi["<pad>"]))
    model = Net(len(stoi)).to(device)
    criterion = CrossEntropyLoss(ignore_index=stoi["<pad>"]).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    for epoch in range(args.epochs):
        begin = time.time()
        for step, ids in enumerate(loader):
            ids = ids.to(device, non_blocking=True)
            with torch.autocast(device_type=device.type, enabled=device.type == "cuda"):
                logits = model(ids[:, :-1])
                loss = criterion(logits.reshape(-1, logits.size(-1)), ids[:, 1:].reshape(-1))  # ok: SG201
            scaler.scale(loss).backward()
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
        print(f"epoch {epoch} loss {loss.item():.3f} {time.time() - begin:.1f}s")
    save(model, args.out)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--batch-size", type=int, default=3)
    p.add_argument("--epochs", type=int, default=2)
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--out", default="")
    train(p.parse_args())
