import torch
from torch import nn
from transformers import T5ForConditionalGeneration, T5TokenizerFast

tok = T5TokenizerFast.from_pretrained("t5-base")
model = T5ForConditionalGeneration.from_pretrained("t5-base")
loss_fn = nn.CrossEntropyLoss(ignore_index=-100)


def train_step(articles, headlines, optimizer):
    src = tok(articles, padding=True, truncation=True, return_tensors="pt")
    tgt = tok(headlines, padding=True, truncation=True, return_tensors="pt")
    labels = tgt.input_ids
    decoder_input_ids = model._shift_right(labels)
    logits = model(input_ids=src.input_ids, attention_mask=src.attention_mask, decoder_input_ids=decoder_input_ids).logits
    loss = loss_fn(logits.view(-1, logits.size(-1)), labels.view(-1))  # SG202
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
