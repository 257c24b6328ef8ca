"""Extractive question answering: the classes are the positions."""
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class Reader(nn.Module):
    def __init__(self, vocab=100, hidden=24):
        super().__init__()
        self.emb = nn.Embedding(vocab, hidden, padding_idx=0)
        self.enc = nn.LSTM(hidden, hidden, batch_first=True, bidirectional=True)
        self.qa_outputs = nn.Linear(2 * hidden, 2)

    def forward(self, input_ids, start_positions=None, end_positions=None):
        logits = self.qa_outputs(self.enc(self.emb(input_ids))[0])
        start_logits, end_logits = logits.split(1, dim=-1)
        start_logits = start_logits.squeeze(-1).contiguous()
        end_logits = end_logits.squeeze(-1).contiguous()
        if start_positions is None:
            return start_logits, end_logits
        # sometimes the positions are outside of the model inputs, those are ignored
        ignored_index = start_logits.size(1)
        start_positions = start_positions.clamp(0, ignored_index)
        end_positions = end_positions.clamp(0, ignored_index)
        loss_fct = nn.CrossEntropyLoss(ignore_index=ignored_index)
        start_loss = loss_fct(start_logits, start_positions)  # ok: SG101, SG108, SG204
        end_loss = loss_fct(end_logits, end_positions)  # ok: SG101, SG108
        return (start_loss + end_loss) / 2


if __name__ == "__main__":
    ids = pad_sequence([torch.randint(1, 100, (n,)) for n in (12, 8, 15)], batch_first=True)
    Reader()(ids, torch.tensor([1, 3, 20]), torch.tensor([4, 3, 22])).backward()
