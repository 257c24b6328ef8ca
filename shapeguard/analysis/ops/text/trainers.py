"""Trainers that run the loop themselves: what `fit` and `train` hand to a module's steps and to `compute_loss`."""

from __future__ import annotations

from shapeguard.analysis.facts import arith
from shapeguard.analysis.facts.shapes import fresh
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, BoundLib, Const, Dim, Lib, LibObj, Map, Method, Seq, Tensor, Value, uid
from shapeguard.analysis.ops.table import Ctx, call, object_method
from shapeguard.analysis.ops.tensors.members import arg
from shapeguard.analysis.ops.text.data import sample_of

LIGHTNING = "lightning.Trainer"
_TRANSFORMERS = ("transformers.Trainer", "transformers.Seq2SeqTrainer")
_FED = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids", "decoder_attention_mask", "labels")  # others are dropped
_OWN = ("training_step", "compute_loss", "get_train_dataloader")
_POSITIONS = {"model": 0, "data_collator": 2, "train_dataset": 3, "eval_dataset": 4}


@call("pytorch_lightning.Trainer", LIGHTNING, "lightning.pytorch.Trainer")
def trainer(ctx: Ctx, args: Args) -> Value:
    """`Trainer(max_epochs=...)`."""
    return LibObj(LIGHTNING, args, uid=uid())


@object_method(f"{LIGHTNING}.fit")
def fit(ctx: Ctx, args: Args) -> Value:
    """`trainer.fit(module, train_loader, val_loader)`: each step gets a batch of its loader."""
    model = args.given(1, "model")
    if model is None:
        return UNKNOWN
    second = args.given(2, "train_dataloaders") or args.given(None, "train_dataloader")
    source = args.given(4, "datamodule")
    if source is None and second is not None and isinstance(ctx.attr(second, "train_dataloader"), Method):
        source, second = second, None  # Lightning takes a data module in the loaders' place
    source = source or model
    for owner in (source, model) if source is not model else (model,):
        for hook in ("prepare_data", "setup"):
            own = ctx.attr(owner, hook)
            if isinstance(own, Method):
                ctx.call(own, Args((Const("fit"),) if hook == "setup" else ()))
    for step, given, maker in (
        ("training_step", second, "train_dataloader"),
        ("validation_step", args.given(3, "val_dataloaders"), "val_dataloader"),
    ):
        loader = given if given is not None and ctx.get(given) != NONE else _made(ctx, source, maker)
        method = ctx.attr(model, step)
        if loader is not None and isinstance(method, Method):
            _backward(ctx, ctx.call(method, Args((ctx.elem(loader), arith.any_index(Dim())))), step == "training_step")
    return NONE


@object_method(f"{LIGHTNING}.validate", f"{LIGHTNING}.test")
def evaluated(ctx: Ctx, args: Args) -> Value:
    """`trainer.test(module, loader)`."""
    model, loader = args.given(1, "model"), args.given(2, "dataloaders")
    for step in ("validation_step", "test_step"):
        method = ctx.attr(model, step) if model is not None else UNKNOWN
        if loader is not None and isinstance(method, Method):
            ctx.call(method, Args((ctx.elem(loader), arith.any_index(Dim()))))
    return UNKNOWN


def _made(ctx: Ctx, owner: Value, name: str) -> Value | None:
    """The loader that a module or a data module makes itself."""
    method = ctx.attr(owner, name)
    return ctx.call(method, Args()) if isinstance(method, Method) else None


def _backward(ctx: Ctx, result: Value, trained: bool) -> None:
    facts = ctx.get(result)
    if isinstance(facts, Map):
        result = facts.get("loss") or UNKNOWN
    elif isinstance(facts, Seq) and facts.items:
        result = facts.items[0]
    if trained and isinstance(ctx.get(result), Tensor):
        ctx.call(BoundLib(result, "backward"), Args())


@call(*_TRANSFORMERS)
def made(ctx: Ctx, args: Args) -> Value:
    """`Trainer(model=model, train_dataset=data)`."""
    return LibObj(_TRANSFORMERS[0], args, uid=uid())


@object_method(*(f"{name}.train" for name in _TRANSFORMERS))
def train(ctx: Ctx, args: Args) -> Value:
    """`trainer.train()`: the steps of a project's own Trainer, or else the model, get what the collator makes of the samples."""
    own = args.pos[0]
    plain = ctx.get(own)
    options = plain if isinstance(plain, LibObj) else ctx.get(ctx.attr(own, "__lib__"))
    if not isinstance(options, LibObj):
        return UNKNOWN
    step, method, loader = ((ctx.attr(own, n) if options is not plain else None) for n in _OWN)
    dataset = options.args.given(_POSITIONS["train_dataset"], "train_dataset")
    model = options.args.given(_POSITIONS["model"], "model")
    if isinstance(loader, Method):
        batch: Value | None = ctx.elem(ctx.call(loader, Args()))
    else:
        batch = _batch(ctx, options, dataset) if dataset is not None else None
    if batch is None or model is None:
        return UNKNOWN
    if isinstance(step, Method):
        ctx.call(step, Args((model, batch)))
    elif isinstance(method, Method):
        _backward(ctx, ctx.call(method, Args((model, batch))), True)
    elif (out := _of_model(ctx, model, batch)) is not None:
        _backward(ctx, out, True)
    return UNKNOWN


def _of_model(ctx: Ctx, model: Value, batch: Value) -> Value | None:
    """What the model makes of a batch with labels."""
    fields = ctx.get(batch)
    if not isinstance(fields, Map) or fields.get("labels") is None:
        return None
    return ctx.call(model, Args((), tuple((k, v) for k, v in fields.items if isinstance(k, str) and k in _FED)))


@object_method(*(f"{name}.compute_loss" for name in _TRANSFORMERS))
def compute_loss(ctx: Ctx, args: Args) -> Value:
    """The loss that the model gives for labels in the batch, perhaps with its outputs."""
    model, batch = args.given(1, "model"), args.given(2, "inputs")
    out = _of_model(ctx, model, batch) if model is not None and batch is not None else None
    asked = arg(ctx, args, 3, "return_outputs")
    fields = ctx.get(out) if out is not None else None
    loss = fields.get("loss") if isinstance(fields, Map) else None
    if out is None or loss is None or asked not in (None, Const(False), Const(True)):
        return UNKNOWN
    return Seq("tuple", (loss, out), UNKNOWN, Dim.of(2)) if asked == Const(True) else loss


def _batch(ctx: Ctx, options: LibObj, dataset: Value) -> Value | None:
    collator = options.args.given(_POSITIONS["data_collator"], "data_collator")
    samples = Seq("list", None, sample_of(ctx, dataset), fresh("B", "batch"))
    if collator is None or ctx.get(collator) == NONE:
        named = (arg(ctx, options.args, None, n) for n in ("tokenizer", "processing_class"))
        if any(n not in (None, NONE) for n in named):
            return None  # a tokenizer's own collator pads
        collator = Lib("transformers.default_data_collator")
    return ctx.call(collator, Args((ctx.new(samples),)))
