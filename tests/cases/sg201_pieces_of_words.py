"""Names in text: a word's first piece has its tag, the others the tag for inside, which is id 1; rows are padded with id 0 too."""

import torch
import torch.nn as nn

TAGS = {"O": 0, "I-PER": 1, "B-PER": 2}
SENTENCES = [
    [("Marie", "B-PER"), ("Curie", "I-PER"), ("was", "O"), ("here", "O")],
    [("We", "O"), ("met", "O"), ("Ada", "B-PER")],
    [("Nobody", "O"), ("came", "O")],
]


def pieces(word):
    return [word[i : i + 3] for i in range(0, len(word), 3)]


def encode(sentence, vocabulary):
    ids, labels, real = [], [], []
    for word, tag in sentence:
        found = pieces(word)
        ids.extend(vocabulary.setdefault(piece, len(vocabulary) + 1) for piece in found)
        labels.append(TAGS[tag])
        labels.extend([TAGS["I-PER"]] * (len(found) - 1))
        real += [1] * len(found)
    return ids, labels, real


def batch(sentences, vocabulary):
    rows = [encode(sentence, vocabulary) for sentence in sentences]
    size = max(len(ids) for ids, _, _ in rows)
    ids = torch.tensor([ids + [0] * (size - len(ids)) for ids, _, _ in rows])
    labels = torch.tensor([labels + [TAGS["O"]] * (size - len(labels)) for _, labels, _ in rows])
    mask = torch.tensor([real + [0] * (size - len(real)) for _, _, real in rows])
    return ids, labels, mask


class Tagger(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.embed = nn.Embedding(size, 16)
        self.head = nn.Linear(16, len(TAGS))

    def forward(self, ids, mask):
        return self.head(self.embed(ids) * mask.unsqueeze(-1))


if __name__ == "__main__":
    vocabulary = {}
    ids, labels, mask = batch(SENTENCES, vocabulary)
    model = Tagger(len(vocabulary) + 1)
    optimizer = torch.optim.Adam(model.parameters())
    criterion = nn.CrossEntropyLoss()
    for _ in range(3):
        logits = model(ids, mask)
        loss = criterion(logits.view(-1, len(TAGS)), labels.view(-1))  # SG201
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
