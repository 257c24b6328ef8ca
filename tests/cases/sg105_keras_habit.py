import torch
import torch.nn as nn
import torch.nn.functional as F


class TextCNN(nn.Module):
    def __init__(self, vocab=200, classes=6):
        super().__init__()
        self.emb = nn.Embedding(vocab, 32)
        self.convs = nn.ModuleList([nn.Conv1d(32, 16, k) for k in (2, 3, 4)])
        self.fc = nn.Linear(48, classes)

    def forward(self, x):
        x = self.emb(x).transpose(1, 2)
        x = torch.cat([F.relu(c(x)).max(dim=2).values for c in self.convs], dim=1)
        return self.fc(x)


def evaluate(y_true, y_pred):
    return (y_pred.argmax(-1) == y_true).float().mean().item()


if __name__ == "__main__":
    net = TextCNN()
    docs = torch.randint(0, 200, (10, 30))
    y_true = torch.randint(0, 6, (10,))
    y_pred = net(docs)
    print("acc", evaluate(y_true, y_pred))
    loss = F.cross_entropy(y_true, y_pred)  # SG105
    loss.backward()
