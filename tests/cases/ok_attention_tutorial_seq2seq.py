# https style: [trg len, batch size] everywhere, first step dropped on both sides
import random
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence


class Encoder(nn.Module):
    def __init__(self, input_dim, emb_dim, hid_dim):
        super().__init__()
        self.embedding = nn.Embedding(input_dim, emb_dim)
        self.rnn = nn.GRU(emb_dim, hid_dim)

    def forward(self, src):
        # src = [src len, batch size]
        outputs, hidden = self.rnn(self.embedding(src))
        return outputs, hidden.squeeze(0)


class Attention(nn.Module):
    def __init__(self, hid_dim):
        super().__init__()
        self.attn = nn.Linear(2 * hid_dim, hid_dim)
        self.v = nn.Linear(hid_dim, 1, bias=False)

    def forward(self, hidden, encoder_outputs):
        src_len = encoder_outputs.shape[0]
        hidden = hidden.unsqueeze(1).repeat(1, src_len, 1)
        energy = torch.tanh(self.attn(torch.cat((hidden, encoder_outputs.permute(1, 0, 2)), dim=2)))
        return torch.softmax(self.v(energy).squeeze(2), dim=1)


class Decoder(nn.Module):
    def __init__(self, output_dim, emb_dim, hid_dim):
        super().__init__()
        self.output_dim = output_dim
        self.attention = Attention(hid_dim)
        self.embedding = nn.Embedding(output_dim, emb_dim)
        self.rnn = nn.GRU(hid_dim + emb_dim, hid_dim)
        self.fc_out = nn.Linear(2 * hid_dim + emb_dim, output_dim)

    def forward(self, inp, hidden, encoder_outputs):
        embedded = self.embedding(inp.unsqueeze(0))
        a = self.attention(hidden, encoder_outputs).unsqueeze(1)
        weighted = torch.bmm(a, encoder_outputs.permute(1, 0, 2)).permute(1, 0, 2)
        output, hidden = self.rnn(torch.cat((embedded, weighted), dim=2), hidden.unsqueeze(0))
        prediction = self.fc_out(torch.cat((output.squeeze(0), weighted.squeeze(0), embedded.squeeze(0)), dim=1))
        return prediction, hidden.squeeze(0)


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, src, trg, teacher_forcing_ratio=0.5):
        batch_size, trg_len = trg.shape[1], trg.shape[0]
        outputs = torch.zeros(trg_len, batch_size, self.decoder.output_dim)
        encoder_outputs, hidden = self.encoder(src)
        inp = trg[0, :]
        for t in range(1, trg_len):
            output, hidden = self.decoder(inp, hidden, encoder_outputs)
            outputs[t] = output
            inp = trg[t] if random.random() < teacher_forcing_ratio else output.argmax(1)
        return outputs


TRG_PAD_IDX = 1
criterion = nn.CrossEntropyLoss(ignore_index=TRG_PAD_IDX)

if __name__ == "__main__":
    src = pad_sequence([torch.randint(4, 20, (n,)) for n in (6, 4)], padding_value=1)
    trg = pad_sequence([torch.tensor([2, 5, 6, 7, 3]), torch.tensor([2, 8, 3])], padding_value=TRG_PAD_IDX)
    model = Seq2Seq(Encoder(20, 8, 12), Decoder(15, 8, 12))
    output = model(src, trg)
    output_dim = output.shape[-1]
    output = output[1:].view(-1, output_dim)
    trg = trg[1:].view(-1)
    loss = criterion(output, trg)  # ok: SG104, SG107, SG201, SG202, SG501
    loss.backward()
