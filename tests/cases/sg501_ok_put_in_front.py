"""What is put in front of the fed tokens moves them by one, also where the sizes of what is joined are not known."""

import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset


class Captions(Dataset):
    def __init__(self, rows, table):
        self.rows, self.table = rows, table

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        image, text = self.rows[i]
        ids = [self.table["<SOS>"]]
        ids += [self.table[word] for word in text.split()]
        ids.append(self.table["<EOS>"])
        return image, torch.tensor(ids)


class Collate:
    def __init__(self, pad):
        self.pad = pad

    def __call__(self, batch):
        images = torch.cat([image.unsqueeze(0) for image, _ in batch], dim=0)
        return images, pad_sequence([ids for _, ids in batch], batch_first=False, padding_value=self.pad)


class Decoder(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embed = nn.Embedding(vocab, 256)
        self.lstm = nn.LSTM(256, 256)
        self.out = nn.Linear(256, vocab)

    def forward(self, features, captions):
        words = self.embed(captions)
        hidden, _ = self.lstm(torch.cat((features.unsqueeze(0), words), dim=0))
        return self.out(hidden)


class Joined(Decoder):
    def forward(self, features, captions):
        hidden, _ = self.lstm(torch.cat([features, self.embed(captions)]))
        return self.out(hidden)


class Named(Decoder):
    def __init__(self, vocab, along):
        super().__init__(vocab)
        self.along = along

    def forward(self, features, captions):
        hidden, _ = self.lstm(torch.concat((features, self.embed(captions)), self.along))
        return self.out(hidden)


class Stacked(Decoder):
    def forward(self, features, captions):
        hidden, _ = self.lstm(torch.vstack((features.unsqueeze(0), self.embed(captions))))
        return self.out(hidden)


class Many(Decoder):
    def forward(self, features, captions):
        hidden, _ = self.lstm(torch.cat([*features, self.embed(captions)], 0))
        return self.out(hidden)


def train(rows, table, encoder, along):
    loader = DataLoader(Captions(rows, table), batch_size=8, collate_fn=Collate(table["<PAD>"]))
    criterion = nn.CrossEntropyLoss(ignore_index=table["<PAD>"])
    first, second, third = Decoder(len(table)), Joined(len(table)), Named(len(table), along)
    fourth, fifth = Stacked(len(table)), Many(len(table))
    for images, captions in loader:
        features = encoder(images)
        for decoder in (first, second, third, fourth, fifth):
            logits = decoder(features, captions[:-1])
            loss = criterion(logits.reshape(-1, logits.shape[2]), captions.reshape(-1))
            loss.backward()
