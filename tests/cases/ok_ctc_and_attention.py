"""Speech: CTC on the encoder, cross entropy on the decoder."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pad_sequence

BLANK = PAD = 0
SOS = EOS = 1


class Hybrid(nn.Module):
    def __init__(self, mel=20, vocab=30, d=24, ctc_weight=0.3):
        super().__init__()
        self.enc = nn.LSTM(mel, d, batch_first=True)
        self.ctc = nn.Linear(d, vocab)
        self.emb = nn.Embedding(vocab, d)
        self.dec = nn.LSTM(d, d, batch_first=True)
        self.att = nn.Linear(d, vocab)
        self.w = ctc_weight
        self.ctc_loss = nn.CTCLoss(blank=BLANK, zero_infinity=True)

    def forward(self, x, x_len, ys):
        h, state = self.enc(x)
        y_len = torch.tensor([len(y) for y in ys])
        y = pad_sequence(ys, batch_first=True, padding_value=PAD)
        ctc = self.ctc_loss(self.ctc(h).log_softmax(-1).transpose(0, 1), y, x_len, y_len)

        eos = torch.tensor([EOS])
        y_in = pad_sequence([torch.cat([eos, y]) for y in ys], batch_first=True, padding_value=EOS)
        y_out = pad_sequence([torch.cat([y, eos]) for y in ys], batch_first=True, padding_value=-1)
        logits = self.att(self.dec(self.emb(y_in), state)[0])
        ce = F.cross_entropy(logits.flatten(0, 1), y_out.flatten(), ignore_index=-1)  # ok: SG201, SG202, SG203, SG501
        return self.w * ctc + (1 - self.w) * ce


if __name__ == "__main__":
    ys = [torch.randint(2, 30, (n,)) for n in (4, 7, 3)]
    Hybrid()(torch.randn(3, 30, 20), torch.tensor([30, 28, 20]), ys).backward()
