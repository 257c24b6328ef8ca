import torch
from torch import nn

torch.manual_seed(0)
PAD_IDX = 1


class Summarizer(nn.Module):
    def __init__(self, vocab, dim=32):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.core = nn.Transformer(dim, 2, 1, 1, 64, batch_first=True)
        self.gen = nn.Linear(dim, vocab)

    def forward(self, doc, summary):
        causal = self.core.generate_square_subsequent_mask(summary.size(1))
        h = self.core(self.emb(doc), self.emb(summary), tgt_mask=causal)
        return self.gen(h)


def pad_to(ids, n):
    return ids + [PAD_IDX] * (n - len(ids))


def main():
    summaries = [[2, 7, 8, 3], [2, 9, 3], [2, 11, 12, 13, 14, 3]]
    longest = max(map(len, summaries))
    summary = torch.tensor([pad_to(s, longest) for s in summaries])
    doc = torch.randint(4, 30, (3, 20))
    net = Summarizer(30)
    criterion = nn.CrossEntropyLoss(ignore_index=PAD_IDX)

    full = net(doc, summary)
    full = full[:, :-1].reshape(-1, full.size(-1))
    gold = summary[:, 1:].reshape(-1)
    loss = criterion(full, gold)  # ok: SG102, SG501, SG202

    dec_in, dec_out = summary[:, :-1], summary[:, 1:]
    pred = net(doc, dec_in)
    loss = loss + criterion(pred.reshape(-1, pred.shape[-1]), dec_out.reshape(-1))  # ok: SG102, SG501
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
