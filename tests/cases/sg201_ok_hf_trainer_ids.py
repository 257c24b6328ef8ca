import torch
from torch import nn
from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("gpt2")
tokenizer.add_special_tokens({"pad_token": "<pad>"})
model = AutoModelForCausalLM.from_pretrained("gpt2")
model.resize_token_embeddings(len(tokenizer))


class PoemTrainer(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        logits = outputs.logits[:, :-1, :].contiguous()
        labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)[:, 1:].contiguous()
        loss = nn.CrossEntropyLoss()(logits.view(-1, logits.size(-1)), labels.view(-1))  # ok: SG201
        return (loss, outputs) if return_outputs else loss


def collate(poems):
    return tokenizer(poems, padding="max_length", truncation=True, max_length=128, return_tensors="pt")


if __name__ == "__main__":
    poems = ["roses are red", "violets are blue, sugar is sweet"]
    args = TrainingArguments("poems", per_device_train_batch_size=2, remove_unused_columns=False)
    trainer = PoemTrainer(model=model, args=args, train_dataset=poems, data_collator=collate)
    trainer.train()
