import torch
import torch.nn as nn
from transformers import AutoModelForCausalLM, AutoTokenizer

model_name = "distilgpt2"
tok = AutoTokenizer.from_pretrained(model_name)
tok.pad_token = tok.eos_token
model = AutoModelForCausalLM.from_pretrained(model_name)
loss_fct = nn.CrossEntropyLoss(ignore_index=tok.pad_token_id)


def step(jokes, optimizer):
    enc = tok([j + tok.eos_token for j in jokes], return_tensors="pt", padding="longest")
    out = model(input_ids=enc.input_ids, attention_mask=enc.attention_mask)
    shift_logits = out.logits[..., :-1, :].contiguous()
    shift_labels = enc.input_ids[..., 1:].contiguous()
    loss = loss_fct(shift_logits.view(-1, shift_logits.size(-1)), shift_labels.view(-1))  # SG203
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


if __name__ == "__main__":
    opt = torch.optim.AdamW(model.parameters(), lr=1e-5)
    for _ in range(100):
        print(step(["why did the chicken cross the road", "knock knock"], opt))
