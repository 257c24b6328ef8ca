"""One row at a time, step by step: the loop is left where the padding begins, so none of it is scored."""
import torch
import torch.nn as nn
import torch.nn.functional as F

PAD, EOS = 0, 2


def padded(row, width):
    return torch.tensor(row + [EOS] + [PAD] * (width - len(row) - 1))


class Speller(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.cell = nn.GRUCell(16, 16)
        self.head = nn.Linear(16, vocab)
        self.criterion = nn.CrossEntropyLoss()

    def looked_ahead(self, word, state):
        loss = 0
        for t in range(word.size(0) - 2):
            state = self.cell(self.embed(word[t]).unsqueeze(0), state)
            loss = loss + self.criterion(self.head(state), word[t + 1].unsqueeze(0))
            if word[t + 2] == PAD:
                break
        return loss

    def before_the_loss(self, word, state):
        loss = 0
        for t in range(word.size(0) - 1):
            if word[t + 1] == PAD:
                break
            state = self.cell(self.embed(word[t]).unsqueeze(0), state)
            loss = loss + F.cross_entropy(self.head(state), word[t + 1].view(1))
        return loss

    def as_number(self, word, state):
        total = 0
        for t in range(word.size(0) - 1):
            if word[t + 1].item() == PAD:
                break
            state = self.cell(self.embed(word[t]).unsqueeze(0), state)
            total += F.cross_entropy(self.head(state), word[t + 1].unsqueeze(0))
        return total


def train(words):
    model = Speller(30)
    optimizer = torch.optim.Adam(model.parameters())
    width = max(len(w) for w in words) + 2
    for row in words:
        word = padded(row, width)
        for step in (model.looked_ahead, model.before_the_loss, model.as_number):
            optimizer.zero_grad()
            step(word, torch.zeros(1, 16)).backward()
            optimizer.step()


if __name__ == "__main__":
    train([[5, 6, 7], [8, 9], [4]])
