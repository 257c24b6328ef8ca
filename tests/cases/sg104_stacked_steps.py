import torch
import torch.nn as nn
import torch.nn.functional as F

START = 1


class CaptionDecoder(nn.Module):
    def __init__(self, vocab_size, feat_dim=20, hidden=32):
        super().__init__()
        self.init_h = nn.Linear(feat_dim, hidden)
        self.embed = nn.Embedding(vocab_size, hidden)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.out = nn.Linear(hidden, vocab_size)

    def forward(self, feats, captions):
        h = torch.tanh(self.init_h(feats))
        c = torch.zeros_like(h)
        outputs = []
        for t in range(captions.size(1) - 1):
            h, c = self.cell(self.embed(captions[:, t]), (h, c))
            outputs.append(self.out(h))
        return torch.stack(outputs)


def main():
    vocab_size, n = 37, 5
    model = CaptionDecoder(vocab_size)
    feats = torch.randn(n, 20)
    captions = torch.randint(2, vocab_size, (n, 9))
    captions[:, 0] = START
    preds = model(feats, captions)
    loss = F.cross_entropy(preds.reshape(-1, vocab_size), captions[:, 1:].reshape(-1))  # SG104
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
