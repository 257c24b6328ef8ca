"""Questions about a loss call that several rules ask, so that one fault has one owner."""

from __future__ import annotations

from shapeguard.analysis.questions.axis_roles import (
    above_zero,
    class_axis,
    classes_last,
    counts_differ,
    crossed,
    flat,
    is_next_token,
    is_soft,
    misshapen,
    of_sequences,
    offsets,
    positions,
    roles_of,
    rows_of,
    scrambled,
    softmax_axis,
    swapped,
    wrong_form,
    wrong_softmax,
)
from shapeguard.analysis.questions.padding import (
    PaddingFault,
    Uncovered,
    changes_meaning,
    ends_of,
    holds_end,
    ignored_by_id,
    keeps_out,
    late_mask,
    masks_of,
    pad_instead,
    padding_fault,
    same_id,
    takes_ignored_id,
    uncovered_fills,
    wrong_mask,
)
from shapeguard.analysis.questions.stops import stops_by_padding
from shapeguard.analysis.questions.verdict import Verdict, missing, what_counts

__all__ = [
    "PaddingFault", "Uncovered", "Verdict", "above_zero", "changes_meaning", "class_axis", "classes_last", "counts_differ",
    "crossed", "ends_of", "flat", "holds_end", "ignored_by_id", "is_next_token", "is_soft", "keeps_out", "late_mask", "masks_of",
    "misshapen", "missing", "of_sequences", "offsets", "pad_instead", "padding_fault", "positions", "roles_of", "rows_of",
    "same_id", "scrambled", "softmax_axis", "stops_by_padding", "swapped", "takes_ignored_id", "uncovered_fills", "what_counts",
    "wrong_form", "wrong_mask", "wrong_softmax",
]
