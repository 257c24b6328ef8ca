"""Translation: the special tokens stand before words that a file gives."""
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

SPECIALS = ["<unk>", "<s>", "</s>", "<pad>"]


class Words:
    def __init__(self, sentences, smallest=2):
        counts = Counter(word for sentence in sentences for word in sentence.split())
        self.itos = SPECIALS + sorted(word for word, n in counts.items() if n >= smallest)
        self.stoi = {word: i for i, word in enumerate(self.itos)}

    def __len__(self):
        return len(self.itos)

    @property
    def pad_id(self):
        return self.stoi["<pad>"]

    def ids(self, sentence):
        found = [self.stoi.get(word, self.stoi["<unk>"]) for word in sentence.split()]
        return torch.tensor([self.stoi["<s>"], *found, self.stoi["</s>"]])


class Translator(nn.Module):
    def __init__(self, sources, targets, width=64):
        super().__init__()
        self.source, self.target = nn.Embedding(sources, width), nn.Embedding(targets, width)
        self.body = nn.Transformer(width, nhead=4, batch_first=True)
        self.head = nn.Linear(width, targets)

    def forward(self, source, target):
        causal = nn.Transformer.generate_square_subsequent_mask(target.size(1))
        return self.head(self.body(self.source(source), self.target(target), tgt_mask=causal))


def read(path):
    with open(path) as lines:
        return [line.rstrip("\n") for line in lines]


def train(german, english, epochs=3, size=16):
    de, en = read(german), read(english)
    source_words, target_words = Words(de), Words(en)
    model = Translator(len(source_words), len(target_words))
    criterion = nn.CrossEntropyLoss(ignore_index=target_words.pad_id)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    for _ in range(epochs):
        for start in range(0, len(en), size):
            source = pad_sequence([source_words.ids(s) for s in de[start : start + size]], True, source_words.pad_id)
            target = pad_sequence([target_words.ids(s) for s in en[start : start + size]], True, 3)
            logits = model(source, target[:, :-1])
            loss = criterion(logits.reshape(-1, logits.size(-1)), target[:, 1:].reshape(-1))  # ok: SG202
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


if __name__ == "__main__":
    train("train.de", "train.en")
