from accelerate import Accelerator
from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling


def main(name="EleutherAI/pythia-160m"):
    accelerator = Accelerator()
    tokenizer = AutoTokenizer.from_pretrained(name)
    tokenizer.add_special_tokens({"pad_token": "<|padding|>"})
    model = AutoModelForCausalLM.from_pretrained(name)
    model.resize_token_embeddings(len(tokenizer))

    def tokenize(text):
        return tokenizer(text + tokenizer.eos_token, truncation=True, max_length=512)

    dataset = [tokenize(t) for t in ("first document", "and a second, longer one")]
    data_collator = DataCollatorForLanguageModeling(tokenizer=tokenizer, mlm=False)
    loader = DataLoader(dataset, shuffle=True, batch_size=2, collate_fn=data_collator)
    optimizer = AdamW(model.parameters(), lr=2e-5)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)

    model.train()
    for batch in loader:
        outputs = model(**batch)  # ok: SG203
        accelerator.backward(outputs.loss)
        optimizer.step()
        optimizer.zero_grad()


if __name__ == "__main__":
    main()
