"""Fused and vocabulary-parallel losses of libraries: with and without the id that pads the targets."""
import torch
from cut_cross_entropy import linear_cross_entropy
from flash_attn.losses.cross_entropy import CrossEntropyLoss
from liger_kernel.transformers import LigerCrossEntropyLoss, LigerFusedLinearCrossEntropyLoss
from liger_kernel.transformers.functional import liger_cross_entropy
from megatron.core import tensor_parallel
from torch import nn
from torch.nn.utils.rnn import pad_sequence

VOCAB, PAD = 14, 0


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(VOCAB, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, VOCAB)

    def hidden(self, ids):
        return self.rnn(self.emb(ids))[0]

    def forward(self, ids):
        return self.out(self.hidden(ids))


def batch():
    return pad_sequence([torch.randint(1, VOCAB, (n,)) for n in (5, 3, 8)], batch_first=True)


def main():
    model, ids = LM(), batch()
    x, y = ids[:, :-1], ids[:, 1:]
    logits, gold = model(x).flatten(0, 1), y.flatten()
    a = LigerCrossEntropyLoss()(logits, gold)  # SG201
    a2 = LigerCrossEntropyLoss(ignore_index=PAD)(logits, gold)  # ok: SG201
    b = CrossEntropyLoss()(logits, gold)  # SG201
    b2 = CrossEntropyLoss(ignore_index=PAD)(logits, gold)  # ok: SG201
    d = linear_cross_entropy(model.hidden(x), model.out.weight, y)  # SG201
    d2 = linear_cross_entropy(model.hidden(ids), model.out.weight, ids, shift=1, ignore_index=PAD)  # ok: SG201
    e = LigerFusedLinearCrossEntropyLoss()(model.out.weight, model.hidden(x).flatten(0, 1), gold)  # SG201
    e2 = LigerFusedLinearCrossEntropyLoss(ignore_index=PAD)(model.out.weight, model.hidden(x).flatten(0, 1), gold)  # ok: SG201
    f = tensor_parallel.vocab_parallel_cross_entropy(model(x), y)  # SG301
    g = (f * (y != PAD)).mean()
    h = (tensor_parallel.vocab_parallel_cross_entropy(model(x), y) * (y != PAD)).sum() / (y != PAD).sum()  # ok: SG301
    j = liger_cross_entropy(logits, gold)  # SG201
    loss = a + a2 + b + b2 + d + d2 + e + e2 + g + h + j
    loss.backward()


if __name__ == "__main__":
    main()
