import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from losses import MaskedCE, padding_mask

PAD = 0


class Net(nn.Module):
    def __init__(self, v=24, d=16):
        super().__init__()
        self.e = nn.Embedding(v, d)
        self.enc = nn.TransformerEncoderLayer(d, 2, 32, batch_first=True)
        self.o = nn.Linear(d, v)

    def forward(self, x, pad_mask):
        causal = torch.ones(x.size(1), x.size(1)).triu(1).bool()
        return self.o(self.enc(self.e(x), src_mask=causal, src_key_padding_mask=pad_mask))


def main():
    ids = pad_sequence([torch.randint(1, 24, (n,)) for n in (6, 9, 4)], batch_first=True, padding_value=PAD)
    x, y = ids[:, :-1], ids[:, 1:]
    net, loss_fn = Net(), MaskedCE()
    loss = loss_fn(net(x, padding_mask(x, PAD)), y, padding_mask(y, PAD))
    loss.backward()


if __name__ == "__main__":
    main()
