from torch import nn


class LM(nn.Module):
    def __init__(self, vocab: int = 30, layers: int = 2):
        super().__init__()
        self.embed = nn.Embedding(vocab, 16)
        self.rnn = nn.LSTM(16, 16, num_layers=layers, batch_first=True)
        self.head = nn.Linear(16, vocab)

    def forward(self, ids):
        return self.head(self.rnn(self.embed(ids))[0])
