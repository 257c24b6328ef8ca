"""What stands around a model in training: parameters, initialisation, gradient scalers, accelerate and peft wrappers."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, BoundLib, LibObj, Seq, Value, uid
from shapeguard.analysis.ops.modules.shared import owner
from shapeguard.analysis.ops.table import Ctx, call, object_method

_INIT = (
    "uniform", "normal", "trunc_normal", "constant", "ones", "zeros", "eye", "dirac", "xavier_uniform", "xavier_normal", "kaiming_uniform",
    "kaiming_normal", "orthogonal", "sparse",
)  # fmt: skip


@call(*(f"torch.nn.init.{name}{end}" for name in _INIT for end in ("_", "")))
def initialised(ctx: Ctx, args: Args) -> Value:
    """The tensor itself."""
    return args.given(0, "tensor") or UNKNOWN


@call("torch.nn.Parameter", "torch.nn.parameter.Parameter", "torch.nn.Buffer")
def parameter(ctx: Ctx, args: Args) -> Value:
    """The same facts, behind a reference of its own."""
    given = args.given(0, "data")
    return UNKNOWN if given is None else ctx.get(given)


_SCALERS = ("torch.cuda.amp.GradScaler", "torch.amp.GradScaler", "torch.cuda.amp.grad_scaler.GradScaler")


@call(*_SCALERS)
def scaler(ctx: Ctx, args: Args) -> Value:
    """A gradient scaler."""
    return LibObj("torch.amp.GradScaler", args, (), uid())


@object_method("torch.amp.GradScaler.scale")
def scaled(ctx: Ctx, args: Args) -> Value:
    """The loss, with all that was done to it: what is scaled is unscaled before the step."""
    given = owner(ctx, args)[1].given(0, "outputs")
    return UNKNOWN if given is None else given


@object_method("torch.amp.GradScaler.step", "torch.amp.GradScaler.update", "torch.amp.GradScaler.unscale_")
def scaler_step(ctx: Ctx, args: Args) -> Value:
    """Nothing that is followed."""
    return NONE


# accelerate


@object_method("accelerate.Accelerator.prepare", "lightning.fabric.Fabric.setup", "lightning.Fabric.setup", "lightning_fabric.Fabric.setup")
def prepared(ctx: Ctx, args: Args) -> Value:
    """What is given: one value as it is, several as a tuple."""
    given = args.pos[1:]
    if args.more or not given:
        return UNKNOWN
    return given[0] if len(given) == 1 else Seq("tuple", given, UNKNOWN, Dim.of(len(given)))


@object_method(
    "accelerate.Accelerator.prepare_model", "accelerate.Accelerator.prepare_data_loader", "accelerate.Accelerator.unwrap_model",
    "lightning.fabric.Fabric.setup_module", "lightning.fabric.Fabric.setup_dataloaders", "lightning.Fabric.setup_module",
    "lightning.Fabric.setup_dataloaders",
)  # fmt: skip
def prepared_one(ctx: Ctx, args: Args) -> Value:
    """The first argument itself."""
    return args.pos[1] if len(args.pos) == 2 and not args.more else UNKNOWN


@object_method("accelerate.Accelerator.backward", "lightning.fabric.Fabric.backward", "lightning.Fabric.backward")
def backward(ctx: Ctx, args: Args) -> Value:
    """`loss.backward()`."""
    given = owner(ctx, args)[1].given(0, "loss")
    return NONE if given is None else ctx.call(BoundLib(given, "backward"), Args())


# peft


@call("peft.LoraConfig", "peft.tuners.lora.LoraConfig")
def lora(ctx: Ctx, args: Args) -> Value:
    """Adapters that leave inputs and outputs as they are."""
    return LibObj("peft.LoraConfig", args, (), uid())


@call("peft.get_peft_model")
def adapted(ctx: Ctx, args: Args) -> Value:
    """The model itself, under adapters; virtual tokens of prompt tuning would change its output."""
    config = args.given(1, "peft_config")
    value = ctx.get(config) if config is not None else UNKNOWN
    model = args.given(0, "model")
    return model if model is not None and isinstance(value, LibObj) and value.cls == "peft.LoraConfig" else UNKNOWN


@call("peft.prepare_model_for_kbit_training", "peft.prepare_model_for_int8_training")
def prepared_for_bits(ctx: Ctx, args: Args) -> Value:
    """The model itself."""
    return args.given(0, "model") or UNKNOWN
