import torch
from torch.utils.data import DataLoader, Dataset
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel


class Blocks(Dataset):
    def __init__(self, path, tokenizer, block=256):
        ids = tokenizer(open(path).read())["input_ids"]
        self.chunks = [ids[i:i + block + 1] for i in range(0, len(ids) - block - 1, block)]

    def __len__(self):
        return len(self.chunks)

    def __getitem__(self, i):
        chunk = torch.tensor(self.chunks[i])
        return chunk[:-1], chunk[1:]


def pretrain(path, epochs=1):
    tokenizer = AutoTokenizer.from_pretrained("gpt2")
    model = GPT2LMHeadModel(GPT2Config(n_layer=4, n_head=4, n_embd=256))
    opt = torch.optim.AdamW(model.parameters(), lr=6e-4)
    for epoch in range(epochs):
        for x, y in DataLoader(Blocks(path, tokenizer), batch_size=8, shuffle=True):
            out = model(input_ids=x, labels=y)  # SG501
            out.loss.backward()
            opt.step()
            opt.zero_grad()
        print(epoch, out.loss.item())


if __name__ == "__main__":
    pretrain("input.txt")
