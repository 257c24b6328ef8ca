import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from shapeguard import ShapeError, guard


class Raises:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert kind is not None
        return True


def raises(kind):
    return Raises()


@guard
def nll(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Tensor:
    return F.cross_entropy(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))  # ok: SG701


def test_flat_logits_are_refused():
    logits, targets = torch.randn(12, 7), torch.randint(0, 7, (3, 4))
    with raises(ShapeError):
        nll(logits, targets)


def shown(logits, targets):
    try:
        return nll(logits, targets).item()
    except ShapeError as error:
        print(error)
        return None


if __name__ == "__main__":
    test_flat_logits_are_refused()
    shown(torch.randn(3, 4, 7), torch.randint(0, 7, (3, 4)))
    shown(torch.randn(3, 4, 7), torch.randint(0, 7, (12,)))
