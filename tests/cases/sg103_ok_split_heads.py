# residual VQ codes: K codebooks are predicted at every frame by one big linear layer
import torch
from torch import nn
import torch.nn.functional as F

K, CODES, FRAMES, D = 4, 32, 15, 48


class CodePredictor(nn.Module):
    def __init__(self):
        super().__init__()
        self.embs = nn.ModuleList(nn.Embedding(CODES, D) for _ in range(K))
        self.rnn = nn.LSTM(D, D, batch_first=True)
        self.head = nn.Linear(D, K * CODES)

    def forward(self, codes):  # codes: B, T, K
        x = sum(emb(codes[..., k]) for k, emb in enumerate(self.embs))
        h, _ = self.rnn(x)
        out = self.head(h)
        return out.view(out.size(0), out.size(1), K, CODES)


def main():
    codes = torch.randint(0, CODES, (3, FRAMES + 1, K))
    net = CodePredictor()
    logits = net(codes[:, :-1])
    target = codes[:, 1:]
    loss = F.cross_entropy(logits.reshape(-1, CODES), target.reshape(-1))  # ok: SG103, SG102, SG204
    per_book = [F.cross_entropy(logits[:, :, k].transpose(1, 2), target[:, :, k]) for k in range(K)]  # ok: SG103, SG101
    print(loss.item(), sum(per_book).item() / K)


if __name__ == "__main__":
    main()
