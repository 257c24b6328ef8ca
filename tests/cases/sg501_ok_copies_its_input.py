import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence


class DecoderRNN(nn.Module):
    def __init__(self, embed_size, hidden_size, vocab_size, num_layers=1):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_size)
        self.init = nn.Linear(10, hidden_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, num_layers, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, features, captions, lengths):
        h = torch.tanh(self.init(features)).unsqueeze(0)
        packed = pack_padded_sequence(self.embed(captions), lengths, batch_first=True)
        hiddens, _ = self.lstm(packed, (h, torch.zeros_like(h)))
        return self.linear(hiddens.data)


def main():
    lengths = [9, 7, 4]
    captions = torch.zeros(3, 9, dtype=torch.long)
    for i, n in enumerate(lengths):
        captions[i, :n] = torch.randint(1, 20, (n,))
    decoder = DecoderRNN(8, 16, 20)
    criterion = nn.CrossEntropyLoss()
    targets = pack_padded_sequence(captions[:, 1:], [n - 1 for n in lengths], batch_first=True).data
    outputs = decoder(torch.randn(3, 10), captions[:, :-1], [n - 1 for n in lengths])
    loss = criterion(outputs, targets)  # ok: SG501
    decoder.zero_grad()
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
