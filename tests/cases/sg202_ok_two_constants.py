import torch
from torch import nn

# data side
PAD_TOKEN_ID = 0
START, END = 1, 2
# loss side
PAD_IDX = PAD_TOKEN_ID
MAX_WORD = 10


def to_ids(word, alphabet):
    ids = [START] + [alphabet.index(c) + 3 for c in word]
    return ids + [PAD_TOKEN_ID] * (MAX_WORD - len(ids))


class Ocr(nn.Module):
    def __init__(self, n, d=20):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, d, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.emb = nn.Embedding(n, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.fc = nn.Linear(d, n)

    def forward(self, img, y):
        h = self.cnn(img).unsqueeze(0)
        return self.fc(self.rnn(self.emb(y), h)[0])


criterion = nn.CrossEntropyLoss(ignore_index=PAD_IDX)

if __name__ == "__main__":
    alphabet = "abcdefgh"
    y = torch.tensor([to_ids(w, alphabet) for w in ("bad", "face", "headed")])
    img = torch.rand(3, 1, 16, 40)
    net = Ocr(len(alphabet) + 3)
    out = net(img, y[:, :-1])
    loss = criterion(out.reshape(-1, out.size(-1)), y[:, 1:].reshape(-1))  # ok: SG202
    loss.backward()
