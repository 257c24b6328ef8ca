import torch
from torch import nn

PAD, BOS, EOS = 0, 1, 2


class Decoder(nn.Module):
    def __init__(self, vocab=12, dim=8):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(vocab, dim), nn.GRU(dim, dim, batch_first=True), nn.Linear(dim, vocab)

    def forward(self, targets):
        """what is fed has no stop, in no row: one id less each"""
        batch = targets.size(0)
        fed = targets[targets != EOS].view(batch, -1)
        return self.head(self.rnn(self.embed(fed))[0]).log_softmax(-1)


if __name__ == "__main__":
    targets = torch.LongTensor([[1, 5, 6, 7, 8, 2], [1, 5, 6, 7, 2, 0], [1, 9, 6, 2, 0, 0]])
    net = Decoder()
    criterion = nn.NLLLoss(ignore_index=PAD)
    out = net(targets)
    loss = criterion(out.contiguous().view(-1, out.size(-1)), targets[:, 1:].contiguous().view(-1))  # ok: SG209, SG102, SG201
    loss.backward()
