# absorbing state diffusion on discrete tokens: the network must not be asked for the mask token itself
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB = 30
MASK = VOCAB


class Denoiser(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.tok = nn.Embedding(VOCAB + 1, d)
        self.net = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)
        self.head = nn.Linear(d, VOCAB)

    def forward(self, x):
        return self.head(self.net(self.tok(x)))


def corrupt(x, p):
    noise = torch.rand_like(x, dtype=torch.float) < p
    return torch.where(noise, torch.full_like(x, MASK), x)


if __name__ == "__main__":
    net = Denoiser()
    clean = torch.randint(0, VOCAB, (4, 20))
    noisy = corrupt(clean, 0.5)
    noisier = corrupt(noisy, 0.5)
    logits = net(noisier)
    loss = F.cross_entropy(logits.view(-1, VOCAB), noisy.view(-1))  # SG108
    loss.backward()
