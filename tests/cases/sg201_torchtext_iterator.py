import torch
import torch.nn as nn
import torch.optim as optim
from torchtext.data import BucketIterator, Field
from torchtext.datasets import Multi30k

SRC = Field(tokenize=str.split, init_token="<sos>", eos_token="<eos>", lower=True)
TRG = Field(tokenize=str.split, init_token="<sos>", eos_token="<eos>", lower=True)

train_data, valid_data, test_data = Multi30k.splits(exts=(".de", ".en"), fields=(SRC, TRG))
SRC.build_vocab(train_data, min_freq=2)
TRG.build_vocab(train_data, min_freq=2)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
train_iterator, valid_iterator = BucketIterator.splits((train_data, valid_data), batch_size=128, device=device)


class Seq2Seq(nn.Module):
    def __init__(self, input_dim, output_dim, emb_dim=256, hid_dim=512):
        super().__init__()
        self.enc_emb = nn.Embedding(input_dim, emb_dim)
        self.dec_emb = nn.Embedding(output_dim, emb_dim)
        self.encoder = nn.LSTM(emb_dim, hid_dim)
        self.decoder = nn.LSTM(emb_dim, hid_dim)
        self.fc_out = nn.Linear(hid_dim, output_dim)

    def forward(self, src, trg):
        # src = [src len, batch size], trg = [trg len, batch size]
        _, state = self.encoder(self.enc_emb(src))
        outputs, _ = self.decoder(self.dec_emb(trg), state)
        return self.fc_out(outputs)


model = Seq2Seq(len(SRC.vocab), len(TRG.vocab)).to(device)
optimizer = optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss()


def train(model, iterator, optimizer, criterion, clip):
    model.train()
    epoch_loss = 0
    for i, batch in enumerate(iterator):
        src = batch.src
        trg = batch.trg
        optimizer.zero_grad()
        output = model(src, trg[:-1])
        output_dim = output.shape[-1]
        output = output.view(-1, output_dim)
        trg = trg[1:].view(-1)
        loss = criterion(output, trg)  # SG201
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        epoch_loss += loss.item()
    return epoch_loss / len(iterator)


for epoch in range(10):
    print(epoch, train(model, train_iterator, optimizer, criterion, 1))
