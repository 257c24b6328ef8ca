import torch
from torch import nn
from transformers import AutoTokenizer, T5ForConditionalGeneration


class Summaries(nn.Module):
    def __init__(self, name="t5-small"):
        super().__init__()
        self.tok = AutoTokenizer.from_pretrained(name)
        self.net = T5ForConditionalGeneration.from_pretrained(name)

    def teacher_forced(self, batch):
        y = batch["target_ids"]
        fed = y[:, :-1].contiguous()
        labels = y[:, 1:].clone().detach()
        labels[y[:, 1:] == self.tok.pad_token_id] = -100
        out = self.net(input_ids=batch["source_ids"], attention_mask=batch["source_mask"], decoder_input_ids=fed, labels=labels)  # ok: SG501, SG108
        return out[0]

    def fed_by_the_model(self, batch):
        ids = batch["input_ids"]
        return self.net(input_ids=ids, labels=batch["labels"]).loss  # ok: SG501, SG108

    def denoise(self, ids):
        return self.net(input_ids=ids, labels=ids).loss  # ok: SG501, SG108


if __name__ == "__main__":
    m = Summaries()
    ids = torch.randint(5, 100, (2, 7))
    batch = {"source_ids": ids, "source_mask": torch.ones_like(ids), "target_ids": ids, "input_ids": ids, "labels": ids}
    m.teacher_forced(batch).backward()
    print(m.fed_by_the_model(batch), m.denoise(ids))
