import random

import torch
from torch import nn
import torch.nn.functional as F

PAD, CLS, SEP, MASK = range(4)
V, L = 40, 18


def instance():
    n = random.randint(5, L - 2)
    ids = [CLS] + [random.randint(4, V - 1) for _ in range(n)] + [SEP]
    labels = [-1] * len(ids)
    for i in random.sample(range(1, n + 1), max(1, n // 6)):
        labels[i] = ids[i]
        ids[i] = MASK
    ids += [PAD] * (L - len(ids))
    labels += [-1] * (L - len(labels))
    return ids, labels, random.randint(0, 1)


class Bert(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.tok, self.pos = nn.Embedding(V, d, padding_idx=PAD), nn.Embedding(L, d)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 32, batch_first=True), 1)
        self.mlm, self.nsp = nn.Linear(d, V), nn.Linear(d, 2)

    def forward(self, ids):
        h = self.tok(ids) + self.pos(torch.arange(ids.size(1)))
        h = self.enc(h, src_key_padding_mask=ids == PAD)
        return self.mlm(h), self.nsp(h[:, 0])


def pretraining_loss(model, ids, labels, is_next):
    prediction_scores, seq_relationship_score = model(ids)
    loss_fct = nn.CrossEntropyLoss(ignore_index=-1)
    masked_lm_loss = loss_fct(prediction_scores.view(-1, V), labels.view(-1))  # ok: SG201, SG202, SG501
    next_sentence_loss = loss_fct(seq_relationship_score.view(-1, 2), is_next.view(-1))  # ok: SG204
    return masked_lm_loss + next_sentence_loss


def gathered(model, ids, labels):
    """only the hidden tokens go through the big layer"""
    chosen = labels != -1
    scores, _ = model(ids)
    return F.cross_entropy(scores[chosen], labels[chosen])  # ok: SG201, SG102, SG209


if __name__ == "__main__":
    ids, labels, nxt = (torch.tensor(t) for t in zip(*[instance() for _ in range(4)]))
    net = Bert()
    (pretraining_loss(net, ids, labels, nxt) + gathered(net, ids, labels)).backward()
