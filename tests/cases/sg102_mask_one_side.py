import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence


class NER(nn.Module):
    def __init__(self, vocab=100, tags=9):
        super().__init__()
        self.embedding = nn.Embedding(vocab, 32, padding_idx=0)
        self.encoder = nn.LSTM(32, 16, bidirectional=True, batch_first=True)
        self.classifier = nn.Linear(32, tags)

    def forward(self, tokens):
        hidden, _ = self.encoder(self.embedding(tokens))
        return self.classifier(hidden)


def training_step(model, batch, criterion):
    tokens, labels = batch
    mask = tokens != 0
    logits = model(tokens)
    active_logits = logits[mask]
    return criterion(active_logits, labels.view(-1))  # SG102


def make_batch():
    seqs = [torch.randint(1, 100, (n,)) for n in (4, 7, 2)]
    tags = [torch.randint(0, 9, (len(s),)) for s in seqs]
    return pad_sequence(seqs, batch_first=True), pad_sequence(tags, batch_first=True, padding_value=-100)


if __name__ == "__main__":
    net = NER()
    loss = training_step(net, make_batch(), nn.CrossEntropyLoss())
    loss.backward()
