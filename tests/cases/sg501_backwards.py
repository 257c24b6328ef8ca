import torch
from torch import nn


class LM(nn.Module):
    def __init__(self, vocab=40, d=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, d)
        self.rnn = nn.LSTM(d, d, num_layers=2, batch_first=True)
        self.out = nn.Linear(d, vocab)

    def forward(self, x):
        return self.out(self.rnn(self.emb(x))[0])


if __name__ == "__main__":
    model = LM()
    criterion = nn.CrossEntropyLoss()
    batch = torch.randint(0, 40, (4, 21))
    logits = model(batch)
    loss = criterion(logits[:, 1:].transpose(1, 2), batch[:, :-1])  # SG501
    loss.backward()
