import torch
from torch import nn


def main(steps=12, batch=4, vocab=18):
    emb, rnn, fc = nn.Embedding(vocab, 8), nn.RNN(8, 8), nn.Linear(8, vocab)
    text = torch.randint(0, vocab, (steps, batch))  # columns are independent streams
    logits = fc(rnn(emb(text))[0])
    criterion = nn.CrossEntropyLoss()
    # cutting the first axis of a contiguous tensor keeps it contiguous
    loss = criterion(logits[:-1].view(-1, vocab), text[1:].view(-1))  # ok: SG107, SG102, SG501
    loss.backward()

    one_row = text[:, :1]
    single = logits[:, :1].detach()
    print(criterion(single.squeeze(1)[:-1], one_row.squeeze(1)[1:]).item())  # ok: SG107, SG101
    print(loss.item())


if __name__ == "__main__":
    main()
