from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader


@dataclass
class DataConfig:
    pad_id: int = 3
    bos_id: int = 0
    eos_id: int = 1
    max_len: int = 20


@dataclass
class Config:
    data: DataConfig = field(default_factory=DataConfig)
    vocab: int = 28
    dim: int = 16
    smoothing: float = 0.1


class Pipeline:
    def __init__(self, cfg: Config):
        self.cfg = cfg
        d = cfg.dim
        self.net = nn.ModuleDict({"emb": nn.Embedding(cfg.vocab, d), "rnn": nn.GRU(d, d, batch_first=True), "out": nn.Linear(d, cfg.vocab)})
        self.loss = nn.CrossEntropyLoss(ignore_index=cfg.data.pad_id, label_smoothing=cfg.smoothing)

    def collate(self, lines):
        c = self.cfg.data
        ids = [torch.tensor([c.bos_id] + line[: c.max_len - 2] + [c.eos_id]) for line in lines]
        return pad_sequence(ids, batch_first=True, padding_value=c.pad_id)

    def step(self, ids):
        h, _ = self.net["rnn"](self.net["emb"](ids[:, :-1]))
        logits = self.net["out"](h)
        return self.loss(logits.transpose(1, 2), ids[:, 1:])  # ok: SG201, SG202, SG203, SG501

    def run(self, lines):
        for ids in DataLoader(lines, batch_size=2, collate_fn=self.collate):
            self.step(ids).backward()


if __name__ == "__main__":
    Pipeline(Config()).run([[5, 6, 7], [8], [9, 10, 11, 12, 13], [14, 15]])
