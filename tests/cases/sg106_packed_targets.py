import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence


class Captioner(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.emb = nn.Embedding(vocab, 16)
        self.lstm = nn.LSTM(16, 16, batch_first=True)
        self.fc = nn.Linear(16, vocab)

    def forward(self, captions, lengths):
        packed = pack_padded_sequence(self.emb(captions), lengths, batch_first=True)
        out, _ = self.lstm(packed)
        return self.fc(out.data)


if __name__ == "__main__":
    caps = [torch.randint(1, 25, (n,)) for n in (9, 6, 4)]
    padded = pad_sequence(caps, batch_first=True)
    lengths = [len(c) - 1 for c in caps]
    model = Captioner(25)
    outputs = model(padded[:, :-1], lengths)
    targets = pack_padded_sequence(padded[:, 1:], lengths, batch_first=True)
    loss = nn.CrossEntropyLoss()(outputs, targets)  # SG106
    loss.backward()
