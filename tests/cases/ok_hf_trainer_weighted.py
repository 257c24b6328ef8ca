import torch
from torch import nn
from transformers import (AutoModelForTokenClassification, AutoTokenizer, DataCollatorForTokenClassification, Trainer, TrainingArguments)

label_list = ["O", "B-DRUG", "I-DRUG"]
tokenizer = AutoTokenizer.from_pretrained("bert-base-cased")
model = AutoModelForTokenClassification.from_pretrained("bert-base-cased", num_labels=len(label_list))


def tokenize_and_align(example):
    enc = tokenizer(example["tokens"], truncation=True, is_split_into_words=True)
    previous, labels = None, []
    for word in enc.word_ids():
        if word is None or word == previous:
            labels.append(-100)
        else:
            labels.append(example["tags"][word])
        previous = word
    enc["labels"] = labels
    return enc


class WeightedTrainer(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        logits = outputs.get("logits")
        loss_fct = nn.CrossEntropyLoss(weight=torch.tensor([0.2, 1.0, 1.0], device=logits.device))
        loss = loss_fct(logits.view(-1, self.model.config.num_labels), labels.view(-1))  # ok: SG201, SG202, SG101
        return (loss, outputs) if return_outputs else loss


if __name__ == "__main__":
    train = [tokenize_and_align({"tokens": ["take", "aspirin"], "tags": [0, 1]})]
    trainer = WeightedTrainer(model=model, args=TrainingArguments("out"), train_dataset=train,
                              data_collator=DataCollatorForTokenClassification(tokenizer))
    trainer.train()
