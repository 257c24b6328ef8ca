import argparse
import torch
import torch.nn as nn

parser = argparse.ArgumentParser()
parser.add_argument("--hidden", type=int, default=32)
parser.add_argument("--layers", type=int, default=1)
parser.add_argument("--batch-size", type=int, default=4)
parser.add_argument("--bptt", type=int, default=10)


class Model(nn.Module):
    def __init__(self, vocab_size, hidden, layers):
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, hidden)
        self.gru = nn.GRU(hidden, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, vocab_size)

    def forward(self, x):
        out, _ = self.gru(self.embedding(x))
        return self.linear(out)


def main(args):
    vocab_size = 57
    ids = torch.randint(0, vocab_size, (args.batch_size, args.bptt + 1))
    model = Model(vocab_size, args.hidden, args.layers)
    criterion = nn.CrossEntropyLoss()
    output = model(ids[:, :-1])
    targets = ids[:, 1:]
    print("output", output.shape, "targets", targets.shape)
    loss = criterion(output.view(-1, vocab_size), targets)  # SG102
    loss.backward()


if __name__ == "__main__":
    main(parser.parse_args())
