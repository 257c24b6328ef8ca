import torch.nn as nn

criterion = nn.CrossEntropyLoss(ignore_index=0)


def train_step(model, optimizer, src, trg, clip):
    # src: (batch, src_len)   trg: (batch, trg_len)
    optimizer.zero_grad()
    output = model(src, trg[:, :-1])  # (batch, trg_len - 1, vocab_size)
    target = trg[:, 1:]  # (batch, trg_len - 1)
    loss = criterion(output, target)  # SG101
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return loss.item()
