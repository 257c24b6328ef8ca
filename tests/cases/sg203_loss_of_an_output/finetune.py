import torch
from torch.utils.data import DataLoader

from dialog_data import DialogDataset
from setup_model import load


def main():
    tokenizer, model = load()
    data = DialogDataset(["hello there", "how are you doing today"], tokenizer)
    loader = DataLoader(data, batch_size=2, shuffle=True)
    optim = torch.optim.AdamW(model.parameters(), lr=5e-5)
    model.train()
    for epoch in range(3):
        for batch in loader:
            batch = {k: v.to(model.device) for k, v in batch.items()}
            out = model(**batch)  # SG203
            out.loss.backward()
            optim.step()
            optim.zero_grad()


if __name__ == "__main__":
    main()
