import torch
from torch import nn


class JointModel(nn.Module):
    """Word and sentence level emotions with one criterion for both."""

    def __init__(self, vocab=40, emotions=5, d=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, d, padding_idx=0)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.word, self.sent = nn.Linear(d, emotions + 1), nn.Linear(d, emotions)
        self.ce = nn.CrossEntropyLoss(ignore_index=0)

    def forward(self, x, word_labels, sent_labels):
        h, last = self.rnn(self.emb(x))
        word_loss = self.ce(self.word(h).transpose(1, 2), word_labels)  # ok: SG204, SG201, SG202
        sent_loss = self.ce(self.sent(last[-1]), sent_labels)  # SG204
        return word_loss + sent_loss


def pad(rows):
    n = max(len(r) for r in rows)
    return torch.tensor([r + [0] * (n - len(r)) for r in rows])


if __name__ == "__main__":
    x = pad([[4, 5, 6], [7, 8], [9, 10, 11, 12]])
    words = pad([[1, 5, 2], [3, 3], [4, 1, 1, 2]])  # 1..5, 0 is padding
    sents = torch.tensor([0, 3, 4])  # 0..4
    JointModel()(x, words, sents).backward()
