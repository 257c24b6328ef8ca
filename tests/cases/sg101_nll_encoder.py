import math
import torch
import torch.nn.functional as F
from torch import nn, optim


class PositionalEncoding(nn.Module):
    def __init__(self, d_model, max_len=64):
        super().__init__()
        pe = torch.zeros(max_len, d_model)
        pos = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
        div = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
        pe[:, 0::2] = torch.sin(pos * div)
        pe[:, 1::2] = torch.cos(pos * div)
        self.register_buffer("pe", pe.unsqueeze(0))

    def forward(self, x):
        return x + self.pe[:, :x.size(1)]


class FrameClassifier(nn.Module):
    """phone class for every acoustic frame"""

    def __init__(self, n_mels=20, d_model=32, n_phones=39):
        super().__init__()
        self.proj = nn.Linear(n_mels, d_model)
        self.pos = PositionalEncoding(d_model)
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(d_model, 4, 64, batch_first=True), 2)
        self.cls = nn.Linear(d_model, n_phones)

    def forward(self, mel):
        h = self.encoder(self.pos(self.proj(mel)))
        return F.log_softmax(self.cls(h), dim=-1)


def run_epoch(model, batches, optimizer):
    total = 0.0
    for mel, phones in batches:
        logp = model(mel)
        loss = F.nll_loss(logp, phones)  # SG101
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


if __name__ == "__main__":
    batches = [(torch.randn(3, 25, 20), torch.randint(0, 39, (3, 25))) for _ in range(2)]
    net = FrameClassifier()
    print(run_epoch(net, batches, optim.SGD(net.parameters(), lr=0.1)))
