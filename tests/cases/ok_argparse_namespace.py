import argparse
from types import SimpleNamespace

import torch
import torch.nn as nn


def parse():
    p = argparse.ArgumentParser(description="recurrent language model")
    p.add_argument("--nhid", type=int, default=20)
    p.add_argument("--pad_idx", type=int, default=0)
    p.add_argument("--loss", choices=["ce", "nll"], default="ce")
    p.add_argument("--clip", type=float, default=0.25)
    return p.parse_args()


def prepare(args):
    rows = [[1, 5, 6, 7, 2], [1, 8, 2], [1, 9, 10, 2]]
    n = max(len(r) for r in rows)
    ids = torch.tensor([r + [args.pad_idx] * (n - len(r)) for r in rows])
    return SimpleNamespace(x=ids[:, :-1], y=ids[:, 1:], vocab=11)


class RNNModel(nn.Module):
    def __init__(self, ntoken, nhid, log):
        super().__init__()
        self.log = log
        self.encoder = nn.Embedding(ntoken, nhid)
        self.rnn = nn.GRU(nhid, nhid, batch_first=True)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, x):
        out = self.decoder(self.rnn(self.encoder(x))[0])
        return torch.log_softmax(out, dim=-1) if self.log else out


def main():
    args = parse()
    batch = prepare(args)
    model = RNNModel(batch.vocab, args.nhid, log=args.loss == "nll")
    if args.loss == "nll":
        criterion = nn.NLLLoss(ignore_index=args.pad_idx)
    else:
        criterion = nn.CrossEntropyLoss(ignore_index=args.pad_idx)
    out = model(batch.x)
    loss = criterion(out.reshape(-1, batch.vocab), batch.y.reshape(-1))  # ok: SG201, SG202, SG402, SG501
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), args.clip)
    print(loss.item())


if __name__ == "__main__":
    main()
