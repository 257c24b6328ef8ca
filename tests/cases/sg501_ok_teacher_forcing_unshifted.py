import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

PAD, BOS, EOS = 0, 1, 2


class Translator(nn.Module):
    def __init__(self, n=30, d=16):
        super().__init__()
        self.src, self.tgt = nn.Embedding(n, d, padding_idx=PAD), nn.Embedding(n, d, padding_idx=PAD)
        self.transformer = nn.Transformer(d, 2, 1, 1, 32, batch_first=True)
        self.fc = nn.Linear(d, n)

    def forward(self, src, tgt):
        tgt_mask = nn.Transformer.generate_square_subsequent_mask(tgt.size(1))
        return self.fc(self.transformer(self.src(src), self.tgt(tgt), tgt_mask=tgt_mask))


def batchify(rows):
    return pad_sequence([torch.tensor([BOS, *r, EOS]) for r in rows], batch_first=True, padding_value=PAD)


if __name__ == "__main__":
    src = batchify([[5, 6], [7, 8, 9], [10]])
    tgt = batchify([[11, 12, 13], [14], [15, 16]])
    model = Translator()
    criterion = nn.CrossEntropyLoss(ignore_index=PAD)
    output = model(src, tgt[:, :-1])
    loss = criterion(output.view(-1, output.size(-1)), tgt[:, 1:].reshape(-1))  # ok: SG501
    loss.backward()
    print(loss.item())
