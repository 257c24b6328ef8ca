import torch
import torch.nn as nn


class Vocab:
    def __init__(self, specials, tokens):
        self.itos = list(specials) + sorted(tokens)
        self.stoi = {t: i for i, t in enumerate(self.itos)}

    def __len__(self):
        return len(self.itos)

    def encode(self, text):
        return [self.stoi[t] for t in text]


src_vocab = Vocab(["<unk>", "<pad>"], set("abcdef"))
trg_vocab = Vocab(["<pad>", "<s>", "</s>"], set("ABCDEF"))
src_pad_idx = src_vocab.stoi["<pad>"]
trg_pad_idx = trg_vocab.stoi["<pad>"]


def pad(rows, value):
    n = max(len(r) for r in rows)
    return torch.tensor([r + [value] * (n - len(r)) for r in rows])


class Upper(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.s = nn.Embedding(len(src_vocab), d, padding_idx=src_pad_idx)
        self.t = nn.Embedding(len(trg_vocab), d, padding_idx=trg_pad_idx)
        self.tr = nn.Transformer(d, 2, 1, 1, 32, batch_first=True)
        self.o = nn.Linear(d, len(trg_vocab))

    def forward(self, src, trg):
        causal = self.tr.generate_square_subsequent_mask(trg.size(1))
        return self.o(self.tr(self.s(src), self.t(trg), tgt_mask=causal, src_key_padding_mask=src == src_pad_idx))


criterion = nn.CrossEntropyLoss(ignore_index=trg_pad_idx)

if __name__ == "__main__":
    words = ["abc", "fade", "be"]
    src = pad([src_vocab.encode(w) for w in words], src_pad_idx)
    trg = pad([[1] + trg_vocab.encode(w.upper()) + [2] for w in words], trg_pad_idx)
    model = Upper()
    output = model(src, trg[:, :-1])
    loss = criterion(output.reshape(-1, output.shape[-1]), trg[:, 1:].reshape(-1))  # ok: SG202
    loss.backward()
