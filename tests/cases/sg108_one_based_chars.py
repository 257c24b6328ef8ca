import torch
import torch.nn as nn

poem = """two roads diverged in a yellow wood
and sorry i could not travel both"""
chars = sorted(set(poem))
char_to_ix = {c: i + 1 for i, c in enumerate(chars)}  # 0 is kept free for padding
vocab_size = len(chars)


class Net(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size + 1, 10, padding_idx=0)
        self.lstm = nn.LSTM(10, 20, batch_first=True)
        self.linear = nn.Linear(20, vocab_size)

    def forward(self, x):
        return self.linear(self.lstm(self.embedding(x))[0])


if __name__ == "__main__":
    ids = torch.tensor([char_to_ix[c] for c in poem[:64]])
    x, y = ids[:-1].unsqueeze(0), ids[1:].unsqueeze(0)
    net = Net(vocab_size)
    out = net(x)
    loss = nn.CrossEntropyLoss()(out.view(-1, vocab_size), y.view(-1))  # SG108
    loss.backward()
