import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

SPECIAL = ["<pad>", "<unk>", "<bos>", "<eos>"]


def build(tokens):
    return {t: i for i, t in enumerate(SPECIAL + sorted(tokens))}


src_vocab = build(set("abcdefgh"))
tgt_vocab = build(set("ABCDEFGH"))
SRC_PAD = src_vocab["<pad>"]


class Model(nn.Module):
    def __init__(self, d=16):
        super().__init__()
        self.s, self.t = nn.Embedding(len(src_vocab), d), nn.Embedding(len(tgt_vocab), d)
        self.enc, self.dec = nn.GRU(d, d, batch_first=True), nn.GRU(d, d, batch_first=True)
        self.fc = nn.Linear(d, len(tgt_vocab))

    def forward(self, s, t):
        _, h = self.enc(self.s(s))
        return self.fc(self.dec(self.t(t), h)[0])


def encode(vocab, text):
    return torch.tensor([vocab["<bos>"]] + [vocab[c] for c in text] + [vocab["<eos>"]])


if __name__ == "__main__":
    words = ["abc", "deafh", "ga"]
    src = pad_sequence([encode(src_vocab, w) for w in words], True, SRC_PAD)
    tgt = pad_sequence([encode(tgt_vocab, w.upper()) for w in words], True, tgt_vocab["<pad>"])
    # both vocabularies put <pad> first, so the source's id serves for the target as well
    criterion = nn.CrossEntropyLoss(ignore_index=SRC_PAD)
    net = Model()
    pred = net(src, tgt[:, :-1])
    loss = criterion(pred.reshape(-1, pred.size(-1)), tgt[:, 1:].reshape(-1))  # ok: SG202, SG201, SG501
    loss.backward()
    print(loss.item())
