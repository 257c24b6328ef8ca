import torch
from torch import nn
from torch.utils.data import DataLoader

from u import LOSSES
from u.data import Batch

SAMPLES = [([1, 2, 3], [3, 2, 1]), ([4], [4]), ([5, 6], [6, 5])]
net = nn.Sequential(nn.Embedding(9, 6), nn.Linear(6, 9))
opt = torch.optim.Adam(net.parameters())
for batch in DataLoader(SAMPLES, batch_size=3, collate_fn=Batch.collate):
    loss = LOSSES["token"](net(batch.src), batch.tgt, batch.mask)
    opt.zero_grad()
    loss.backward()
    opt.step()
print(loss.item())
