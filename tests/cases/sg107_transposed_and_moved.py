"""A copy to another device keeps the order of the axes: what was transposed is not contiguous there either."""
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
rows = [torch.tensor([1, 5, 6, 2]), torch.tensor([1, 7, 2])]
embed, head = nn.Embedding(12, 16).to(device), nn.Linear(16, 12).to(device)
criterion = nn.CrossEntropyLoss(ignore_index=0)


def of_a_batch():
    y = pad_sequence(rows, batch_first=True)
    logits = head(embed(y.to(device)))
    target = y.transpose(0, 1).to(device)
    criterion(logits.transpose(0, 1).reshape(-1, 12), target.view(-1)).backward()  # SG107


if __name__ == "__main__":
    of_a_batch()
