import torch

from pkg import next_token_loss

if __name__ == "__main__":
    emb = torch.nn.Embedding(15, 15)
    ids = torch.randint(0, 15, (4, 8))
    next_token_loss(emb(ids), ids).backward()
