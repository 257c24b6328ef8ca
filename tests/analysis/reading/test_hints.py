"""What comments say of shapes: what is a shape, and what is code that was commented out."""

import pytest

from shapeguard.analysis.reading.hints import named, whole_comment


@pytest.mark.parametrize(
    "text",
    [
        "targets = targets.transpose(0, 1)",
        "targets = targets.permute(0, 2, 1).contiguous()",
        "logits = logits.view(B * T, V)",
        "x = self.net.reshape(B, T, V)",
        "y: y.unfold(1, T, T)",
    ],
)
def test_code_that_was_commented_out_is_no_shape(text: str) -> None:
    assert named(text) == {}
    assert whole_comment(text) is None


@pytest.mark.parametrize(
    ("text", "dims"),
    [
        ("targets = (T, B)", ("T", "B")),
        ("targets: [trg len, batch size]", ("trg len", "batch size")),
        ("targets.shape = (B, T)", ("B", "T")),
        ("targets (LongTensor): of shape (B, T)", ("B", "T")),
    ],
)
def test_a_shape_is_one(text: str, dims: tuple[str, ...]) -> None:
    assert named(text) == {"targets": dims}


@pytest.mark.parametrize("text", ["(B, T, V)", "-> (B, T, V)", "logits: (B, T, V)"])
def test_a_comment_that_is_a_shape(text: str) -> None:
    assert whole_comment(text) == ("B", "T", "V")
