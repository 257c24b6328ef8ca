"""Two axes have as many entries each: which of them a softmax ran over is not told by its size."""
import torch
import torch.nn.functional as F

scores = torch.randn(4, 7, 7, requires_grad=True)
target = torch.tensor([[0, 1, 0, 1, 1, 0, 1]] * 4)

whole = F.log_softmax(scores, dim=-1)
F.nll_loss(whole.transpose(1, 2), target).backward()  # ok: SG403
F.nll_loss(F.log_softmax(scores, dim=-1)[:, :, :2].transpose(1, 2), target).backward()  # ok: SG403
F.nll_loss(F.log_softmax(scores, dim=-1).index_select(-1, torch.tensor([2, 5])).transpose(1, 2), target).backward()  # ok: SG403
F.nll_loss(F.log_softmax(scores, dim=-1).narrow(-1, 0, 2).transpose(1, 2), target).backward()  # ok: SG403

longer = torch.randn(4, 9, 7, requires_grad=True)
cut = F.log_softmax(longer, dim=-1)[:, :7]
F.nll_loss(cut[:, :, :3].transpose(1, 2), target).backward()  # ok: SG403
