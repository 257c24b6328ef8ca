import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence

PAD, VOCAB = 0, 40


def label_smoothed_nll_loss(lprobs, target, epsilon, ignore_index=PAD):
    target = target.unsqueeze(-1)
    nll_loss = -lprobs.gather(dim=-1, index=target)  # ok: SG201, SG301
    smooth_loss = -lprobs.sum(dim=-1, keepdim=True)
    pad_mask = target.eq(ignore_index)
    nll_loss = nll_loss.masked_fill(pad_mask, 0.0).sum()
    smooth_loss = smooth_loss.masked_fill(pad_mask, 0.0).sum()
    loss = (1.0 - epsilon) * nll_loss + epsilon / lprobs.size(-1) * smooth_loss
    return loss / (~pad_mask).sum()


class Summarizer(nn.Module):
    def __init__(self, dim=12):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, dim, padding_idx=PAD)
        self.rnn = nn.GRU(dim, dim, batch_first=True)
        self.out = nn.Linear(dim, VOCAB)

    def forward(self, ids):
        return self.out(self.rnn(self.embed(ids))[0])


def main():
    torch.manual_seed(0)
    rows = pad_sequence([torch.tensor(r) for r in ([1, 5, 6, 7, 8, 2], [1, 9, 2], [1, 2])], batch_first=True)
    model = Summarizer()
    logits = model(rows[:, :-1])
    lprobs = F.log_softmax(logits, dim=-1)
    loss = label_smoothed_nll_loss(lprobs.view(-1, VOCAB), rows[:, 1:].reshape(-1), 0.1)
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
