import torch
from torch import nn


class Seq2SeqTrainer:
    def __init__(self, vocab, pad=0):
        self.pad = pad
        self.emb = nn.Embedding(vocab, 12)
        self.rnn = nn.GRU(12, 12, batch_first=True)
        self.head = nn.Linear(12, vocab)
        self.ce = nn.CrossEntropyLoss(reduction="mean")

    def collate(self, seqs):
        n = max(len(s) for s in seqs)
        return torch.tensor([s + [self.pad] * (n - len(s)) for s in seqs])

    def raw_loss(self, ids):
        logits = self.head(self.rnn(self.emb(ids[:, :-1]))[0])
        return self.ce(logits.flatten(0, 1), ids[:, 1:].flatten())  # SG206

    def loss(self, seqs):
        ids = self.collate(seqs)
        not_pad = (ids[:, 1:] != self.pad).to(torch.float32)
        masked = self.raw_loss(ids) * not_pad
        return masked.sum() / not_pad.sum()


if __name__ == "__main__":
    t = Seq2SeqTrainer(20)
    t.loss([[1, 5, 2], [1, 6, 7, 8, 2]]).backward()
