import torch
import torch.nn.functional as F
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocab=50, d=16):
        super().__init__()
        self.wte = nn.Embedding(vocab, d)
        self.block = nn.GRU(d, d, batch_first=True)
        self.lm_head = nn.Linear(d, vocab)

    def forward(self, idx):
        return self.lm_head(self.block(self.wte(idx))[0])


def finetune(model, dataset, max_iters=2, batch_size=4, seq=12):
    opt = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for it in range(max_iters):
        ix = torch.randint(len(dataset) - seq, (batch_size,))
        input_ids = torch.stack([dataset[i:i + seq] for i in ix])
        targets = input_ids
        logits = model(input_ids)
        logits = logits.reshape(-1, logits.size(-1))
        targets = targets.reshape(-1)
        loss = F.cross_entropy(logits[:-1], targets[1:])  # SG502
        opt.zero_grad()
        loss.backward()
        opt.step()
        print(it, loss.item())


if __name__ == "__main__":
    finetune(GPT(), torch.randint(0, 50, (300,)))
