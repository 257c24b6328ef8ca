"""One step at a time through a packed batch: its time axis is 1 and is squeezed away, so that the classes stand last and second."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence


class Network(nn.Module):
    def __init__(self, vocab: int, hidden: int):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.rnn = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, vocab)

    def forward(self, ids, lengths, state=None):
        packed = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        packed, state = self.rnn(packed, state)
        states, _ = pad_packed_sequence(packed, batch_first=True)
        return self.head(states), state


class Sampler:
    def __init__(self, vocab: int, longest: int = 100):
        self.network = Network(vocab, 64)
        self.loss = nn.NLLLoss(reduction="none")
        self.longest = longest

    def likelihood(self, ids, lengths):
        logits, _ = self.network(ids[:, :-1], lengths - 1)
        log_probs = logits.log_softmax(dim=2).transpose(1, 2)
        return self.loss(log_probs, ids[:, 1:]).sum(dim=1)  # ok: SG403

    def sample(self, many):
        ids = torch.full((many, 1), 1, dtype=torch.long)
        lengths, state, scores = torch.ones(many), None, torch.zeros(many)
        for _ in range(self.longest):
            logits, state = self.network(ids, lengths, state)
            probs = logits.softmax(dim=2).squeeze()
            log_probs = logits.log_softmax(dim=2).squeeze()
            ids = torch.multinomial(probs, 1)
            scores = scores + self.loss(log_probs, ids.squeeze())  # ok: SG403
        return scores


def main():
    sampler = Sampler(40)
    sampler.sample(16)
    sampler.likelihood(torch.randint(1, 40, (16, 30)), torch.full((16,), 30))


main()
