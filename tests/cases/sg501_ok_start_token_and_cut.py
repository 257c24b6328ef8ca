# discrete codes of an image, generated row by row
import torch
import torch.nn.functional as F
from torch import nn


class CodeTransformer(nn.Module):
    def __init__(self, codes=48, seq=16, dim=24):
        super().__init__()
        self.sos = codes
        self.tok = nn.Embedding(codes + 1, dim)
        self.pos = nn.Parameter(torch.zeros(1, seq, dim))
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(dim, 4, 48, batch_first=True), 1)
        self.head = nn.Linear(dim, codes)

    def forward(self, idx):
        sos = torch.full((idx.size(0), 1), self.sos, device=idx.device)
        x = torch.cat([sos, idx[:, :-1]], dim=1)
        h = self.tok(x) + self.pos[:, :x.size(1)]
        h = self.enc(h, mask=nn.Transformer.generate_square_subsequent_mask(x.size(1)))
        return self.head(h)


def loss_of(model, codes):
    logits = model(codes)
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), codes.reshape(-1))  # ok: SG501


if __name__ == "__main__":
    net = CodeTransformer()
    loss_of(net, torch.randint(0, 48, (4, 16))).backward()
