import torch
from torch import nn, optim
from torch.nn.utils.rnn import pack_padded_sequence


class DecoderWithAttention(nn.Module):
    def __init__(self, vocab_size, encoder_dim=12, dim=16):
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, dim)
        self.decode_step = nn.LSTMCell(dim + encoder_dim, dim)
        self.init_h, self.init_c = nn.Linear(encoder_dim, dim), nn.Linear(encoder_dim, dim)
        self.fc = nn.Linear(dim, vocab_size)

    def forward(self, encoder_out, encoded_captions, caption_lengths):
        caption_lengths, sort_ind = caption_lengths.squeeze(1).sort(dim=0, descending=True)
        encoder_out, encoded_captions = encoder_out[sort_ind], encoded_captions[sort_ind]
        embeddings = self.embedding(encoded_captions)
        h, c = self.init_h(encoder_out), self.init_c(encoder_out)
        decode_lengths = (caption_lengths - 1).tolist()
        predictions = torch.zeros(encoder_out.size(0), max(decode_lengths), self.vocab_size)
        for t in range(max(decode_lengths)):
            batch_size_t = sum(n > t for n in decode_lengths)
            h, c = self.decode_step(torch.cat([embeddings[:batch_size_t, t], encoder_out[:batch_size_t]], dim=1),
                                    (h[:batch_size_t], c[:batch_size_t]))
            predictions[:batch_size_t, t, :] = self.fc(h)
        return predictions, encoded_captions, decode_lengths, sort_ind


def main():
    captions = [[1, 5, 6, 7, 2], [1, 8, 2], [1, 9, 10, 2]]
    max_len = 12
    caps = torch.tensor([c + [0] * (max_len - len(c)) for c in captions])
    caplens = torch.tensor([[len(c)] for c in captions])
    decoder = DecoderWithAttention(11)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(decoder.parameters())
    scores, caps_sorted, decode_lengths, _ = decoder(torch.randn(3, 12), caps, caplens)
    targets = caps_sorted[:, 1:]
    scores = pack_padded_sequence(scores, decode_lengths, batch_first=True).data
    targets = pack_padded_sequence(targets, decode_lengths, batch_first=True).data
    loss = criterion(scores, targets)  # ok: SG201, SG102, SG106, SG501
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


if __name__ == "__main__":
    main()
