"""Containers of modules: Sequential, ModuleList, ModuleDict and their kin keep a list or dict behind them."""

from __future__ import annotations

from dataclasses import replace

from shapeguard.analysis.facts.shapes import Dim, fresh
from shapeguard.analysis.facts.values import UNKNOWN, Args, LibObj, Map, Num, Ref, Seq, SliceV, Tensor, Value, uid, unknown_tensor
from shapeguard.analysis.ops.modules.shared import owner
from shapeguard.analysis.ops.table import METHODS, Ctx, Op, call, instance, object_method

_LISTS = ("torch.nn.ModuleList", "torch.nn.ParameterList", "torch.nn.Sequential")
_DICTS = ("torch.nn.ModuleDict", "torch.nn.ParameterDict")
ITEMS = "__parts__"  # the fact under which a container keeps its list or dict


def _names(classes: tuple[str, ...], *methods: str) -> tuple[str, ...]:
    return tuple(f"{c}.{m}" for c in classes for m in methods)


def _any() -> Seq:
    """Parts of which nothing is known."""
    return Seq("list", None, UNKNOWN, fresh("n"))


# construction


@call("torch.nn.ModuleList", "torch.nn.ParameterList")
def module_list(ctx: Ctx, args: Args) -> Value:
    """A list of its own with the items of what is given."""
    return _made(ctx, "torch.nn.ModuleList", args, _listed(ctx, args))


def _listed(ctx: Ctx, args: Args) -> Seq:
    given = args.given(0, "modules") or args.given(0, "values")
    value = Seq("list", (), UNKNOWN, Dim()) if given is None else ctx.get(given)
    if args.more or not isinstance(value, Seq):
        return _any()
    return Seq("list", value.items, value.elem, value.length)


@call("torch.nn.Sequential")
def sequential(ctx: Ctx, args: Args) -> Value:
    """The arguments in order, or the values of one ordered dict."""
    return _made(ctx, "torch.nn.Sequential", args, _chain(ctx, args), _only(ctx, args))


def _only(ctx: Ctx, args: Args) -> Value:
    return ctx.get(args.pos[0]) if len(args.pos) == 1 else UNKNOWN


def _chain(ctx: Ctx, args: Args) -> Seq:
    first = _only(ctx, args)
    if args.more:
        # `*blocks` of unknown number comes as one sequence of a known element
        return Seq("list", None, first.elem, first.length) if isinstance(first, Seq) and first.items is None else _any()
    if isinstance(first, Map):
        values = tuple(v for _, v in first.items)
        return Seq("list", values, UNKNOWN, Dim.of(len(values))) if first.rest is None else _any()
    return Seq("list", args.pos, UNKNOWN, Dim.of(len(args.pos)))


@call("torch.nn.ModuleDict", "torch.nn.ParameterDict")
def module_dict(ctx: Ctx, args: Args) -> Value:
    """A dict of its own with the items of what is given."""
    given = args.given(0, "modules") or args.given(0, "parameters")
    value = Map(()) if given is None else ctx.get(given)
    held = replace(value, kind="dict") if isinstance(value, Map) and not args.more else Map((), UNKNOWN)
    return _made(ctx, "torch.nn.ModuleDict", args, held, held)


def _made(ctx: Ctx, cls: str, args: Args, items: Value, by_name: Value = UNKNOWN) -> LibObj:
    """The container; its named parts are attributes too, as in `self.transformer.wte`."""
    named = tuple((k, v) for k, v in by_name.items if isinstance(k, str)) if isinstance(by_name, Map) else ()
    return LibObj(cls, args, (*named, (ITEMS, ctx.new(items))), uid())


def parts(ctx: Ctx, obj: LibObj) -> Value:
    """The list or dict of a container: a Ref, or facts where a project class inherits from it."""
    kept = obj.fact(ITEMS)
    if kept is not None:
        return kept
    return _chain(ctx, obj.args) if obj.cls == "torch.nn.Sequential" else _listed(ctx, obj.args)


# calling


@instance("torch.nn.Sequential")
def run_sequential(ctx: Ctx, args: Args) -> Value:
    """Each part on the result of the one before."""
    obj, rest = owner(ctx, args)
    held = ctx.get(parts(ctx, obj))
    if not isinstance(held, Seq):
        return UNKNOWN
    if held.items is not None:
        for part in held.items:
            rest = Args((ctx.call(part, rest),))
        return rest.pos[0] if rest.pos else UNKNOWN
    return _run_many(ctx, held.elem, rest)


def _run_many(ctx: Ctx, part: Value, rest: Args) -> Value:
    """An unknown number of equal parts: known where one more changes nothing."""
    if ctx.get(part) == UNKNOWN:
        return unknown_tensor("x")
    once = ctx.call(part, rest)
    twice = ctx.call(part, Args((once,)))
    a, b = ctx.get(once), ctx.get(twice)
    start = ctx.get(rest.pos[0]) if rest.pos else UNKNOWN
    if isinstance(a, Tensor) and isinstance(b, Tensor) and isinstance(start, Tensor) and a.shape == b.shape == start.shape:
        return b if (a.scale, a.norm) == (b.scale, b.norm) else replace(b, scale="", norm=None)
    return unknown_tensor("x", fed=b.fed, step=b.step) if isinstance(b, Tensor) else unknown_tensor("x")


# lists


@object_method(*_names(_LISTS, "__getitem__"))
def list_item(ctx: Ctx, args: Args) -> Value:
    """`layers[i]` is a part, `layers[a:b]` a container of the same kind."""
    obj, rest = owner(ctx, args)
    if not rest.pos:
        return UNKNOWN
    index = ctx.get(rest.pos[0])
    if isinstance(index, SliceV):
        cut = ctx.get(ctx.item(parts(ctx, obj), index))
        return _made(ctx, obj.cls, Args(), cut if isinstance(cut, Seq) else _any())
    return ctx.item(parts(ctx, obj), index)


@object_method(*_names(_LISTS, "__iter__"))
def list_iter(ctx: Ctx, args: Args) -> Value:
    """One part, as an element of the list."""
    return ctx.elem(parts(ctx, owner(ctx, args)[0]))


@object_method(*_names(_LISTS, "children"))
def list_children(ctx: Ctx, args: Args) -> Value:
    """The parts in order."""
    return ctx.get(parts(ctx, owner(ctx, args)[0]))


@object_method(*_names(_LISTS, "__len__"))
def list_len(ctx: Ctx, args: Args) -> Value:
    """The number of parts."""
    held = ctx.get(parts(ctx, owner(ctx, args)[0]))
    return Num(held.length) if isinstance(held, Seq) else UNKNOWN


def _as_plain(name: str) -> Op:
    """A method of the list or dict behind the container, which gives the container back."""

    def op(ctx: Ctx, args: Args) -> Value:
        obj, rest = owner(ctx, args)
        given = Args(rest.pos[1:], tuple((k, v) for k, v in rest.kw if k != "name"), rest.more) if name == "list.add_module" else rest
        plain = METHODS.get("list.append" if name == "list.add_module" else name)
        held = parts(ctx, obj)
        if plain is not None:
            plain(ctx, Args((held, *(v for v in given.pos), *(v for _, v in given.kw)), (), given.more))
        elif isinstance(held, Ref):
            ctx.set(held, _any() if name.startswith("list") else Map((), UNKNOWN))
        return args.pos[0]

    return op


for _method in ("append", "extend", "insert", "add_module"):
    object_method(*_names(_LISTS, _method))(_as_plain(f"list.{_method}"))


# dicts


@object_method(*_names(_DICTS, "__getitem__"))
def dict_item(ctx: Ctx, args: Args) -> Value:
    """`heads["tags"]`."""
    obj, rest = owner(ctx, args)
    return ctx.item(parts(ctx, obj), ctx.get(rest.pos[0])) if rest.pos else UNKNOWN


def _asked(name: str) -> Op:
    def op(ctx: Ctx, args: Args) -> Value:
        obj, rest = owner(ctx, args)
        plain = METHODS.get(name)
        return UNKNOWN if plain is None else plain(ctx, Args((parts(ctx, obj), *rest.pos), rest.kw, rest.more))

    return op


for _method in ("keys", "values", "items"):
    object_method(*_names(_DICTS, _method))(_asked(f"dict.{_method}"))
object_method(*_names(_DICTS, "update"))(_as_plain("dict.update"))
