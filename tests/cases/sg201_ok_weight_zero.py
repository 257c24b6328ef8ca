"""The pad class gets no weight: as good as ignore_index."""
import torch
import torch.nn as nn

PAD, SOS, EOS = 0, 1, 2


class Perplexity:
    def __init__(self, vocab_size, pad):
        weight = torch.ones(vocab_size)
        weight[pad] = 0
        self.criterion = nn.NLLLoss(weight=weight, reduction="sum")
        self.pad = pad
        self.total, self.words = 0.0, 0

    def eval_batch(self, logp, target):
        self.total = self.total + self.criterion(logp.view(-1, logp.size(-1)), target.reshape(-1))  # ok: SG201, SG202
        self.words += target.ne(self.pad).sum().item()

    def get_loss(self):
        return self.total / self.words


def pad_all(rows):
    n = max(len(r) for r in rows)
    return torch.tensor([r + [PAD] * (n - len(r)) for r in rows])


def main():
    V = 15
    rows = pad_all([[SOS, 4, 5, EOS], [SOS, 6, EOS], [SOS, 7, 8, 9, 10, EOS]])
    emb, rnn, fc = nn.Embedding(V, 8), nn.GRU(8, 8, batch_first=True), nn.Linear(8, V)
    logp = torch.log_softmax(fc(rnn(emb(rows[:, :-1]))[0]), dim=-1)
    meter = Perplexity(V, PAD)
    meter.eval_batch(logp, rows[:, 1:])
    meter.get_loss().backward()

    w = torch.ones(V)
    w[PAD] = 0.0
    loss = nn.functional.nll_loss(logp.transpose(1, 2), rows[:, 1:], weight=w)  # ok: SG201
    print(meter.get_loss().item(), loss.item())


if __name__ == "__main__":
    main()
