import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence


class TokenClassifier(nn.Module):
    def __init__(self, vocab, num_labels):
        super().__init__()
        self.num_labels = num_labels
        self.embeddings = nn.Embedding(vocab, 24, padding_idx=0)
        self.encoder = nn.LSTM(24, 12, bidirectional=True, batch_first=True)
        self.classifier = nn.Linear(24, num_labels)

    def forward(self, input_ids, attention_mask=None, labels=None):
        sequence_output, _ = self.encoder(self.embeddings(input_ids))
        logits = self.classifier(sequence_output)
        if labels is None:
            return logits
        loss_fct = nn.CrossEntropyLoss()
        if attention_mask is not None:
            # only the active parts
            active_loss = attention_mask.view(-1) == 1
            active_logits = logits.view(-1, self.num_labels)[active_loss]
            active_labels = labels.view(-1)[active_loss]
            loss = loss_fct(active_logits, active_labels)  # ok: SG201, SG102, SG208
        else:
            loss = loss_fct(logits.view(-1, self.num_labels), labels.view(-1))
        return loss


if __name__ == "__main__":
    ids = [torch.randint(1, 30, (n,)) for n in (3, 5)]
    x = pad_sequence(ids, batch_first=True)
    y = pad_sequence([torch.randint(0, 4, (len(i),)) for i in ids], batch_first=True)
    net = TokenClassifier(30, 4)
    net(x, (x != 0).long(), y).backward()
