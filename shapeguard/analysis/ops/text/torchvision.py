"""torchvision's data sets of labelled pictures: a picture, and one class id for it."""

from __future__ import annotations

from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, Dim, LibObj, Origin, Seq, Shape, Tensor, Value, uid
from shapeguard.analysis.ops.table import Ctx, call, object_method

_NAMES = (
    "MNIST", "FashionMNIST", "KMNIST", "QMNIST", "USPS", "CIFAR10", "CIFAR100", "SVHN", "STL10", "ImageFolder", "ImageNet", "Food101",
    "Flowers102", "StanfordCars", "OxfordIIITPet", "DTD", "EuroSAT", "GTSRB", "Imagenette", "Caltech256", "FakeData",
)  # fmt: skip
_LABELLED = "torchvision.datasets.labelled"


@call(*(f"torchvision.datasets.{name}" for name in _NAMES))
def labelled(ctx: Ctx, args: Args) -> Value:
    """`MNIST(root, train=True, transform=...)`; with a transform of the targets these may be anything."""
    own = args.given(3, "target_transform")
    if args.more or (own is not None and ctx.get(own) != Const(None)):
        return UNKNOWN
    return LibObj(_LABELLED, args, uid=uid())


@object_method(f"{_LABELLED}.__getitem__", f"{_LABELLED}.__iter__")
def picture_and_class(ctx: Ctx, args: Args) -> Value:
    """What the transform makes of a picture, which is not known, and the picture's class."""
    label = Tensor(Shape(()), dtype="int64", scale="ids", unpadded=True, origin=Origin(uid()), low=Dim())
    return Seq("tuple", (UNKNOWN, label), UNKNOWN, Dim.of(2))
