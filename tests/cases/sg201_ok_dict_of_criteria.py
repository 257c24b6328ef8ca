import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

losses = {
    "intent": nn.CrossEntropyLoss(),
    "slots": nn.CrossEntropyLoss(),
}


class JointNLU(nn.Module):
    def __init__(self, words=50, slots=8, intents=4, d=16):
        super().__init__()
        self.emb = nn.Embedding(words, d, padding_idx=0)
        self.rnn = nn.GRU(d, d, batch_first=True, bidirectional=True)
        self.slot_head, self.intent_head = nn.Linear(2 * d, slots), nn.Linear(2 * d, intents)

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        return self.intent_head(h.mean(dim=1)), self.slot_head(h)


def batch():
    words = pad_sequence([torch.randint(1, 50, (n,)) for n in (5, 8, 3)], batch_first=True)
    slots = pad_sequence([torch.randint(0, 8, (n,)) for n in (5, 8, 3)], batch_first=True, padding_value=-100)
    return words, slots, torch.randint(0, 4, (3,))


if __name__ == "__main__":
    net = JointNLU()
    words, slots, intents = batch()
    intent_logits, slot_logits = net(words)
    loss = losses["intent"](intent_logits, intents)  # ok: SG201, SG101
    loss = loss + losses["slots"](slot_logits.view(-1, slot_logits.size(-1)), slots.view(-1))  # ok: SG201
    loss.backward()
