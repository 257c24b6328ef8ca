"""Configurations of transformers models: sizes and ids by name, the same each time that the same object is asked."""

from __future__ import annotations

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.values import NONE, UNKNOWN, Args, Const, LibObj, Num, Value, uid
from shapeguard.analysis.ops.modules.shared import option, owner, stable
from shapeguard.analysis.ops.table import Ctx, Op, object_attribute

CONFIG = "transformers.PretrainedConfig"
# attribute -> role
_SIZES = {
    "vocab_size": "class", "num_labels": "class", "hidden_size": "", "n_embd": "", "d_model": "", "max_position_embeddings": "time",
    "n_positions": "time", "num_hidden_layers": "", "num_attention_heads": "",
}  # fmt: skip
_IDS = {
    "pad_token_id": "pad", "eos_token_id": "eos", "bos_token_id": "bos", "sep_token_id": "eos", "cls_token_id": "bos",
    "decoder_start_token_id": "bos", "unk_token_id": "unk",
}  # fmt: skip
_LABELS = frozenset({"id2label", "label2id", "problem_type", "output_hidden_states", "output_attentions", "return_dict", "torch_dtype"})
_SAME = {"n_embd": "hidden_size", "d_model": "hidden_size", "n_positions": "max_position_embeddings"}  # other words for one size


def is_option(name: str) -> bool:
    """Whether a keyword of `from_pretrained` goes into the configuration, and no further."""
    return name in _SIZES or name in _IDS or name in _LABELS


def new_config(ctx: Ctx, args: Args) -> Value:
    """Any configuration class, or AutoConfig.from_pretrained: what is not written has a value that is not known."""
    return LibObj(CONFIG, Args((), args.kw, True), (), uid())


def config_of(ctx: Ctx, obj: LibObj) -> LibObj:
    """The configuration of a model."""
    held = obj.fact("config")
    value = ctx.get(held) if held is not None else UNKNOWN
    return value if isinstance(value, LibObj) else LibObj(CONFIG, Args(more=True), (), obj.uid)


def config_size(ctx: Ctx, config: LibObj, name: str) -> Dim:
    """A size of a configuration, as written or as a symbol of its own."""
    known = _written(ctx, config, name)
    return known.dim if isinstance(known, Num) else stable(config, _SAME.get(name, name), _SIZES.get(name, ""))


def _written(ctx: Ctx, config: LibObj, name: str) -> Value:
    words = [name, *(w for w, same in _SAME.items() if same == _SAME.get(name, name)), _SAME.get(name, name)]
    for word in words:
        found = option(ctx, config, None, word)
        if found != UNKNOWN:
            return found
    return UNKNOWN


def _size(name: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        return Num(config_size(ctx, owner(ctx, args)[0], name))

    return op


def _id(name: str, role: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        config, _ = owner(ctx, args)
        known = option(ctx, config, None, name)
        if isinstance(known, Num) or (isinstance(known, Const) and known == NONE):
            return known
        return Num(stable(config, name, role))

    return op


for _name in _SIZES:
    object_attribute(f"{CONFIG}.{_name}")(_size(_name))
for _name, _role in _IDS.items():
    object_attribute(f"{CONFIG}.{_name}")(_id(_name, _role))
