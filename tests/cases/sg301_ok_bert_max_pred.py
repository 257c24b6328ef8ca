"""Masked LM with a fixed number of prediction slots; unused slots have weight 0."""
from random import randint, sample

import torch
import torch.nn as nn

MAX_PRED, SEQ, VOCAB, MASK = 5, 20, 60, 3


def make_instance():
    ids = [randint(4, VOCAB - 1) for _ in range(SEQ)]
    n_pred = randint(1, MAX_PRED)
    pos = sample(range(SEQ), n_pred)
    masked_ids = [ids[p] for p in pos]
    for p in pos:
        ids[p] = MASK
    masked_weights = [1] * n_pred
    n_pad = MAX_PRED - n_pred
    masked_ids.extend([0] * n_pad)
    pos.extend([0] * n_pad)
    masked_weights.extend([0] * n_pad)
    return ids, masked_ids, pos, masked_weights


class MLM(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, d)
        self.enc = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)
        self.dec = nn.Linear(d, VOCAB)

    def forward(self, ids, pos):
        h = self.enc(self.emb(ids))
        h = torch.gather(h, 1, pos[:, :, None].expand(-1, -1, h.size(-1)))
        return self.dec(h)


if __name__ == "__main__":
    batch = [torch.tensor(t) for t in zip(*[make_instance() for _ in range(6)])]
    input_ids, masked_ids, masked_pos, masked_weights = batch
    model = MLM()
    criterion1 = nn.CrossEntropyLoss(reduction="none")
    logits_lm = model(input_ids, masked_pos)
    loss_lm = criterion1(logits_lm.transpose(1, 2), masked_ids)  # ok: SG301
    loss_lm = (loss_lm * masked_weights.float()).sum() / masked_weights.sum()
    loss_lm.backward()
