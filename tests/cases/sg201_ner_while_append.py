"""NER; the shorter sentences of a batch are filled up."""
import torch
from torch import nn

tag2ix = {"O": 0, "B-PER": 1, "I-PER": 2, "B-LOC": 3, "<PAD>": 4}
word2ix = {"<PAD>": 0, "john": 1, "smith": 2, "lives": 3, "in": 4, "paris": 5, "hello": 6}

train_data = [
    ("john smith lives in paris".split(), "B-PER I-PER O O B-LOC".split()),
    ("hello john".split(), "O B-PER".split()),
]


def to_batch(data):
    max_len = max(len(words) for words, _ in data)
    xs, ys = [], []
    for words, tags in data:
        x = [word2ix[w] for w in words]
        y = [tag2ix[t] for t in tags]
        while len(x) < max_len:
            x.append(word2ix["<PAD>"])
            y.append(tag2ix["<PAD>"])
        xs.append(x)
        ys.append(y)
    return torch.LongTensor(xs), torch.LongTensor(ys)


class LSTMTagger(nn.Module):
    def __init__(self, embedding_dim, hidden_dim, vocab_size, tagset_size):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab_size, embedding_dim)
        self.lstm = nn.LSTM(embedding_dim, hidden_dim, batch_first=True)
        self.hidden2tag = nn.Linear(hidden_dim, tagset_size)

    def forward(self, sentences):
        out, _ = self.lstm(self.word_embeddings(sentences))
        return torch.log_softmax(self.hidden2tag(out), dim=2)


if __name__ == "__main__":
    model = LSTMTagger(6, 6, len(word2ix), len(tag2ix))
    loss_function = nn.NLLLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = to_batch(train_data)
    for _ in range(3):
        model.zero_grad()
        tag_scores = model(x)
        loss = loss_function(tag_scores.view(-1, len(tag2ix)), y.view(-1))  # SG201
        loss.backward()
        optimizer.step()
