"""The ignored id also ends the sequences, so the end is never learned: the gradient at every end token is exactly 0.

Found late, as a model that never stops. Typical: `tokenizer.pad_token = tokenizer.eos_token`, and then the labels are masked
by that id rather than by the attention mask.
"""

from collections.abc import Iterator

from shapeguard.rule import (
    LossCall,
    Report,
    Rule,
    Same,
    WrongNumber,
    ZeroGradient,
    ends_of,
    holds_end,
    ignored_by_id,
    same_id,
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
        for ignored, left_out in ignored_by_id(loss):
            for end, written in ends_of(loss):
                if same_id(ignored, end) is Same.YES and end not in loss.scored:
                    seen = holds_end(loss, end)
                    yield Report(
                        f"{loss.spelling} leaves out id {ignored}, which also ends the sequences: the model never learns to stop"
                        if seen
                        else f"{loss.spelling} leaves out id {ignored}, which is the one for the end of a sequence: where rows hold it "
                        "(none was seen to be put there), the model never learns to stop",
                        (written, left_out),
                        "pad labels with -100, or mask them by length or attention_mask; without ignore_index the padding would count"
                        if takes_ignored_id(loss)
                        else "mask by length or attention_mask: this id does not tell the padding from the end",
                        certain=seen,
                    )
                    return
