import torch
import torch.nn as nn
from transformers import BertModel, BertTokenizerFast

tokenizer = BertTokenizerFast.from_pretrained("bert-base-cased")


class BertTagger(nn.Module):
    def __init__(self, num_labels):
        super().__init__()
        self.num_labels = num_labels
        self.bert = BertModel.from_pretrained("bert-base-cased")
        self.classifier = nn.Linear(768, num_labels)

    def forward(self, input_ids, attention_mask):
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self.classifier(hidden)


def train_step(model, sentences, labels, optimizer):
    enc = tokenizer(sentences, is_split_into_words=True, padding=True, truncation=True, return_tensors="pt")
    logits = model(enc["input_ids"], enc["attention_mask"])
    keep = enc["attention_mask"].view(-1).bool()
    active_logits = logits.view(-1, model.num_labels)[keep]
    active_labels = labels.view(-1)[keep]
    loss = nn.functional.cross_entropy(active_logits, active_labels)  # ok: SG208
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
