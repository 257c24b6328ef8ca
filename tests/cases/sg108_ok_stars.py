"""Star ratings 1..5 from review embeddings."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

NUM_STARS = 5

model = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, NUM_STARS))
loss_fn = nn.CrossEntropyLoss()

if __name__ == "__main__":
    reviews = torch.randn(60, 12)
    stars = torch.randint(1, NUM_STARS + 1, (60,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for x, y in DataLoader(TensorDataset(reviews, stars), batch_size=30):
        loss = loss_fn(model(x), y - 1)  # ok: SG108
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
