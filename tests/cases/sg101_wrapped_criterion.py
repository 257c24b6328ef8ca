import torch
from torch import nn

CONTEXT = 6


class LMCriterion(nn.Module):
    """Cross entropy for language models."""

    def __init__(self, smoothing=0.0):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(label_smoothing=smoothing)

    def forward(self, prediction, target):
        return self.ce(prediction, target)  # SG101


class TinyGPT(nn.Module):
    def __init__(self, vocab, width):
        super().__init__()
        self.tok = nn.Embedding(vocab, width)
        self.pos = nn.Parameter(torch.zeros(1, CONTEXT, width))
        layer = nn.TransformerEncoderLayer(width, 2, 4 * width, batch_first=True)
        self.blocks = nn.TransformerEncoder(layer, 1)
        self.head = nn.Linear(width, vocab, bias=False)

    def forward(self, idx):
        t = idx.size(1)
        mask = nn.Transformer.generate_square_subsequent_mask(t)
        x = self.blocks(self.tok(idx) + self.pos[:, :t], mask=mask)
        return self.head(x)


def train(steps=2):
    net = TinyGPT(40, 16)
    loss_fn = LMCriterion(smoothing=0.1)
    opt = torch.optim.AdamW(net.parameters())
    stream = torch.randint(0, 40, (500,))
    for _ in range(steps):
        starts = torch.randint(0, stream.numel() - CONTEXT - 1, (8,)).tolist()
        xb = torch.stack([stream[s:s + CONTEXT] for s in starts])
        yb = torch.stack([stream[s + 1:s + 1 + CONTEXT] for s in starts])
        loss = loss_fn(net(xb), yb)
        loss.backward()
        opt.step()
        opt.zero_grad()


if __name__ == "__main__":
    train()
