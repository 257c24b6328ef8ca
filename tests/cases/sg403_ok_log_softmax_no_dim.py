import torch
from torch import nn, optim


class Decoder(nn.Module):
    def __init__(self, vocab, hidden):
        super().__init__()
        self.emb = nn.Embedding(vocab, hidden)
        self.gru = nn.GRU(hidden, hidden)
        self.out = nn.Linear(hidden, vocab)
        self.softmax = nn.LogSoftmax(dim=2)

    def forward(self, tokens, hidden):
        out, hidden = self.gru(self.emb(tokens), hidden)
        return self.softmax(self.out(out)), hidden


def train(decoder, tokens, criterion, optimizer):
    """tokens: [len, batch], streams of equal length"""
    hidden = torch.zeros(1, tokens.size(1), 16)
    output, hidden = decoder(tokens[:-1], hidden)
    loss = criterion(output.view(-1, output.size(2)), tokens[1:].reshape(-1))  # ok: SG403
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    dec = Decoder(25, 16)
    print(train(dec, torch.randint(0, 25, (14, 3)), nn.NLLLoss(), optim.SGD(dec.parameters(), lr=0.1)))
