"""What is put beside each fed token, along the features, moves none of them."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence


class Decoder(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embed = nn.Embedding(vocab, 256)
        self.lstm = nn.LSTM(512, 256, batch_first=True)
        self.out = nn.Linear(256, vocab)

    def forward(self, context, captions):
        hidden, _ = self.lstm(torch.cat((self.embed(captions), context), dim=-1))
        return self.out(hidden)


def train(rows, table, contexts):
    ids = pad_sequence([torch.tensor([table[word] for word in row]) for row in rows], batch_first=True, padding_value=table["<PAD>"])
    decoder = Decoder(len(table))
    criterion = nn.CrossEntropyLoss(ignore_index=table["<PAD>"])
    logits = decoder(contexts, ids)
    loss = criterion(logits.reshape(-1, logits.shape[-1]), ids.reshape(-1))  # SG501
    loss.backward()
