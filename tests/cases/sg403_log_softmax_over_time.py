import torch
import torch.nn as nn
import torch.nn.functional as F


class POSTagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super().__init__()
        self.emb = nn.Embedding(n_words, 16)
        self.lstm = nn.LSTM(16, 16, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(32, n_tags)

    def forward(self, x):
        out, _ = self.lstm(self.emb(x))
        return F.log_softmax(self.fc(out), dim=1)


def main():
    model = POSTagger(50, 7)
    x, y = torch.randint(0, 50, (4, 10)), torch.randint(0, 7, (4, 10))
    criterion = nn.NLLLoss()
    logp = model(x)
    loss = criterion(logp.view(-1, 7), y.view(-1))  # SG403
    loss.backward()


if __name__ == "__main__":
    main()
