"""The first way of a Q&A post, as it was: pad, flatten, ignore_index=0, and a mask that is never used."""

import torch
import torch.nn.functional as F

# Example model output (batch_size=2, max_sequence_length=5, vocabulary_size=10)
model_output = torch.randn(2, 5, 10)

# Example target sequences (actual lengths: [3, 5])
target_sequences = [torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6, 7, 8])]

# Calculate max sequence length
max_len = max(len(seq) for seq in target_sequences)

# Pad sequences
padded_targets = torch.nn.utils.rnn.pad_sequence(target_sequences, batch_first=True, padding_value=0)

# Create a mask
mask = torch.zeros_like(padded_targets).bool()
for i, seq in enumerate(target_sequences):
    mask[i, :len(seq)] = True

# Flatten the padded targets and the model output
flattened_targets = padded_targets.view(-1)
flattened_model_output = model_output.view(-1, 10)


#Apply CrossEntropyLoss with ignoring index 0 (padding)
loss = F.cross_entropy(flattened_model_output, flattened_targets, ignore_index=0)

print(f"Loss: {loss}")
