import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Decoder(nn.Module):
    def __init__(self, n=28, d=12):
        super().__init__()
        self.emb = nn.Embedding(n, d)
        self.rnn = nn.LSTM(d, d, batch_first=True)
        self.out = nn.Linear(d, n)
        self.criterion = nn.CrossEntropyLoss(reduction="none")

    def forward(self, inp, target, lengths):
        scores = self.out(self.rnn(self.emb(inp))[0])
        loss = self.criterion(scores.transpose(1, 2), target)  # ok: SG209
        steps = torch.arange(target.size(1), device=target.device)
        mask = (steps.unsqueeze(0) < lengths.unsqueeze(1)).float()
        return (loss * mask).sum() / mask.sum()


if __name__ == "__main__":
    seqs = [torch.randint(1, 28, (n,)) for n in (6, 4, 9)]
    inp = pad_sequence([s[:-1] for s in seqs], batch_first=True)
    target = pad_sequence([s[1:] for s in seqs], batch_first=True)
    lengths = torch.tensor([len(s) - 1 for s in seqs])
    Decoder()(inp, target, lengths).backward()
