import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, vocab=40, d=16):
        super().__init__()
        self.emb, self.rnn, self.out = nn.Embedding(vocab, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, vocab)

    def forward(self, x):
        h, _ = self.rnn(self.emb(x))
        logits = self.out(h)
        return logits.view(-1, logits.size(-1))


def train_on(model, tokens, loss_function):
    inputs = tokens[:, :-1]
    targets = tokens[:, 1:]
    scores = model(inputs)
    loss = loss_function(scores, targets.reshape(-1))  # ok: SG102
    return loss


if __name__ == "__main__":
    train_on(Net(), torch.randint(0, 40, (4, 15)), nn.CrossEntropyLoss()).backward()
