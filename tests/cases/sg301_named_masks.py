import torch
import torch.nn as nn
import torch.nn.functional as F


class Tagger(nn.Module):
    def __init__(self, vocab=30, classes=7, width=8):
        super().__init__()
        self.embed = nn.Embedding(vocab, width)
        self.head = nn.Linear(width, classes)

    def forward(self, ids):
        return self.head(self.embed(ids))


def read(path):
    return torch.load(path)


def lm_step(model, batch):
    logits = model(batch["ids"])
    loss = F.cross_entropy(logits.view(-1, logits.size(-1)), batch["labels"].view(-1), reduction="none")  # SG301
    return (loss * batch["loss_mask"].view(-1)).mean()


def masked_lm_step(model, ids, masked_ids, masked_weights):
    logits = model(ids)
    loss_lm = nn.CrossEntropyLoss(reduction="none")(logits.transpose(1, 2), masked_ids)  # SG301
    return (loss_lm * masked_weights.float()).mean()


def ignoring_step(model, ids, labels):  # whether -1 ever occurs is not seen here
    logits = model(ids)
    loss = F.cross_entropy(logits.transpose(1, 2), labels, ignore_index=-1, reduction="none")  # ok: SG301
    return loss.mean() * 0.5


def by_their_number(model, batch):
    logits = model(batch["ids"])
    loss = F.cross_entropy(logits.view(-1, logits.size(-1)), batch["labels"].view(-1), reduction="none")  # ok: SG301
    mask = batch["loss_mask"].view(-1)
    return (loss * mask).sum() / mask.sum()


def by_their_share(model, batch):
    logits = model(batch["ids"])
    loss = F.cross_entropy(logits.view(-1, logits.size(-1)), batch["labels"].view(-1), reduction="none")  # ok: SG301
    return (loss * batch["loss_mask"].view(-1)).mean() / batch["loss_mask"].float().mean()


def consistency(scores, pseudo_labels, mask):
    return (F.cross_entropy(scores, pseudo_labels, reduction="none") * mask).mean()  # ok: SG301


def weighted(model, ids, labels, weights):
    loss = F.cross_entropy(model(ids).transpose(1, 2), labels, reduction="none")  # ok: SG301
    return (loss * weights).mean()


def ignored_and_counted(model, ids, labels):
    loss = F.cross_entropy(model(ids).transpose(1, 2), labels, ignore_index=-1, reduction="none")  # ok: SG301
    return loss.sum() / (labels != -1).sum()


if __name__ == "__main__":
    model = Tagger()
    ids = torch.randint(0, 30, (4, 6))
    labels = torch.randint(0, 7, (4, 6))
    mask = torch.ones(4, 6)
    mask[:, 4:] = 0
    batch = {"ids": ids, "labels": labels, "loss_mask": mask}
    for step in (lm_step, by_their_number, by_their_share):
        step(model, batch).backward()
    masked_lm_step(model, ids, labels, mask).backward()
    for step in (ignoring_step, ignored_and_counted):
        step(model, ids, labels).backward()
    weighted(model, ids, labels, torch.rand(4, 6)).backward()
    consistency(torch.randn(4, 7, requires_grad=True), labels[:, 0], torch.ones(4)).backward()
