import torch
from torch import nn
import torch.nn.functional as F


class RowTransformer(nn.Module):
    """Each row of a table is a sequence of `cols` categorical fields; masked fields are predicted."""

    def __init__(self, vocab_size, cols, d=16):
        super().__init__()
        self.cols = cols
        self.field = nn.Embedding(vocab_size, d)
        layer = nn.TransformerEncoderLayer(d_model=d, nhead=4, dim_feedforward=32, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.lm_head = nn.Linear(d, vocab_size)

    def forward(self, input_ids, masked_lm_labels):
        x = self.encoder(self.field(input_ids))
        prediction = self.lm_head(x)
        return F.cross_entropy(prediction.view(-1, prediction.size(-1)), masked_lm_labels.view(-1), ignore_index=-100)  # ok: SG104


def mask_fields(rows, mask_id, p=0.3):
    labels = rows.clone()
    hidden = torch.rand(rows.shape) < p
    hidden[:, 0] = True
    labels[~hidden] = -100
    return rows.masked_fill(hidden, mask_id), labels


if __name__ == "__main__":
    table = torch.randint(0, 49, (64, 6))
    loader = torch.utils.data.DataLoader(table, batch_size=16)
    net = RowTransformer(50, 6)
    for rows in loader:
        inputs, labels = mask_fields(rows, 49)
        net(inputs, labels).backward()
