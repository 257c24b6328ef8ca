import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence, pad_sequence

TAGS = 4


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(40, 12)
        self.rnn = nn.GRU(12, 12)
        self.fc = nn.Linear(12, TAGS)

    def packed(self, seqs):
        p = pack_sequence(seqs, enforce_sorted=False)
        h, _ = self.rnn(nn.utils.rnn.PackedSequence(self.emb(p.data), p.batch_sizes, p.sorted_indices, p.unsorted_indices))
        return self.fc(h.data)

    def padded(self, x):
        return self.fc(self.rnn(self.emb(x))[0])


if __name__ == "__main__":
    words = [torch.randint(0, 40, (n,)) for n in (3, 6, 2)]
    tags = [torch.randint(0, TAGS, (len(w),)) for w in words]
    net, ce = Tagger(), nn.CrossEntropyLoss()
    loss = ce(net.packed(words), pack_sequence(tags, enforce_sorted=False).data)  # ok: SG106, SG102, SG104

    column = torch.randint(0, TAGS, (5, 2, 1))
    x = torch.randint(0, 40, (5, 2))
    scores = net.padded(x)
    loss = loss + ce(scores.view(-1, TAGS), column.view(-1))  # ok: SG106, SG102
    loss = loss + ce(scores.permute(0, 2, 1), column.squeeze(-1))  # ok: SG106, SG101
    hot = nn.functional.one_hot(column.squeeze(-1), TAGS)
    loss = loss + ce(scores.view(-1, TAGS), hot.argmax(-1).view(-1))  # ok: SG106
    loss.backward()
