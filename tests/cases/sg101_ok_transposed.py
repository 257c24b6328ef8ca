import torch
import torch.nn as nn
import torch.nn.functional as F

VOCAB, EMB, HID, T, B = 31, 16, 24, 9, 5


class LM(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(VOCAB, EMB)
        self.rnn = nn.GRU(EMB, HID, batch_first=True)
        self.dec = nn.Linear(HID, VOCAB)

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return self.dec(h)


def main():
    net = LM()
    ce = nn.CrossEntropyLoss()
    ids = torch.randint(0, VOCAB, (B, T + 1))
    inp, tgt = ids[:, :-1], ids[:, 1:]
    scores = net(inp)
    a = ce(scores.transpose(1, 2), tgt)  # ok: SG101, SG103, SG107
    b = ce(scores.permute(0, 2, 1), tgt)  # ok: SG101, SG103
    c = F.cross_entropy(scores.mT, tgt)  # ok: SG101
    d = F.cross_entropy(scores.movedim(-1, 1), tgt)  # ok: SG101, SG103
    e = F.cross_entropy(scores.swapaxes(1, 2), tgt)  # ok: SG101, SG103
    print((a + b + c + d + e).item() / 5)


if __name__ == "__main__":
    main()
