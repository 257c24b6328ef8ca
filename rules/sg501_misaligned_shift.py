"""A next-token loss must score position t on token t + 1, once: no shift rewards copying, two shifts skip a token.

Without a shift the loss goes to 0, because the model sees the answer. Shifted in the dataset and again in the loss it still
falls, and the model learns to predict the token after the next.
"""

from collections.abc import Iterator

from shapeguard.rule import LossCall, Report, Rule, WrongNumber, counts_differ, is_next_token, offsets

PROGRAM = """
import torch
import torch.nn.functional as F
from jaxtyping import Int
from torch import Tensor, nn


def step(ids: Int[Tensor, "B T"]) -> Tensor:
    torch.manual_seed(0)
    embed, lstm, head = nn.Embedding(7, 8), nn.LSTM(8, 8, batch_first=True), nn.Linear(8, 7)
    logits = head(lstm(embed(ids))[0])
    return F.cross_entropy({}.flatten(0, 1), {}.flatten())
"""
TRUTH = """
def truth(ids):
    torch.manual_seed(0)
    embed, lstm, head = nn.Embedding(7, 8), nn.LSTM(8, 8), nn.Linear(8, 7)
    logits = torch.stack([head(lstm(embed(row))[0]) for row in ids])
    return masked_cross_entropy(logits[:, :-1], ids[:, 1:])
"""
CUT_ALIKE = (
    "from the uncut ids, cut the inputs [:, :-1] and the labels [:, 1:]; "
    "to cut what is cut already loses the last token, which ends the row"
)


class MisalignedShift(Rule):
    code = "SG501"
    name = "misaligned-shift"
    of_data = True
    bad = PROGRAM.format("logits", "ids")
    good = PROGRAM.format("logits[:, :-1]", "ids[:, 1:]")
    given = "def given():\n    return {'ids': torch.randint(0, 7, (3, 5))}\n"
    truth = TRUTH
    claims = (WrongNumber(),)

    def check(self, loss: LossCall) -> Iterator[Report]:
        inside = loss.logits.note("shifts-inside") is not None
        if not (inside or is_next_token(loss)) or counts_differ(loss):
            return
        ahead = {offset.const for offset, _ in offsets(loss)}
        right = 0 if inside else 1
        if not ahead or None in ahead or right in ahead:
            return
        by = min(a for a in ahead if a is not None)
        if not inside and by > 1 and self._cuts(loss) < 2:
            return  # cut once by more than one: a head that predicts further tokens
        if inside:
            what = f"the labels are cut by {by} for {loss.spelling}, which shifts them itself: every position is scored on a later token"
            change = "pass labels=input_ids, uncut"
        elif by == 0:
            what = "position t is scored on token t, which the model sees: it learns to copy"
            change = CUT_ALIKE if self._cuts(loss) else "score logits[:, :-1] on targets[:, 1:]"
        else:
            what = f"position t is scored on token t{by:+d}, not on the next one" + (": shifted more than once" if by > 1 else "")
            once, turned = "shift once: in the data, or in the loss", "score logits[:, :-1] on targets[:, 1:], not the other way round"
            change = once if by > 1 else turned
        yield Report(what, (loss.logits_step, loss.targets_step, loss.step), change)

    def _cuts(self, loss: LossCall) -> int:
        """How often the targets were cut on their way, or the input set back by tokens before it."""
        cut = sum(s.kind in ("index", "roll") for s in loss.targets_step.history()) if loss.targets_step else 0
        return cut + any(fed.start.const is not None and fed.start.const < 0 for _, fed in offsets(loss))
