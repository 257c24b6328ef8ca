"""Masked language model and next sentence prediction share one criterion."""
import random
import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

PAD, CLS, SEP, MASK = 0, 1, 2, 3


class BERTDataset(Dataset):
    def __init__(self, n=12, seq_len=16, vocab=50):
        self.n, self.seq_len, self.vocab = n, seq_len, vocab

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        words = [random.randrange(4, self.vocab) for _ in range(random.randint(5, self.seq_len - 2))]
        is_next = random.randint(0, 1)
        inp, label = [CLS], [PAD]
        for w in words:
            if random.random() < 0.15:
                inp.append(MASK)
                label.append(w)
            else:
                inp.append(w)
                label.append(PAD)
        inp.append(SEP)
        label.append(PAD)
        fill = [PAD] * (self.seq_len - len(inp))
        return {"bert_input": torch.tensor(inp + fill), "bert_label": torch.tensor(label + fill), "is_next": torch.tensor(is_next)}


class BERTLM(nn.Module):
    def __init__(self, vocab, hidden=24):
        super().__init__()
        self.emb = nn.Embedding(vocab, hidden, padding_idx=PAD)
        self.enc = nn.TransformerEncoderLayer(hidden, 2, 48, batch_first=True)
        self.next_sentence = nn.Linear(hidden, 2)
        self.mask_lm = nn.Linear(hidden, vocab)

    def forward(self, x):
        h = self.enc(self.emb(x))
        return self.next_sentence(h[:, 0]).log_softmax(-1), self.mask_lm(h).log_softmax(-1)


class BERTTrainer:
    def __init__(self, model, loader):
        self.model, self.loader = model, loader
        self.criterion = nn.NLLLoss(ignore_index=0)
        self.next_criterion = nn.NLLLoss()
        self.optim = torch.optim.Adam(model.parameters())

    def train(self):
        for data in self.loader:
            next_sent_output, mask_lm_output = self.model(data["bert_input"])
            next_loss = self.next_criterion(next_sent_output, data["is_next"])  # ok: SG204
            mask_loss = self.criterion(mask_lm_output.transpose(1, 2), data["bert_label"])  # ok: SG204, SG201, SG101
            loss = next_loss + mask_loss
            self.optim.zero_grad()
            loss.backward()
            self.optim.step()


if __name__ == "__main__":
    random.seed(1)
    BERTTrainer(BERTLM(50), DataLoader(BERTDataset(), batch_size=6)).train()
