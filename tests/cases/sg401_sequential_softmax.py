import torch
from torch import nn

classifier = nn.Sequential(
    nn.Linear(300, 64),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(64, 4),
    nn.Softmax(dim=1),
)


def main():
    docs = torch.randn(32, 300)
    labels = torch.randint(0, 4, (32,))
    optimizer = torch.optim.Adam(classifier.parameters())
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(3):
        pred = classifier(docs)
        loss = loss_fn(pred, labels)  # SG401
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(epoch, round(loss.item(), 4))


if __name__ == "__main__":
    main()
