"""The loop is left where the first row of a batch has its padding, or where the steps run out: the other rows are scored on theirs."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

PAD = 0


class Speller(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.cell = nn.GRUCell(16, 16)
        self.head = nn.Linear(16, vocab)

    def first_row(self, words, state):
        loss = 0
        for t in range(words.size(1) - 1):
            state = self.cell(self.embed(words[:, t]), state)
            loss = loss + F.cross_entropy(self.head(state), words[:, t + 1])  # SG201
            if words[0, t + 1] == PAD:
                break
        return loss

    def steps_only(self, words, state, most=20):
        loss = 0
        for t in range(words.size(1) - 1):
            state = self.cell(self.embed(words[:, t]), state)
            loss = loss + F.cross_entropy(self.head(state), words[:, t + 1])  # SG201
            if t == most:
                break
        return loss


def train(words):
    model = Speller(30)
    batch = pad_sequence([torch.tensor(w) for w in words], batch_first=True, padding_value=PAD)
    model.first_row(batch, torch.zeros(len(words), 16)).backward()
    model.steps_only(batch, torch.zeros(len(words), 16)).backward()


if __name__ == "__main__":
    train([[5, 6, 7], [8, 9], [4]])
