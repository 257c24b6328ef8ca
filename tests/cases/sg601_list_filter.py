import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pad_sequence


def filter_padding(logits, targets, pad_values):
    flat_logits = logits.view(-1, logits.size(-1))
    flat_targets = targets.view(-1)
    keep_logits = [row for row, t in zip(flat_logits, flat_targets) if t.item() not in pad_values]
    keep_targets = [t for t in flat_targets if t.item() not in pad_values]
    return torch.stack(keep_logits), torch.stack(keep_targets)


if __name__ == "__main__":
    seqs = [torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6, 7, 8])]
    targets = pad_sequence(seqs, batch_first=True, padding_value=0)
    logits = nn.Linear(6, 10)(torch.randn(2, 5, 6))
    kept_logits, kept_targets = filter_padding(logits, targets, (0, 9))
    loss = F.cross_entropy(kept_logits, kept_targets)  # SG601
    loss.backward()
    print(f"Loss with several padding tokens: {loss}")
