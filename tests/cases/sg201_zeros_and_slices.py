import numpy as np
import torch
from torch import nn


def make_arrays(sequences, tags):
    longest = max(len(s) for s in sequences)
    X = np.zeros((len(sequences), longest), dtype=np.int64)
    Y = np.zeros((len(sequences), longest), dtype=np.int64)
    for row, (seq, tag) in enumerate(zip(sequences, tags)):
        X[row, :len(seq)] = seq
        Y[row, :len(tag)] = tag
    return X, Y


class POS(nn.Module):
    def __init__(self, words, tagset):
        super().__init__()
        self.tagset = tagset
        self.embed = nn.Embedding(words, 12)
        self.rnn = nn.LSTM(12, 12, batch_first=True, bidirectional=True)
        self.top = nn.Linear(24, tagset)

    def forward(self, x):
        return self.top(self.rnn(self.embed(x))[0])


if __name__ == "__main__":
    sequences = [[1, 2, 3, 4], [5, 6], [7, 8, 9]]
    tags = [[1, 2, 3, 2], [1, 3], [2, 2, 1]]
    X, Y = make_arrays(sequences, tags)
    net = POS(10, 4)
    scores = net(torch.from_numpy(X))
    criterion = nn.CrossEntropyLoss()
    loss = criterion(scores.view(-1, net.tagset), torch.from_numpy(Y).view(-1))  # SG201
    loss.backward()
    print(loss.item())
