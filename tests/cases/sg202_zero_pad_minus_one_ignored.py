import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class GPTLike(nn.Module):
    def __init__(self, vocab_size, d=16):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, d)
        self.h = nn.GRU(d, d, batch_first=True)
        self.lm_head = nn.Linear(d, vocab_size, bias=False)

    def forward(self, idx, targets=None):
        logits = self.lm_head(self.h(self.wte(idx))[0])
        loss = None
        if targets is not None:
            loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)  # SG202
        return logits, loss


def batch(stories):
    x = pad_sequence([torch.tensor(s[:-1]) for s in stories], batch_first=True, padding_value=0)
    y = pad_sequence([torch.tensor(s[1:]) for s in stories], batch_first=True, padding_value=0)
    return x, y


if __name__ == "__main__":
    stories = [[1, 5, 6, 7, 2], [1, 8, 2], [1, 9, 9, 9, 4, 4, 2]]
    model = GPTLike(12)
    x, y = batch(stories)
    _, loss = model(x, y)
    loss.backward()
    print(loss.item())
