import torch
import torch.nn as nn
import torch.nn.functional as F


class DualEncoder(nn.Module):
    def __init__(self, vocab=60, pixels=48, dim=16):
        super().__init__()
        self.text = nn.EmbeddingBag(vocab, dim)
        self.image = nn.Linear(pixels, dim)
        self.logit_scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, images, texts):
        i = F.normalize(self.image(images), dim=-1)
        t = F.normalize(self.text(texts), dim=-1)
        logits_per_image = self.logit_scale.exp() * i @ t.t()
        return logits_per_image, logits_per_image.t()


def info_nce(z1, z2, tau=0.1):
    n = z1.size(0)
    z = F.normalize(torch.cat([z1, z2]), dim=1)
    sim = z @ z.t() / tau
    sim = sim.masked_fill(torch.eye(2 * n, dtype=torch.bool), float("-inf"))
    labels = torch.cat([torch.arange(n, 2 * n), torch.arange(n)])
    return F.cross_entropy(sim, labels)  # ok: SG101, SG207


class MoCo(nn.Module):
    def __init__(self, dim=8, K=32, T=0.07):
        super().__init__()
        self.q = nn.Linear(12, dim)
        self.k = nn.Linear(12, dim)
        self.T = T
        self.register_buffer("queue", F.normalize(torch.randn(dim, K), dim=0))

    def forward(self, a, b):
        q = F.normalize(self.q(a), dim=1)
        with torch.no_grad():
            k = F.normalize(self.k(b), dim=1)
        l_pos = torch.einsum("nc,nc->n", [q, k]).unsqueeze(-1)
        l_neg = torch.einsum("nc,ck->nk", [q, self.queue.clone().detach()])
        logits = torch.cat([l_pos, l_neg], dim=1) / self.T
        labels = torch.zeros(logits.shape[0], dtype=torch.long)
        return nn.functional.cross_entropy(logits, labels)  # ok: SG101, SG201, SG204


if __name__ == "__main__":
    per_image, per_text = DualEncoder()(torch.randn(7, 48), torch.randint(0, 60, (7, 10)))
    gt = torch.arange(7)
    ce = nn.CrossEntropyLoss()
    loss = (ce(per_image, gt) + ce(per_text, gt)) / 2  # ok: SG101, SG105
    loss = loss + info_nce(torch.randn(5, 8), torch.randn(5, 8)) + MoCo()(torch.randn(4, 12), torch.randn(4, 12))
    loss.backward()
