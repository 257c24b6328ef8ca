"""Calls that Python itself refuses: no parameter takes an argument, one that is needed is missing, or a name is bound nowhere."""

from __future__ import annotations

import builtins

from shapeguard.analysis.facts.values import Args, Class, Func, Inst, Lib, Method, Unknown, Value
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import class_code, function_code
from shapeguard.analysis.interpreter.values import lineage
from shapeguard.analysis.ops.table import canonical
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.bound_names import bound_names

# what leaves the parameters of a function what they are
_DECORATORS = frozenset(
    """
    builtins.staticmethod builtins.classmethod abc.abstractmethod typing.final typing.override functools.lru_cache functools.cache
    torch.no_grad torch.enable_grad torch.inference_mode torch.compile torch.jit.export torch.jit.ignore torch.jit.unused
""".split()
)
# library classes that leave to the project how objects are made, and hand a call on to `forward`
_BASES = frozenset(
    """
    builtins.object abc.ABC typing.Generic torch.nn.Module torch.utils.data.Dataset lightning.LightningModule
    pytorch_lightning.LightningModule lightning.pytorch.LightningModule transformers.PreTrainedModel
""".split()
)
_OLD = frozenset("unicode xrange raw_input long basestring unichr reduce file cmp execfile reload".split())  # of Python 2


def refused(m: Machine, node: s.Call, callee: Value, args: Args, frame: Frame) -> str:
    """What Python says to a call that it is sure to refuse; "" where it may be right."""
    for name in (node.func, *(a.value for a in node.args)):
        if isinstance(name, s.Name) and _unbound(m, name, frame):
            return f"the name {name.id} is bound nowhere"
    if args.more or any(a.star for a in node.args):
        return ""
    found = runs(m, node, callee, frame)
    return "" if found is None else _against(found[0], len(args.pos) + found[1], [name for name, _ in args.kw])


def runs(m: Machine, node: s.Call, callee: Value, frame: Frame) -> tuple[Func, int] | None:
    """The function that a call is sure to enter with the arguments as they are written, and how many Python puts before them."""
    own = _of_self(node.func, frame)
    if isinstance(callee, Func):
        found = (callee, 0) if own is None or not _guessed(m, own) else None
    elif isinstance(callee, Method):
        found = (callee.func, 1) if isinstance(callee.self, Inst) and not _guessed(m, callee.self) and not _of_super(node.func) else None
    elif isinstance(callee, Inst):
        hits = [lineage.class_attr(m, callee.cls, name) for name in ("forward", "__call__")]
        called = [hit[0] for hit in hits if hit is not None]
        plain = len(called) == 1 and not _guessed(m, callee) and _plain(m, callee.cls)
        found = (called[0], 1) if plain and isinstance(called[0], Func) else None
    elif isinstance(callee, Class):
        hit, new = lineage.class_attr(m, callee, "__init__"), lineage.class_attr(m, callee, "__new__")
        sure = own is None and new is None and not (isinstance(node.func, s.Attr) and node.func.name == "__class__") and _plain(m, callee)
        found = (hit[0], 1) if sure and hit is not None and isinstance(hit[0], Func) else None
    else:
        return None
    return None if found is None or not _as_written(m, found[0]) else found


def _of_self(func: s.Expr, frame: Frame) -> Value | None:
    """The object or class of the method that runs, where something of it is called: a class that derives from it may have another."""
    root = func.obj if isinstance(func, s.Attr) else func
    here: Frame | None = frame
    while here is not None:
        around = here.func
        if around is not None and around.cls is not None and isinstance(root, s.Name) and function_code(around).params:
            if around.kind != "static" and function_code(around).params[0].name == root.id:
                return here.self_value
        here = here.parent
    return None


def _of_super(func: s.Expr) -> bool:
    return isinstance(func, s.Attr) and isinstance(func.obj, s.Call) and isinstance(func.obj.func, s.Name) and func.obj.func.id == "super"


def _guessed(m: Machine, value: Value) -> bool:
    """Whether an object may be of a class that derives from the one that it has here."""
    facts = m.get(value)
    return not isinstance(facts, Inst) or facts.uid in m.objects.guessed


def _plain(m: Machine, cls: Class) -> bool:
    """Whether a class makes and calls its objects as Python does: no decorator, no metaclass, no base that is not known."""
    for known in lineage.mro(m, cls):
        code = class_code(known)
        if code.decorators or any(b.name is not None or b.star for b in code.bases):
            return False
        for base in map(m.get, known.bases):
            if not isinstance(base, Class) and not (isinstance(base, Lib) and canonical(base.name) in _BASES):
                return False
    return True


def _as_written(m: Machine, func: Func) -> bool:
    """Whether a function takes what its `def` says: no decorator may have put another one around it."""
    code = function_code(func)
    if isinstance(code, s.Lambda):
        return True
    outer = m.frames.by_id[func.frame]
    for decorator in code.decorators:
        made = m.get(m.value(decorator.func if isinstance(decorator, s.Call) else decorator, outer))
        if not (isinstance(made, Lib) and canonical(made.name) in _DECORATORS):
            return False
    return True


def _against(func: Func, placed: int, named: list[str]) -> str:
    """What Python says to so many arguments by place and these by name; "" where they fit the parameters."""
    params = function_code(func).params
    called = getattr(func.node, "name", "the lambda")
    by_place = [p for p in params if p.kind in ("posonly", "normal")]
    stars = {p.kind for p in params}
    if placed > len(by_place) and "star" not in stars:
        return f"{called} takes {len(by_place)} arguments by place and is given {placed}"
    takes = {p.name for p in params if p.kind in ("normal", "kwonly")}
    for name in named:
        if name not in takes and "starstar" not in stars:
            return f"{called} has no parameter {name}"
        if any(p.name == name and p.kind == "normal" for p in by_place[:placed]):
            return f"{called} is given {name} twice"
    for p in params:
        needed = p.kind == "kwonly" or p in by_place[placed:]
        if needed and p.default is None and (p.name not in named or p.kind == "posonly"):
            return f"{called} is not given {p.name}"
    return ""


def _unbound(m: Machine, name: s.Name, frame: Frame) -> bool:
    """Whether a name is bound nowhere: in its file, by Python, or by what the file imports whole."""
    facts = m.get(m.value(name, frame))
    if not isinstance(facts, Unknown) or facts.name != name.id or not name.id.isidentifier():
        return False
    if hasattr(builtins, name.id) or name.id.startswith("_") or name.id in _OLD:
        return False
    path = frame.module.path
    if path not in m.objects.names:
        m.objects.names[path] = bound_names(frame.module)
    bound = m.objects.names[path]
    return bound is not None and name.id not in bound
