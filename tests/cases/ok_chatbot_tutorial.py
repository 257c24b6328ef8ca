"""The batch is time-first and every step has its own mask, as in the chatbot tutorial."""
import itertools
import torch
import torch.nn as nn

PAD_token, SOS_token, EOS_token = 0, 1, 2


def zeroPadding(l, fillvalue=PAD_token):
    return list(itertools.zip_longest(*l, fillvalue=fillvalue))


def binaryMatrix(l):
    return [[0 if token == PAD_token else 1 for token in seq] for seq in l]


def outputVar(rows):
    max_target_len = max(len(r) for r in rows)
    padList = zeroPadding(rows)
    mask = torch.BoolTensor(binaryMatrix(padList))
    return torch.LongTensor(padList), mask, max_target_len


class Decoder(nn.Module):
    def __init__(self, size, hidden=16):
        super().__init__()
        self.embedding = nn.Embedding(size, hidden)
        self.gru = nn.GRU(hidden, hidden)
        self.out = nn.Linear(hidden, size)

    def forward(self, step, hidden):
        rnn_output, hidden = self.gru(self.embedding(step), hidden)
        return torch.softmax(self.out(rnn_output.squeeze(0)), dim=1), hidden


def maskNLLLoss(inp, target, mask):
    nTotal = mask.sum()
    crossEntropy = -torch.log(torch.gather(inp, 1, target.view(-1, 1)).squeeze(1))
    loss = crossEntropy.masked_select(mask).mean()
    return loss, nTotal.item()


def train(decoder, rows):
    target, mask, max_target_len = outputVar(rows)
    hidden = torch.zeros(1, len(rows), 16)
    step = torch.LongTensor([[SOS_token for _ in rows]])
    loss, plain = 0, nn.NLLLoss(reduction="none")
    for t in range(max_target_len):
        probs, hidden = decoder(step, hidden)
        step = target[t].view(1, -1)
        mask_loss, n = maskNLLLoss(probs, target[t], mask[t])
        nll = plain(torch.log(probs), target[t])  # ok: SG402, SG201, SG301
        loss = loss + mask_loss + 0.0 * nll[mask[t]].sum()
    return loss


if __name__ == "__main__":
    train(Decoder(12), [[5, 6, 7, EOS_token], [8, EOS_token], [9, 10, EOS_token]]).backward()
