"""Models over images that are not looked into: torchvision's and timm's, their parts, and what these make of an image."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, Const, LibObj, Seq, Value, uid, unknown_tensor
from shapeguard.analysis.ops.common import keyword
from shapeguard.analysis.ops.modules.shared import argument, owner
from shapeguard.analysis.ops.table import Ctx, call, instance, object_attribute, object_method

_BACKBONE = "torchvision.models.backbone"
_OF_IMAGES = "image_backbone"  # a step that is an image layer, as facts.steps says
_NAMES = (
    "alexnet", "convnext_tiny", "convnext_small", "convnext_base", "convnext_large", "densenet121", "densenet161", "densenet169",
    "densenet201", *(f"efficientnet_b{i}" for i in range(8)), "efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l", "get_model",
    "maxvit_t", "mnasnet0_5", "mnasnet0_75", "mnasnet1_0", "mnasnet1_3", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_v3_large",
    *(f"regnet_{kind}_{size}" for kind in "xy" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
    "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
    "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5", "shufflenet_v2_x2_0", "squeezenet1_0", "squeezenet1_1", "swin_t",
    "swin_s", "swin_b", "swin_v2_t", "swin_v2_s", "swin_v2_b", *(f"vgg{n}{bn}" for n in (11, 13, 16, 19) for bn in ("", "_bn")),
    "vit_b_16", "vit_b_32", "vit_l_16", "vit_l_32", "vit_h_14", "wide_resnet50_2", "wide_resnet101_2",
)  # fmt: skip
_PARTS = (
    "features", "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4", "avgpool", "encoder", "conv_stem", "stem",
    "blocks", "stages", "conv_head", "conv_proj", "global_pool",
)  # fmt: skip


@call(*(f"torchvision.models.{name}" for name in _NAMES), "timm.create_model", "timm.models.create_model")
def made(ctx: Ctx, args: Args) -> Value:
    """`torchvision.models.resnet18(weights=...)`, `timm.create_model("resnet18", features_only=True)`."""
    levels = keyword(ctx, args, "features_only")
    return LibObj(_BACKBONE, Args(), (("levels", levels),) if levels is not None else (), uid(), ctx.step("image model", "it is made here"))


@instance(_BACKBONE)
def run(ctx: Ctx, args: Args) -> Value:
    """What it makes of images: nothing is known but that. One tensor, or with `features_only` a list of one for each level."""
    obj, rest = owner(ctx, args)
    levels = obj.fact("levels")
    if levels is None or levels == Const(False):
        return _made_of(ctx, rest)
    return Seq("list", None, _made_of(ctx, rest), fresh("n")) if levels == Const(True) else UNKNOWN


@object_method(f"{_BACKBONE}.forward_features", f"{_BACKBONE}.forward_head")
def features(ctx: Ctx, args: Args) -> Value:
    """`model.forward_features(images)`: what comes before the pooling and the head."""
    return _made_of(ctx, owner(ctx, args)[1])


def _made_of(ctx: Ctx, args: Args) -> Value:
    x = argument(ctx, args, 0, "x")
    return unknown_tensor("x", fed=x.fed, step=ctx.step(_OF_IMAGES, "an image model, which is not looked into", x.step))


@object_method(f"{_BACKBONE}.children")
def children(ctx: Ctx, args: Args) -> Value:
    """`nn.Sequential(*list(model.children())[:-2])`: parts of it, of unknown number."""
    return Seq("list", None, _part(), fresh("n"))


@object_method(f"{_BACKBONE}.__getitem__")
def cut(ctx: Ctx, args: Args) -> Value:
    """`model.features[:16]`."""
    return _part()


@object_method(
    *(f"{_BACKBONE}.{name}" for name in ("to", "cuda", "cpu", "eval", "train", "float", "half", "bfloat16", "requires_grad_", "apply"))
)
def itself(ctx: Ctx, args: Args) -> Value:
    """`model.eval()`."""
    return args.pos[0]


def _part() -> LibObj:
    return LibObj(_BACKBONE, Args(), (), uid())


def _part_called(name: str) -> None:
    def op(ctx: Ctx, args: Args) -> Value:
        given = owner(ctx, args)[0].fact(name)  # a layer that was put in its place
        return given if given is not None else _part()

    op.__doc__ = f"`model.{name}`: a part of it."
    object_attribute(f"{_BACKBONE}.{name}")(op)


for _name in _PARTS:
    _part_called(_name)
