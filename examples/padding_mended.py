"""The first way as it should be: the mask is what keeps padding out, so no id has to be given up for it."""

import torch

from shapeguard import masked_cross_entropy

# Example model output (batch_size=2, max_sequence_length=5, vocabulary_size=10)
model_output = torch.randn(2, 5, 10)

# Example target sequences (actual lengths: [3, 5])
target_sequences = [torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6, 7, 8])]

# Pad sequences
padded_targets = torch.nn.utils.rnn.pad_sequence(target_sequences, batch_first=True, padding_value=0)

# Create a mask
lengths = torch.tensor([len(seq) for seq in target_sequences])
mask = torch.arange(padded_targets.size(1)) < lengths[:, None]

loss = masked_cross_entropy(model_output, padded_targets, mask)

print(f"Loss: {loss}")
