"""The third way as it should be: one boolean mask for both pad ids, on both sides."""

import torch

from shapeguard import masked_cross_entropy

model_output = torch.randn(2, 5, 10)

# Example target sequences with padding values 0 and -1
target_sequences = [torch.tensor([1, 2, 3, -1, 0]), torch.tensor([4, 5, 6, 7, 0])]

padded_targets = torch.nn.utils.rnn.pad_sequence(target_sequences, batch_first=True, padding_value=0)
mask = (padded_targets != 0) & (padded_targets != -1)

loss = masked_cross_entropy(model_output, padded_targets, mask)

print(f"Loss with multiple padding tokens: {loss}")
