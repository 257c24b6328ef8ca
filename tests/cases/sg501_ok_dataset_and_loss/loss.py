from torch import nn


class CausalLMLoss(nn.Module):
    def __init__(self, vocab_size):
        super().__init__()
        self.vocab_size = vocab_size
        self.ce = nn.CrossEntropyLoss()

    def forward(self, logits, labels):
        shift_logits = logits[:, :-1, :].contiguous()
        shift_labels = labels[:, 1:].contiguous()
        return self.ce(shift_logits.view(-1, self.vocab_size), shift_labels.view(-1))  # ok: SG501
