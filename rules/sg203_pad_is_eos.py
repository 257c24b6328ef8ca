"""The ignored id also ends the sequences, so the end is never learned: the gradient at every end token is exactly 0.

Found late, as a model that never stops. Typical: `tokenizer.pad_token = tokenizer.eos_token`, and then the labels are masked
by that id rather than by the attention mask. Rows that were not seen to hold an end may have none to lose, as the windows of a long
text: of those nothing is said, and the inventory says that it is not known.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    LossCall,
    Report,
    Rule,
    WrongNumber,
    ZeroGradient,
    left_out_end,
    takes_ignored_id,
)

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

EOS = 0


def step(logits: Float[Tensor, "B T V"], texts: list[list[int]]) -> Tensor:
    rows = [torch.tensor(ids + [EOS]) for ids in texts]
    targets = pad_sequence(rows, batch_first=True, padding_value={})
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten(){})
"""
GIVEN = """
def given():
    texts = [[3, 1, 4, 1], [5, 2], [6]]
    return {"logits": torch.randn(3, 5, 7, requires_grad=True), "texts": texts}
"""
TRUTH = """
def truth(logits, texts):
    rows = [ids + [0] for ids in texts]
    kept = torch.cat([x[: len(r)] for x, r in zip(logits, rows)])
    return masked_cross_entropy(kept, torch.tensor(sum(rows, [])))
"""


class PadIsEos(Rule):
    code = "SG203"
    name = "pad-is-eos"
    bad = PROGRAM.format("EOS", ", ignore_index=EOS")
    good = PROGRAM.format("-100", "")
    given = GIVEN
    truth = TRUTH
    claims = (WrongNumber(), ZeroGradient("logits", "torch.arange(3), torch.tensor([len(t) for t in texts])"))

    def check(self, loss: LossCall) -> Iterator[Report]:
        end = left_out_end(loss)
        if end is not None and end.held:
            yield Report(
                f"{loss.spelling} leaves out id {end.id}, which also ends the sequences: the model never learns to stop",
                (end.written, end.left_out),
                "pad labels with -100, or mask them by length or attention_mask; without ignore_index the padding would count"
                if takes_ignored_id(loss)
                else "mask by length or attention_mask: this id does not tell the padding from the end",
            )
