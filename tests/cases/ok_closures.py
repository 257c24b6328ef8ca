import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


def make_collate(pad_id):
    def collate(rows):
        ids = pad_sequence([torch.tensor(r) for r in rows], batch_first=True, padding_value=pad_id)
        return ids[:, :-1], ids[:, 1:]

    return collate


def make_loss(pad_id, vocab):
    criterion = nn.CrossEntropyLoss(ignore_index=pad_id)

    def loss_fn(logits, y):
        return criterion(logits.reshape(-1, vocab), y.reshape(-1))  # ok: SG201, SG202, SG501

    return loss_fn


def build(vocab, d=12):
    emb, rnn, out = nn.Embedding(vocab, d), nn.GRU(d, d, batch_first=True), nn.Linear(d, vocab)

    def forward(x):
        return out(rnn(emb(x))[0])

    return forward, [*emb.parameters(), *rnn.parameters(), *out.parameters()]


def main():
    pad_id, vocab = 7, 20
    rows = [[1, 8, 9, 2], [1, 10, 2], [1, 11, 12, 13, 14, 2]]
    forward, params = build(vocab)
    loss_fn, opt = make_loss(pad_id, vocab), torch.optim.SGD(params, lr=0.1)
    for x, y in DataLoader(rows, batch_size=3, collate_fn=make_collate(pad_id)):
        loss = loss_fn(forward(x), y)
        opt.zero_grad()
        loss.backward()
        opt.step()


if __name__ == "__main__":
    main()
