import torch
from torch import nn, optim


class RNNTagger(nn.Module):
    def __init__(self, n_words, n_tags):
        super().__init__()
        self.n_tags = n_tags
        self.e = nn.Embedding(n_words, 10)
        self.r = nn.RNN(10, 14, batch_first=True)
        self.o = nn.Linear(14, n_tags)

    def forward(self, w):
        return self.o(self.r(self.e(w))[0])


class Trainer:
    def __init__(self, model, lr=0.1):
        self.model = model
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = optim.SGD(model.parameters(), lr=lr)

    def train_step(self, words, tags):
        self.optimizer.zero_grad()
        scores = self.model(words)
        loss = self.criterion(tags.view(-1), scores.view(-1, self.model.n_tags))  # SG105
        loss.backward()
        self.optimizer.step()
        return loss.item()


if __name__ == "__main__":
    t = Trainer(RNNTagger(50, 5))
    print(t.train_step(torch.randint(0, 50, (3, 8)), torch.randint(0, 5, (3, 8))))
