"""A BiLSTM part of speech tagger; the loss is computed by the model itself."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

TAG_PAD = -100


class Tagger(nn.Module):
    def __init__(self, n_words, n_tags, dim=24):
        super().__init__()
        self.emb = nn.Embedding(n_words, dim, padding_idx=0)
        self.rnn = nn.GRU(dim, dim, bidirectional=True, batch_first=True)
        self.drop = nn.Dropout(0.1)
        self.out = nn.Linear(2 * dim, n_tags)

    def forward(self, words, tags=None):
        h, _ = self.rnn(self.emb(words))
        scores = self.out(self.drop(h))
        if tags is None:
            return scores
        return scores, F.cross_entropy(scores, tags, ignore_index=TAG_PAD)  # SG101


sentences = [([4, 8, 15], [0, 1, 2]), ([16, 23, 4, 2, 9], [1, 1, 0, 2, 3])]


def batch_of(pairs):
    words = pad_sequence([torch.tensor(w) for w, _ in pairs], batch_first=True)
    tags = pad_sequence([torch.tensor(t) for _, t in pairs], batch_first=True, padding_value=TAG_PAD)
    return words, tags


if __name__ == "__main__":
    torch.manual_seed(1)
    net = Tagger(30, 4)
    w, t = batch_of(sentences)
    _, loss = net(w, t)
    loss.backward()
    print("loss", float(loss))
