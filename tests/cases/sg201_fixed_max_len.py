import torch
import torch.nn.functional as F
from torch import nn

MAX_LEN = 12
PAD_TOKEN = 0
SOS_TOKEN = 1
EOS_TOKEN = 2


def encode(word2id, sentence):
    ids = [SOS_TOKEN] + [word2id[w] for w in sentence.split()] + [EOS_TOKEN]
    ids = ids[:MAX_LEN]
    ids += [PAD_TOKEN] * (MAX_LEN - len(ids))
    return ids


class Chatbot(nn.Module):
    def __init__(self, vocab, hidden=32):
        super().__init__()
        self.embedding = nn.Embedding(vocab, hidden)
        self.encoder = nn.GRU(hidden, hidden, batch_first=True)
        self.decoder = nn.GRU(hidden, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, question, answer):
        _, h = self.encoder(self.embedding(question))
        out, _ = self.decoder(self.embedding(answer), h)
        return self.out(out)


def main():
    pairs = [("how are you", "fine thanks"), ("what is your name", "i am a bot"), ("bye", "see you")]
    words = sorted({w for p in pairs for s in p for w in s.split()})
    word2id = {w: i + 3 for i, w in enumerate(words)}
    questions = torch.tensor([encode(word2id, q) for q, _ in pairs])
    answers = torch.tensor([encode(word2id, a) for _, a in pairs])
    bot = Chatbot(len(word2id) + 3)
    optim = torch.optim.Adam(bot.parameters(), lr=1e-3)
    for epoch in range(3):
        logits = bot(questions, answers[:, :-1])
        loss = F.cross_entropy(logits.permute(0, 2, 1), answers[:, 1:])  # SG201
        optim.zero_grad()
        loss.backward()
        optim.step()
        print(f"epoch {epoch}: {loss.item():.4f}")


if __name__ == "__main__":
    main()
