import torch
import torch.nn.functional as F
from torch import nn

PAD, SOS, EOS = 0, 1, 2


class Seq2Seq(nn.Module):
    def __init__(self, src_vocab, trg_vocab, d=32):
        super().__init__()
        self.src_emb = nn.Embedding(src_vocab, d, padding_idx=PAD)
        self.trg_emb = nn.Embedding(trg_vocab, d, padding_idx=PAD)
        self.encoder = nn.GRU(d, d, batch_first=True)
        self.decoder = nn.GRU(d, d, batch_first=True)
        self.out = nn.Linear(d, trg_vocab)

    def forward(self, src, trg):
        _, h = self.encoder(self.src_emb(src))
        o, _ = self.decoder(self.trg_emb(trg), h)
        return self.out(o)


def loss_of(model, src, trg):
    logits = model(src, trg)
    V = logits.size(-1)
    # drop <sos> from the reference
    gold = trg[:, 1:].contiguous().view(-1)
    return F.cross_entropy(logits.view(-1, V), gold, ignore_index=PAD)  # SG102


if __name__ == "__main__":
    src = torch.randint(3, 20, (2, 7))
    trg = torch.cat([torch.full((2, 1), SOS), torch.randint(3, 25, (2, 5)), torch.full((2, 1), EOS)], dim=1)
    net = Seq2Seq(20, 25)
    print(loss_of(net, src, trg))
