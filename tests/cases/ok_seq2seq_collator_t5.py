from torch.optim import AdamW
from torch.utils.data import DataLoader
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer, DataCollatorForSeq2Seq

tokenizer = AutoTokenizer.from_pretrained("google/mt5-small")
model = AutoModelForSeq2SeqLM.from_pretrained("google/mt5-small")


def preprocess(pair):
    return tokenizer(pair["de"], text_target=pair["en"], truncation=True, max_length=128)


def main(pairs):
    data = [preprocess(p) for p in pairs]
    loader = DataLoader(data, batch_size=8, shuffle=True, collate_fn=DataCollatorForSeq2Seq(tokenizer, model=model))
    opt = AdamW(model.parameters(), lr=3e-4)
    for batch in loader:
        out = model(**batch)  # ok: SG201, SG202, SG501
        out.loss.backward()
        opt.step()
        opt.zero_grad()


if __name__ == "__main__":
    main([{"de": "guten tag", "en": "good day"}, {"de": "danke", "en": "thank you very much"}])
