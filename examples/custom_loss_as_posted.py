"""The second way of a Q&A post, as it was: a custom module with reduction none, times mask, then the mean over every position."""

import torch
import torch.nn as nn

# model_output, padded_targets and mask as in the first way
model_output = torch.randn(2, 5, 10)
target_sequences = [torch.tensor([1, 2, 3]), torch.tensor([4, 5, 6, 7, 8])]
padded_targets = torch.nn.utils.rnn.pad_sequence(target_sequences, batch_first=True, padding_value=0)
mask = torch.zeros_like(padded_targets).bool()
for i, seq in enumerate(target_sequences):
    mask[i, :len(seq)] = True


class CustomCrossEntropyLoss(nn.Module):
    def __init__(self, ignore_index=0):
        super().__init__()
        self.ignore_index = ignore_index
        self.loss_fn = nn.CrossEntropyLoss(ignore_index=ignore_index, reduction='none')

    def forward(self, model_output, target, mask):
        loss = self.loss_fn(model_output.view(-1, model_output.size(-1)), target.view(-1))
        masked_loss = loss * mask.view(-1).float()
        return masked_loss.mean()


# Example usage (assuming model_output, padded_targets, and mask are defined as in Example 1)
criterion = CustomCrossEntropyLoss()
loss = criterion(model_output, padded_targets, mask)
print(f"Custom Loss: {loss}")
