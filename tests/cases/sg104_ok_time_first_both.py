import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence

PAD_IDX, BOS_IDX, EOS_IDX = 1, 2, 3


class Seq2SeqTransformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, emb=16):
        super().__init__()
        self.transformer = nn.Transformer(d_model=emb, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=32, dropout=0.1)
        self.generator = nn.Linear(emb, tgt_vocab)
        self.src_tok_emb = nn.Embedding(src_vocab, emb)
        self.tgt_tok_emb = nn.Embedding(tgt_vocab, emb)

    def forward(self, src, trg, tgt_mask, src_padding_mask, tgt_padding_mask):
        outs = self.transformer(self.src_tok_emb(src), self.tgt_tok_emb(trg), None, tgt_mask, None,
                                src_padding_mask, tgt_padding_mask, src_padding_mask)
        return self.generator(outs)


def collate_fn(batch):
    src_batch, tgt_batch = [], []
    for src, tgt in batch:
        src_batch.append(torch.tensor([BOS_IDX] + src + [EOS_IDX]))
        tgt_batch.append(torch.tensor([BOS_IDX] + tgt + [EOS_IDX]))
    return pad_sequence(src_batch, padding_value=PAD_IDX), pad_sequence(tgt_batch, padding_value=PAD_IDX)


loss_fn = nn.CrossEntropyLoss(ignore_index=PAD_IDX)

if __name__ == "__main__":
    pairs = [([5, 6, 7], [8, 9]), ([4], [10, 11, 12, 13]), ([9, 8], [7])]
    model = Seq2SeqTransformer(20, 20)
    src, tgt = collate_fn(pairs)
    tgt_input = tgt[:-1, :]
    tgt_mask = torch.triu(torch.ones(tgt_input.size(0), tgt_input.size(0), dtype=torch.bool), 1)
    src_pad, tgt_pad = (src == PAD_IDX).transpose(0, 1), (tgt_input == PAD_IDX).transpose(0, 1)
    logits = model(src, tgt_input, tgt_mask, src_pad, tgt_pad)
    tgt_out = tgt[1:, :]
    loss = loss_fn(logits.reshape(-1, logits.shape[-1]), tgt_out.reshape(-1))  # ok: SG104, SG201, SG202, SG501
    loss.backward()
    print(loss.item())
