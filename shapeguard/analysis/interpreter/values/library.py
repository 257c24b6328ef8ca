"""What libraries define: their functions and classes when they are called, and the objects that these make."""

from __future__ import annotations

from functools import cache

from shapeguard.analysis.facts.shapes import Dim
from shapeguard.analysis.facts.spellings import is_loss
from shapeguard.analysis.facts.steps import uid
from shapeguard.analysis.facts.values import NONE, Args, BoundLib, Const, Inst, Lib, LibObj, Num, Ref, Super, Unknown, Value
from shapeguard.analysis.interpreter.language import BUILTINS, attributes, calls, items, iterates, keys, methods, sets_attribute, truths
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.recording import loss_calls
from shapeguard.analysis.interpreter.values import derived, lineage, tensors, unknown
from shapeguard.analysis.ops import table
from shapeguard.analysis.ops.modules import transformers
from shapeguard.analysis.ops.table import canonical

# wrappers whose result behaves as what they wrap
TRANSPARENT = frozenset(
    "torch.compile torch.jit.script torch.jit.trace torch.nn.DataParallel torch.nn.parallel.DistributedDataParallel torch.no_grad "
    "torch.inference_mode torch.enable_grad functools.lru_cache functools.cache torch.nn.utils.weight_norm "
    "torch.nn.utils.spectral_norm torch.nn.utils.parametrizations.weight_norm torch.nn.SyncBatchNorm.convert_sync_batchnorm "
    "torch.optim.swa_utils.AveragedModel copy.copy typing.cast jaxtyping.jaxtyped beartype.beartype shapeguard.guard".split()
)


@calls(Lib)
def call_library_name(m: Machine, lib: Lib, held: Value, args: Args) -> Value:
    """Call a function or class of a library by its dotted name."""
    name = canonical(lib.name)
    special = BUILTINS.get(name)
    if special is not None:
        return special(m, args)
    if args.pos and isinstance(inst := m.get(args.pos[0]), Inst) and _method_of(m, inst, name):
        return derived.call_super(m, Super(inst.cls, inst), name.rpartition(".")[2], Args(args.pos[1:], args.kw, args.more))
    found = loss_calls.loss_of(m, name, None, args)
    if found is not None:
        return found
    op = table.CALLS.get(name)
    if op is not None:
        return tensors.operate(m, table.as_method(name), op, args)
    if name == "functools.wraps":
        return Lib("shapeguard.identity")
    if name in TRANSPARENT:
        return args.pos[0] if args.pos else Lib("shapeguard.identity")
    head, _, last = name.rpartition(".")
    if head == "torch.Tensor" and args.pos:
        bound = BoundLib(args.pos[0], last)
        return call_bound(m, bound, bound, Args(args.pos[1:], args.kw, args.more))
    if is_loss(name) or name in table.INSTANCES or (head.startswith("torch.nn") and last[:1].isupper()):
        made = m.new(LibObj(name, args, uid=uid(), step=m.step(last, f"{last} is made here")))
        m.trail.note_made_with(made, (*args.pos, *(v for _, v in args.kw)))
        return made
    fallback = transformers.call_fallback(name)
    if fallback is not None:
        return m.run_op(fallback, args)
    if last[:1].isupper() and name in _owners():
        return m.new(LibObj(name, args, uid=uid()))
    if name == "shapeguard.identity":
        return args.pos[0] if args.pos else NONE
    return m.opaque(why=f"{name} is not known")


def _method_of(m: Machine, inst: Inst, name: str) -> bool:
    """Whether a library function is a method of what an object derives from, called on it: `nn.Module.__init__(self)`."""
    return name.rpartition(".")[0] in lineage.lib_bases(m, inst.cls)


@attributes(Lib)
def attribute_of_library(m: Machine, lib: Lib, held: Value, name: str) -> Value:
    """`torch.name`."""
    dotted = canonical(f"{lib.name}.{name}")
    op = table.ATTRS.get(dotted)
    return m.run_op(op, Args((held,))) if op is not None else Lib(dotted)


@items(Lib)
def item_of_library(m: Machine, lib: Lib, held: Value, index: Value) -> Value:
    """`Tensor[int]` is the class."""
    return lib


@truths(Lib)
def truth_of_library(m: Machine, lib: Lib) -> bool:
    """`if TYPE_CHECKING` is never taken when a program runs."""
    return lib.name != "typing.TYPE_CHECKING"


@keys(Lib)
def key_of_library(m: Machine, lib: Lib) -> object:
    """A class or function as a key is its name."""
    return lib.name


@calls(LibObj)
def call_library_object(m: Machine, obj: LibObj, ref: Value, args: Args) -> Value:
    """Call an object of a library: a criterion, a module, a tokenizer."""
    if is_loss(obj.cls):
        found = loss_calls.loss_of(m, obj.cls, obj, args)
        if found is not None:
            return found
    op = table.INSTANCES.get(obj.cls)
    if op is None and transformers.is_model(obj.cls):
        op = table.INSTANCES.get("transformers.PreTrainedModel")
    if op is not None:
        return m.run_op(op, Args((ref if isinstance(ref, Ref) else obj, *args.pos), args.kw, args.more))
    return m.opaque(why=f"what {obj.cls} returns is not known")


@attributes(LibObj)
def attribute_of_library_object(m: Machine, obj: LibObj, value: Value, name: str) -> Value:
    """`obj.name` of an object of a library."""
    known = known_attribute(m, value, obj, name)
    if known is not None:
        return known
    if obj.cls.startswith("torch.nn.") or obj.cls.startswith("transformers."):
        return BoundLib(value, name)
    return m.opaque_attr(("lib", obj.uid), name)


def known_attribute(m: Machine, value: Value, obj: LibObj, name: str) -> Value | None:
    """What the table, or an assignment, says of an attribute of a library object."""
    owners = (obj.cls, class_family(obj.cls))
    for owner in owners:
        op = table.ATTRS.get(f"{owner}.{name}")
        if op is not None:
            return m.run_op(op, Args((value,)))
    fact = obj.fact(name)
    if fact is not None:
        return fact
    if any(f"{owner}.{name}" in table.METHODS for owner in owners):
        return BoundLib(value, name)
    if is_loss(obj.cls) and name in ("ignore_index", "reduction", "weight", "label_smoothing"):
        option = obj.args.given(None, name)
        return option if option is not None else default_option(name)
    return None


def default_option(name: str) -> Value:
    """What torch's criteria hold when an option was left out."""
    known: dict[str, Value] = {"ignore_index": Num(Dim.of(-100)), "reduction": Const("mean"), "weight": NONE}
    return known.get(name, Const(0.0))


def class_family(dotted: str) -> str:
    """The table's name for what all classes of a kind have in common."""
    if dotted.startswith("torch.nn."):
        return "torch.nn.Module"
    return transformers.BASE if transformers.is_model(dotted) else dotted


@sets_attribute(LibObj)
def set_attribute_of_library_object(m: Machine, obj: LibObj, held: Value, name: str, new: Value) -> None:
    """`obj.name = new`."""
    m.set(held, obj.with_fact(name, new))


@items(LibObj)
def item_of_library_object(m: Machine, obj: LibObj, held: Value, index: Value) -> Value:
    """`dataset[0]`."""
    op = table.METHODS.get(f"{obj.cls}.__getitem__")
    return m.run_op(op, Args((held, index))) if op is not None else m.opaque_item(Ref(-obj.uid - 1), index)


@iterates(LibObj)
def iterate_library_object(m: Machine, obj: LibObj, held: Value) -> Value:
    """`for batch in loader`."""
    op = table.METHODS.get(f"{obj.cls}.__iter__") or table.METHODS.get(f"{class_family(obj.cls)}.__iter__")
    return m.run_op(op, Args((held,))) if op is not None else m.opaque()


@truths(LibObj)
def truth_of_library_object(m: Machine, obj: LibObj) -> bool | None:
    """An object of a library is true; what a command line gives may be anything."""
    return None if obj.cls.startswith("argparse") else True


@calls(BoundLib)
def call_bound(m: Machine, bound: BoundLib, held: Value, args: Args) -> Value:
    """`owner.name(args)` of what a library defines; an unknown that is called by what only tensors have is a tensor."""
    owner, name = bound.self, bound.name
    facts = m.get(owner)
    if isinstance(facts, Unknown) and name in unknown.TENSOR_ONLY:
        m.as_tensor(owner)
        facts = m.get(owner)
    row = methods.rows.get(type(facts))
    return m.opaque(why=f".{name}() is not known") if row is None else row(m, facts, owner, name, args)


@methods(LibObj)
def call_method_of_library_object(m: Machine, obj: LibObj, owner: Value, name: str, args: Args) -> Value:
    """`tokenizer.encode(...)`."""
    full = Args((owner, *args.pos), args.kw, args.more)
    names = [f"{obj.cls}.{name}", f"torch.nn.Module.{name}"] if obj.cls.startswith("torch.nn.") else [f"{obj.cls}.{name}"]
    for dotted in names:
        op = table.METHODS.get(dotted)
        if op is not None:
            return m.run_op(op, full)
    if name in derived.SELF_METHODS:
        return owner
    if name in ("forward", "__call__"):
        return call_library_object(m, obj, owner, args)
    if transformers.is_model(obj.cls):
        op = table.METHODS.get(f"transformers.PreTrainedModel.{name}")
        if op is not None:
            return m.run_op(op, full)
    return m.opaque(why=f".{name}() is not known")


@cache
def _owners() -> frozenset[str]:
    """The library classes of whose objects something is known."""
    return frozenset(key.rpartition(".")[0] for key in (*table.METHODS, *table.ATTRS))
