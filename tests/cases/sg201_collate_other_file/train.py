import torch
from torch.utils.data import DataLoader

import vocab
from config import TrainConfig
from data import TranslationSet, collate
from model import Translator


def run(cfg, pairs):
    loader = DataLoader(TranslationSet(pairs), batch_size=cfg.batch_size, shuffle=True, collate_fn=collate)
    model = Translator(vocab.SIZE, cfg.hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg.lr)
    for epoch in range(cfg.epochs):
        for src, trg in loader:
            logits = model(src, trg[:, :-1])
            loss = cfg.criterion(logits.flatten(0, 1), trg[:, 1:].flatten())  # SG201
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == "__main__":
    run(TrainConfig(), [([5, 6, 7], [8, 9]), ([10], [11, 12, 13]), ([14, 15], [16]), ([17], [18, 19, 20, 21])])
