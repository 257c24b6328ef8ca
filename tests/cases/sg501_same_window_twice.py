import torch
import torch.nn as nn
from torch.nn import functional as F

block_size, batch_size, n_embd = 16, 8, 24
text = "it was the best of times, it was the worst of times, " * 6
chars = sorted(set(text))
encode = {c: i for i, c in enumerate(chars)}
data = torch.tensor([encode[c] for c in text])
n = int(0.9 * len(data))
train_data, val_data = data[:n], data[n:]


def get_batch(split):
    source = train_data if split == "train" else val_data
    ix = torch.randint(len(source) - block_size, (batch_size,))
    x = torch.stack([source[i:i + block_size] for i in ix])
    y = torch.stack([source[i:i + block_size] for i in ix])
    return x, y


class RNNLanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(len(chars), n_embd)
        self.rnn = nn.RNN(n_embd, n_embd, batch_first=True)
        self.lm_head = nn.Linear(n_embd, len(chars))

    def forward(self, idx, targets=None):
        x, _ = self.rnn(self.table(idx))
        logits = self.lm_head(x)
        if targets is None:
            return logits, None
        B, T, C = logits.shape
        loss = F.cross_entropy(logits.view(B * T, C), targets.view(B * T))  # SG501
        return logits, loss


if __name__ == "__main__":
    m = RNNLanguageModel()
    opt = torch.optim.AdamW(m.parameters(), lr=1e-2)
    for step in range(5):
        xb, yb = get_batch("train")
        _, loss = m(xb, yb)
        opt.zero_grad(set_to_none=True)
        loss.backward()
        opt.step()
    print(loss.item())
