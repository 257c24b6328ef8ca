import torch
import torch.nn.functional as F


def caption_loss(scores, captions, pad_id=0):
    """
    scores: [batch, max_len, vocab]
    captions: [batch, max_len + 1], with <start> in front
    """
    batch, max_len, vocab = scores.shape
    scores = scores.reshape(batch * max_len, vocab)
    captions = captions[:, 1:].reshape(-1)
    return F.cross_entropy(scores, captions, ignore_index=pad_id)  # ok: SG102


if __name__ == "__main__":
    caps = torch.randint(1, 30, (3, 9))
    s = torch.randn(3, 8, 30, requires_grad=True)
    caption_loss(s, caps).backward()
