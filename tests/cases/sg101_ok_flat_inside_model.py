import torch
from torch import nn


class WordLM(nn.Module):
    """As in the word_language_model example: forward gives back flattened scores."""

    def __init__(self, ntoken, ninp, nhid, nlayers=1, dropout=0.2):
        super().__init__()
        self.ntoken = ntoken
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = nn.LSTM(ninp, nhid, nlayers)
        self.decoder = nn.Linear(nhid, ntoken)

    def forward(self, inp, hidden):
        emb = self.drop(self.encoder(inp))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output))
        decoded = decoded.view(-1, self.ntoken)
        return decoded, hidden


def batchify(data, bsz):
    nbatch = data.size(0) // bsz
    data = data.narrow(0, 0, nbatch * bsz)
    return data.view(bsz, -1).t().contiguous()


def get_batch(source, i, bptt):
    seq_len = min(bptt, len(source) - 1 - i)
    data = source[i:i + seq_len]
    target = source[i + 1:i + 1 + seq_len].view(-1)
    return data, target


def main():
    corpus = torch.randint(0, 44, (403,))
    train_data = batchify(corpus, 4)
    model = WordLM(44, 12, 18)
    criterion = nn.CrossEntropyLoss()
    hidden = None
    for i in range(0, train_data.size(0) - 1, 20):
        data, targets = get_batch(train_data, i, 20)
        output, hidden = model(data, hidden)
        hidden = tuple(h.detach() for h in hidden)
        loss = criterion(output, targets)  # ok: SG101, SG104, SG201, SG501
        loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
