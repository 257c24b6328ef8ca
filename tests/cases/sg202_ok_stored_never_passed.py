import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Captioner(nn.Module):
    def __init__(self, vocab_size, dim, pad_id=0, ignore_index=0):
        super().__init__()
        self.pad_id = pad_id
        self.ignore_index = ignore_index
        self.text = nn.Embedding(vocab_size, dim, padding_idx=pad_id)
        self.image = nn.Linear(12, dim)
        self.rnn = nn.LSTM(dim, dim, batch_first=True)
        self.to_logits = nn.Linear(dim, vocab_size)
        self.loss_fn = nn.CrossEntropyLoss(ignore_index=self.ignore_index)

    def forward(self, feats, captions):
        h = self.image(feats).unsqueeze(0)
        inp, out = captions[:, :-1], captions[:, 1:]
        hidden, _ = self.rnn(self.text(inp), (h, torch.zeros_like(h)))
        logits = self.to_logits(hidden)
        return self.loss_fn(logits.transpose(1, 2), out)  # ok: SG202


def main():
    captions = pad_sequence([torch.randint(1, 30, (n,)) for n in (8, 5, 11)], batch_first=True, padding_value=0)
    net = Captioner(30, 16)
    net(torch.randn(3, 12), captions).backward()


if __name__ == "__main__":
    main()
