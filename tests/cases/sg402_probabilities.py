import torch
import torch.nn as nn
import torch.optim as optim


class DecoderRNN(nn.Module):
    def __init__(self, hidden_size, output_size):
        super().__init__()
        self.embedding = nn.Embedding(output_size, hidden_size)
        self.gru = nn.GRU(hidden_size, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, output_size)
        self.softmax = nn.Softmax(dim=-1)

    def forward(self, x, hidden=None):
        output, hidden = self.gru(torch.relu(self.embedding(x)), hidden)
        return self.softmax(self.out(output)), hidden


def train(decoder, ids, criterion, optimizer):
    optimizer.zero_grad()
    out, _ = decoder(ids[:, :-1])
    loss = criterion(out.reshape(-1, out.size(-1)), ids[:, 1:].reshape(-1))  # SG402
    loss.backward()
    optimizer.step()
    return loss.item()


if __name__ == "__main__":
    dec = DecoderRNN(16, 30)
    print(train(dec, torch.randint(0, 30, (4, 12)), nn.NLLLoss(), optim.Adam(dec.parameters())))
