import torch
from torch import nn

from cfg import CONFIG
from data import make_loader
from model import LM


def build_loss(spec):
    return getattr(nn, spec["name"])(**spec["kwargs"])


class Trainer:
    def __init__(self, cfg):
        self.model = LM.from_config(cfg["model"])
        self.loader = make_loader(**cfg["data"])
        self._criterion = build_loss(cfg["loss"])
        self.opt = torch.optim.Adam(self.model.parameters())

    @property
    def criterion(self):
        return self._criterion

    def run(self, accumulate=2):
        for i, batch in enumerate(self.loader, 1):
            logits = self.model(batch["inp"])
            loss = self.criterion(logits.permute(0, 2, 1), batch["out"])  # SG202
            (loss / accumulate).backward()
            if i % accumulate == 0:
                self.opt.step()
                self.opt.zero_grad()
            print(loss.item())


if __name__ == "__main__":
    Trainer(CONFIG).run()
