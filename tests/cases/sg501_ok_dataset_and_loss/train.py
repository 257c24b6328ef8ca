import torch
from torch import nn
from torch.utils.data import DataLoader

from dataset import LMDataset
from loss import CausalLMLoss

VOCAB = 36


class Model(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.wte = nn.Embedding(VOCAB, d)
        self.gru = nn.GRU(d, d, batch_first=True)
        self.lm_head = nn.Linear(d, VOCAB, bias=False)

    def forward(self, input_ids):
        return self.lm_head(self.gru(self.wte(input_ids))[0])


def main():
    tokens = torch.randint(0, VOCAB, (257,))
    loader = DataLoader(LMDataset(tokens, 16), batch_size=4, shuffle=True)
    model, loss_fn = Model(), CausalLMLoss(VOCAB)
    opt = torch.optim.AdamW(model.parameters())
    for batch in loader:
        loss = loss_fn(model(batch["input_ids"]), batch["labels"])
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
