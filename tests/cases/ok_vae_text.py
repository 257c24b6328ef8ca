"""Sentence VAE: word dropout on the decoder input, the target is untouched."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

PAD, UNK, SOS, EOS = 0, 1, 2, 3


class SentenceVAE(nn.Module):
    def __init__(self, vocab=40, d=16, z=8, word_dropout=0.4):
        super().__init__()
        self.embedding = nn.Embedding(vocab, d, padding_idx=PAD)
        self.encoder, self.decoder = nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.mu, self.logv, self.z2h = nn.Linear(d, z), nn.Linear(d, z), nn.Linear(z, d)
        self.out = nn.Linear(d, vocab)
        self.word_dropout = word_dropout

    def forward(self, inp):
        _, h = self.encoder(self.embedding(inp))
        mu, logv = self.mu(h[-1]), self.logv(h[-1])
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logv)
        prob = torch.rand(inp.size())
        prob[(inp == SOS) | (inp == PAD)] = 1
        dropped = inp.clone()
        dropped[prob < self.word_dropout] = UNK
        out, _ = self.decoder(self.embedding(dropped), self.z2h(z).unsqueeze(0))
        return F.log_softmax(self.out(out), dim=-1), mu, logv


NLL = nn.NLLLoss(ignore_index=PAD, reduction="sum")


def loss_fn(logp, target, mu, logv):
    nll = NLL(logp.flatten(0, 1), target.flatten())  # ok: SG201, SG202, SG301, SG402, SG501
    kl = -0.5 * torch.sum(1 + logv - mu.pow(2) - logv.exp())
    return nll, kl


if __name__ == "__main__":
    sents = [torch.randint(4, 40, (n,)) for n in (6, 3, 8)]
    inp = pad_sequence([torch.cat([torch.tensor([SOS]), s]) for s in sents], batch_first=True)
    target = pad_sequence([torch.cat([s, torch.tensor([EOS])]) for s in sents], batch_first=True)
    nll, kl = loss_fn(*[(o := SentenceVAE()(inp))[0], target, o[1], o[2]])
    ((nll + 0.1 * kl) / (target != PAD).sum()).backward()
