"""Models of the transformers library: what class does what with labels, and what calling one gives.

The interpreter asks `call_fallback` for names that are not in `CALLS`, and `is_model` for instances that are not in `INSTANCES`;
models then run under the name `transformers.PreTrainedModel`.
"""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Axis, Dim, Shape, fresh, fresh_pack
from shapeguard.analysis.facts.values import (
    UNKNOWN,
    Args,
    Const,
    LibObj,
    Map,
    Num,
    Origin,
    Scale,
    Seq,
    SliceV,
    Tensor,
    Unknown,
    Value,
    uid,
    unknown_tensor,
)
from shapeguard.analysis.ops.modules.configs import CONFIG, config_of, config_size, new_config
from shapeguard.analysis.ops.modules.families import BASE_SEQ2SEQ, ENCODERS, HEADS, PACKAGES, TEXT, Kind, is_model, kind_of, last
from shapeguard.analysis.ops.modules.families import reach as reach_of_model
from shapeguard.analysis.ops.modules.shared import Reach, activation, argument, exactly, facts, fed_by, owner
from shapeguard.analysis.ops.table import Ctx, Op, instance, object_attribute, object_method

BASE = "transformers.PreTrainedModel"


_OWN_HEADS = ("lm_head", "classifier", "score", "cls", "head")  # assigned in a class that derives from the model: another width, perhaps


# construction


def call_fallback(dotted: str) -> Op | None:
    """The operation of a model or configuration class, or of a class method that makes one; None for anything else."""
    if not dotted.startswith(PACKAGES):
        return None
    owner_name, _, name = dotted.rpartition(".")
    if is_model(dotted):
        return _constructor(f"transformers.{name}")
    if name in ("from_pretrained", "from_config", "from_encoder_decoder_pretrained", "_from_config") and is_model(owner_name):
        return _loader(f"transformers.{last(owner_name)}", name)
    if name.endswith("Config") and "." not in dotted.split(".", 1)[1].removesuffix(name).strip("."):
        return new_config
    if name == "from_pretrained" and last(owner_name).endswith("Config"):
        return new_config
    return None


def _constructor(cls: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        return _made(ctx, cls, args, args.given(0, "config"))

    return op


def _loader(cls: str, how: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        given = args.given(None, "config") if how == "from_pretrained" else args.given(0, "config")
        return _made(ctx, cls, args, None if how.startswith("from_encoder") else given)

    return op


def _made(ctx: Ctx, cls: str, args: Args, given: Value | None) -> LibObj:
    known = ctx.get(given) if given is not None else UNKNOWN
    held = given if isinstance(known, LibObj) and given is not None else ctx.new(LibObj(CONFIG, Args((), args.kw, True), (), uid()))
    step = ctx.step("model", f"{last(cls)} is made here")
    return LibObj(cls, args, (("config", held),), uid(), step)


# calling


@instance(BASE)
def run(ctx: Ctx, args: Args) -> Value:
    """A ModelOutput: attributes, and the same by position (the loss first where labels are given)."""
    obj, rest = owner(ctx, args)
    kind = kind_of(obj.cls)
    labels = _labels(ctx, rest)
    ids = _ids(ctx, obj, rest, kind)
    decoder = _decoder_ids(ctx, obj, rest, kind, ids, labels)
    front = decoder if decoder is not None else ids
    reach = reach_of_model(obj.cls, kind)
    inputs = [x for x in (ids, decoder) if x is not None]
    known: list[tuple[str, Value]] = []
    if kind == "hidden" or kind == "":
        if kind == "hidden":
            known.append(("last_hidden_state", _output(ctx, obj, front, inputs, "hidden_size", "embedding", reach)))
        if labels is not None and kind == "":
            logits = _output(ctx, obj, None, inputs, "vocab_size", "logits", "mixed-time")
            known = [("loss", ctx.loss_call(kind, obj, rest, logits, labels)), ("logits", logits)]
    else:
        width = "num_labels" if kind in ("tokens", "sequence") else "vocab_size"
        logits = _rows(ctx, obj, front, inputs) if kind == "sequence" else _output(ctx, obj, front, inputs, width, "logits", reach)
        if labels is not None:
            known.append(("loss", ctx.loss_call(kind, obj, rest, logits, labels)))
        known.append(("logits", logits))
    by_name = [(name, ctx.new(value)) for name, value in known]
    by_place = [(i, value) for i, (_, value) in enumerate(by_name)]
    if rest.more or _maybe(ctx, rest):
        by_place = []  # whether a loss comes first is not known
    hidden = _hidden_states(ctx, obj, front, inputs, kind, reach)
    return Map((*by_name, *by_place, *hidden), UNKNOWN, "ModelOutput")


def _labels(ctx: Ctx, rest: Args) -> Tensor | None:
    for name in ("labels", "lm_labels", "masked_lm_labels"):
        raw = rest.given(None, name)
        if raw is not None:
            value = ctx.get(raw)
            if isinstance(value, Tensor):
                return value
            if isinstance(value, Unknown):  # perhaps None: it is not taken to be a tensor from now on
                return unknown_tensor(value.name or name)
    return None


def _maybe(ctx: Ctx, rest: Args) -> bool:
    """Whether labels were passed that may be None."""
    raw = rest.given(None, "labels")
    return raw is not None and isinstance(ctx.get(raw), Unknown)


def _ids(ctx: Ctx, obj: LibObj, rest: Args, kind: Kind) -> Tensor | None:
    """The token ids, where the first argument is certainly that and the positions of the output are theirs."""
    if any(name not in TEXT for name, _ in rest.kw):
        return None
    embedded = rest.given(None, "inputs_embeds")
    raw = rest.given(0, "input_ids")
    if raw is None or (embedded is not None and isinstance(ctx.get(raw), Const)):
        if embedded is None:
            return None
        x = argument(ctx, rest, 99, "inputs_embeds")
        return replace(x, shape=Shape(x.shape.axes[:-1]), fed=fed_by(x)) if x.shape.rank == 3 else None
    named = rest.given(None, "input_ids") is not None
    x = argument(ctx, rest, 0, "input_ids")
    textual = kind in ("causal", "masked", "tokens", "sequence") or x.scale == "ids" or ENCODERS.match(last(obj.cls)) is not None
    if not (named or textual):
        return None
    return exactly(ctx, x, fresh("B", "batch"), fresh("T", "time"))


def _decoder_ids(ctx: Ctx, obj: LibObj, rest: Args, kind: Kind, ids: Tensor | None, labels: Tensor | None) -> Tensor | None:
    """The decoder's input: given, or the labels shifted right by one."""
    takes = kind == "seq2seq" or (kind == "hidden" and (BASE_SEQ2SEQ.match(last(obj.cls)) or last(obj.cls) == "AutoModel"))
    if not takes:
        return None
    if rest.given(None, "decoder_input_ids") is not None:
        x = argument(ctx, rest, 99, "decoder_input_ids")
        return exactly(ctx, x, fresh("B", "batch"), fresh("T", "time"))
    if labels is not None and kind == "seq2seq":
        y = exactly(ctx, labels, fresh("B", "batch"), fresh("T", "time"))
        before = Origin(y.origin.source, y.origin.start - 1) if y.origin is not None else None
        return Tensor(y.shape, dtype="int64", scale="ids", origin=before, step=y.step)
    if kind == "hidden":
        return None
    return Tensor(Shape.of(fresh("B", "batch"), fresh("T", "time")), dtype="int64", scale="ids")


def _output(ctx: Ctx, obj: LibObj, front: Tensor | None, inputs: list[Tensor], width: str, scale: Scale, reach: Reach) -> Tensor:
    """The shape of the ids and one more axis."""
    own = width != "hidden_size" and any(obj.fact(n) is not None for n in _OWN_HEADS)
    size = fresh("V", "class") if own else config_size(ctx, config_of(ctx, obj), width)
    axes = front.shape.axes if front is not None else (fresh_pack("x"),)
    along = [] if front is None else [front]
    words = f"{last(obj.cls)} gives {'logits' if scale == 'logits' else 'hidden states'}"
    return activation(
        ctx, "model", words, Shape((*axes, Axis((size,)))), inputs, reach=reach, along=along, scale=scale, contiguous=None
    )  # fmt: skip


def _rows(ctx: Ctx, obj: LibObj, ids: Tensor | None, inputs: list[Tensor]) -> Tensor:
    """One row of scores a sequence."""
    first = ids.shape.at(0) if ids is not None else None
    batch = first if first is not None else Axis((fresh("B", "batch"),))
    shape = Shape((batch, Axis((config_size(ctx, config_of(ctx, obj), "num_labels"),))))
    return activation(ctx, "model", f"{last(obj.cls)} gives logits", shape, inputs, reach="bidirectional", scale="logits", contiguous=None)


def _hidden_states(
    ctx: Ctx, obj: LibObj, front: Tensor | None, inputs: list[Tensor], kind: Kind, reach: Reach
) -> tuple[tuple[str, Value], ...]:
    """`hidden_states[-1]` of a model without a separate decoder, where asked for."""
    if kind in ("seq2seq", "") or (kind == "hidden" and front is not inputs[0] if inputs else True):
        return ()
    state = _output(ctx, obj, front, inputs, "hidden_size", "embedding", reach)
    return (("hidden_states", Seq("tuple", None, state, fresh("layers"))),)


# what models have and can do


@object_method(f"{BASE}.generate")
def generate(ctx: Ctx, args: Args) -> Value:
    """Ids of new sequences."""
    return unknown_tensor("ids", scale="ids", dtype="int64", origin=Origin(uid()), step=ctx.step("generate", "generate makes ids"))


@object_method(f"{BASE}.resize_token_embeddings")
def resize_embeddings(ctx: Ctx, args: Args) -> Value:
    """The vocabulary has another size from now on."""
    obj, rest = owner(ctx, args)
    asked = facts(ctx, rest, 0, "new_num_tokens")
    held = obj.fact("config")
    if held is None or asked is None:
        return UNKNOWN
    plain = facts(ctx, rest, 1, "pad_to_multiple_of") is None
    new = asked if isinstance(asked, Num) and plain and not rest.more else Num(fresh("V", "class"))
    ctx.set(held, config_of(ctx, obj).with_fact("vocab_size", new))
    return _embedding(ctx, config_of(ctx, obj), obj)


def _embedding(ctx: Ctx, config: LibObj, obj: LibObj) -> LibObj:
    sizes = tuple(Num(config_size(ctx, config, n)) for n in ("vocab_size", "hidden_size"))
    return LibObj("torch.nn.Embedding", Args(sizes), (), obj.uid)


@object_method(f"{BASE}.get_input_embeddings")
def input_embeddings(ctx: Ctx, args: Args) -> Value:
    """Embedding(vocab_size, hidden_size)."""
    obj, _ = owner(ctx, args)
    return _embedding(ctx, config_of(ctx, obj), obj)


def _head(ctx: Ctx, args: Args) -> Value:
    obj, _ = owner(ctx, args)
    config = config_of(ctx, obj)
    return LibObj("torch.nn.Linear", Args((Num(config_size(ctx, config, "hidden_size")), Num(config_size(ctx, config, "vocab_size")))))


@object_method(f"{BASE}.get_output_embeddings")
def output_embeddings(ctx: Ctx, args: Args) -> Value:
    """Linear(hidden_size, vocab_size)."""
    return _head(ctx, args) if kind_of(owner(ctx, args)[0].cls) in ("causal", "seq2seq", "masked") else UNKNOWN


@object_attribute(f"{BASE}.lm_head")
def lm_head(ctx: Ctx, args: Args) -> Value:
    """The head of a language model."""
    return owner(ctx, args)[0].fact("lm_head") or _head(ctx, args)


@object_attribute(f"{BASE}.classifier")
def classifier(ctx: Ctx, args: Args) -> Value:
    """The head of a tagger: Linear(hidden_size, num_labels)."""
    obj, _ = owner(ctx, args)
    own = obj.fact("classifier")
    if own is not None or kind_of(obj.cls) != "tokens":
        return own or UNKNOWN
    config = config_of(ctx, obj)
    return LibObj("torch.nn.Linear", Args((Num(config_size(ctx, config, "hidden_size")), Num(config_size(ctx, config, "num_labels")))))


@object_attribute(f"{BASE}.dropout")
def dropout(ctx: Ctx, args: Args) -> Value:
    """The dropout before the head of a tagger."""
    obj, _ = owner(ctx, args)
    return obj.fact("dropout") or (LibObj("torch.nn.Dropout", Args()) if kind_of(obj.cls) == "tokens" else UNKNOWN)


@object_attribute(*(f"{BASE}.{n}" for n in ("transformer", "model", "bert", "roberta", "distilbert", "gpt_neox", "electra", "albert")))
def body(ctx: Ctx, args: Args) -> Value:
    """The model under the head, of the same configuration."""
    obj, _ = owner(ctx, args)
    name = last(obj.cls)
    family = next((name.removesuffix(h) for h, _ in HEADS if name.endswith(h)), None)
    if family is None or family == "Auto" or kind_of(obj.cls) == "seq2seq" or BASE_SEQ2SEQ.match(f"{family}Model"):
        return UNKNOWN
    return LibObj(f"transformers.{family}Model", obj.args, obj.facts, uid(), obj.step)


@object_attribute(f"{BASE}.module")
def wrapped(ctx: Ctx, args: Args) -> Value:
    """What DataParallel wraps; the wrapper is not kept."""
    return args.pos[0]


# outputs


@object_method("ModelOutput.to_tuple")
def to_tuple(ctx: Ctx, args: Args) -> Value:
    """The same by position."""
    return args.pos[0]


@object_method("ModelOutput.__getitem__")
def output_item(ctx: Ctx, args: Args) -> Value:
    """By name, by position from the front, or the first few."""
    out = ctx.get(args.pos[0])
    index = ctx.get(args.pos[1]) if len(args.pos) > 1 else UNKNOWN
    if not isinstance(out, Map):
        return UNKNOWN
    key = index.value if isinstance(index, Const) else index.dim.const if isinstance(index, Num) else None
    if key is not None:
        return out.get(key) or UNKNOWN
    stop = ctx.get(index.hi) if isinstance(index, SliceV) else UNKNOWN
    n = stop.dim.const if isinstance(stop, Num) else None
    if isinstance(index, SliceV) and n is not None and 0 < n < 9 and all(ctx.get(p) == Const(None) for p in (index.lo, index.step)):
        return Seq("tuple", tuple(out.get(i) or UNKNOWN for i in range(n)), UNKNOWN, Dim.of(n))
    return UNKNOWN


__all__ = ["BASE", "CONFIG", "call_fallback", "is_model", "kind_of"]
