import torch
import torch.nn as nn
from torchtext.legacy.data import BucketIterator, Field, TabularDataset

WORD = Field(lower=True, batch_first=True)
TAG = Field(unk_token=None, batch_first=True)
train_data, test_data = TabularDataset.splits(path="data", train="train.tsv", test="test.tsv", format="tsv",
                                              fields=[("words", WORD), ("tags", TAG)])
WORD.build_vocab(train_data, min_freq=2)
TAG.build_vocab(train_data)
TAG_PAD_IDX = TAG.vocab.stoi[TAG.pad_token]
train_it, test_it = BucketIterator.splits((train_data, test_data), batch_size=64, sort_key=lambda x: len(x.words))


class BiLSTMPOSTagger(nn.Module):
    def __init__(self, input_dim, output_dim, pad_idx):
        super().__init__()
        self.embedding = nn.Embedding(input_dim, 100, padding_idx=pad_idx)
        self.lstm = nn.LSTM(100, 128, num_layers=2, bidirectional=True, batch_first=True)
        self.fc = nn.Linear(256, output_dim)

    def forward(self, text):
        outputs, _ = self.lstm(self.embedding(text))
        return self.fc(outputs)


model = BiLSTMPOSTagger(len(WORD.vocab), len(TAG.vocab), WORD.vocab.stoi[WORD.pad_token])
criterion = nn.CrossEntropyLoss(ignore_index=TAG_PAD_IDX)
optimizer = torch.optim.Adam(model.parameters())


def train(iterator):
    for batch in iterator:
        optimizer.zero_grad()
        predictions = model(batch.words)
        predictions = predictions.view(-1, predictions.shape[-1])
        tags = batch.tags.view(-1)
        loss = criterion(predictions, tags)  # ok: SG201, SG202, SG204, SG104
        loss.backward()
        optimizer.step()


for epoch in range(5):
    train(train_it)
