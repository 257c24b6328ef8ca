"""The third way of a Q&A post, as it was: two pad ids, filtered token by token in Python."""

import torch
import torch.nn.functional as F

#... (Assume model_output, target_sequences defined as before, but with multiple padding tokens represented differently)
model_output = torch.randn(2, 5, 10)

#Example target sequences with padding values 0 and -1
target_sequences = [torch.tensor([1, 2, 3, -1, 0]), torch.tensor([4, 5, 6, 7, 0])]

max_len = max(len(seq) for seq in target_sequences)
padded_targets = torch.nn.utils.rnn.pad_sequence(target_sequences, batch_first=True, padding_value=0)

#Create a mask considering both padding values
mask = (padded_targets != 0) & (padded_targets != -1)

flattened_targets = padded_targets.view(-1)
flattened_model_output = model_output.view(-1, 10)

# Consider ignoring multiple values using a list comprehension
ignore_index_list = [index for index, value in enumerate(flattened_targets) if value in [0, -1]]
flattened_targets_filtered = [value for value in flattened_targets if value not in [0, -1]]
flattened_model_output_filtered = [value for value, index in zip(flattened_model_output, range(len(flattened_model_output))) if index not in ignore_index_list]

flattened_targets_tensor = torch.stack(flattened_targets_filtered)
flattened_model_output_tensor = torch.stack(flattened_model_output_filtered)

loss = F.cross_entropy(flattened_model_output_tensor, flattened_targets_tensor)

print(f"Loss with multiple padding tokens: {loss}")
