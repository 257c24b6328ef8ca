"""Show and tell: the image embedding is the first input of the decoder, so that T inputs give T outputs."""
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence


class EncoderCNN(nn.Module):
    def __init__(self, embed_size):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, stride=2)
        self.linear = nn.Linear(8, embed_size)

    def forward(self, images):
        features = torch.relu(self.conv(images)).mean(dim=(2, 3))
        return self.linear(features)


class DecoderRNN(nn.Module):
    def __init__(self, embed_size, hidden_size, vocab_size):
        super().__init__()
        self.embed = nn.Embedding(vocab_size, embed_size)
        self.lstm = nn.LSTM(embed_size, hidden_size, batch_first=True)
        self.linear = nn.Linear(hidden_size, vocab_size)

    def forward(self, features, captions, lengths):
        embeddings = self.embed(captions)
        embeddings = torch.cat((features.unsqueeze(1), embeddings), 1)
        packed = pack_padded_sequence(embeddings, lengths, batch_first=True)
        hiddens, _ = self.lstm(packed)
        return self.linear(hiddens[0])


def collate(data):
    data.sort(key=lambda x: len(x[1]), reverse=True)
    images, captions = zip(*data)
    images = torch.stack(images, 0)
    lengths = [len(cap) for cap in captions]
    targets = torch.zeros(len(captions), max(lengths)).long()
    for i, cap in enumerate(captions):
        end = lengths[i]
        targets[i, :end] = cap[:end]
    return images, targets, lengths


def main():
    samples = [(torch.randn(3, 16, 16), torch.randint(1, 30, (n,))) for n in (5, 9, 7)]
    images, captions, lengths = collate(samples)
    encoder, decoder = EncoderCNN(12), DecoderRNN(12, 16, 30)
    criterion = nn.CrossEntropyLoss()
    targets = pack_padded_sequence(captions, lengths, batch_first=True)[0]
    outputs = decoder(encoder(images), captions, lengths)
    loss = criterion(outputs, targets)  # ok: SG102, SG201, SG501
    loss.backward()
    print(loss.item())


if __name__ == "__main__":
    main()
