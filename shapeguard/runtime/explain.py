"""The text of a `ShapeError`: a verdict, a table of what was asked and what came, who bound what, and a fix."""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from pathlib import PurePath
from types import FrameType
from typing import Any

import torch

from shapeguard.errors import Argument, Finding, ShapeError, make_error
from shapeguard.printable import plain
from shapeguard.runtime import culprits, fixes
from shapeguard.runtime.annotations import Leaf, Node, Plain, dtype_name
from shapeguard.runtime.match import Env, Slot, Wrong, check_arguments, collect, local
from shapeguard.runtime.plan import RETURN, Plan
from shapeguard.runtime.plan import short as short_of
from shapeguard.runtime.problem import Problem

ROWS = 8  # of the table; the text has no more than 12 lines
WIDTH = 60


def arguments(plan: Plan, packed: tuple[Any, ...], frame: FrameType | None) -> ShapeError:
    """The error for a call whose arguments do not fit."""
    given = dict(zip((p.name for p in plan.parameters), packed, strict=True))
    slots, wrongs = _slots(plan, packed)
    if wrongs:
        return _structure(plan, slots, wrongs, frame, "got")
    found = culprits.find(slots, plan, given)
    return _shapes(plan, slots, found, given, frame, "got")


def result(plan: Plan, packed: tuple[Any, ...], out: Any, node: Node, frame: FrameType | None, verb: str = "returned") -> ShapeError:
    """The error for what came back: the arguments agree, so they are not to blame."""
    given = dict(zip((p.name for p in plan.parameters), packed, strict=True))
    slots, _ = _slots(plan, packed)
    count = len(slots)
    wrong = collect(node, out, RETURN, slots)
    if wrong is not None:
        return _structure(plan, slots, [wrong], frame, verb)
    return _shapes(plan, slots, culprits.find(slots, plan, given, count), given, frame, verb)


def value(plan: Plan, packed: tuple[Any, ...], problem: Problem, frame: FrameType | None) -> ShapeError:
    """The error for values: the shapes agree."""
    slots, env, _ = check_arguments(plan, packed)
    rows = [Argument(s.path, _asked(s), _got(s.value), s.path == problem.path, s.shape, _dtype(s)) for s in slots]
    if not any(row.culprit for row in rows):
        rows.append(Argument(problem.path, "", "see below", True))
    verdict = f"{plan.name}() {'returned' if problem.path.startswith(RETURN) else 'got'} {problem.verdict}"
    return _error(plan, verdict, "value", rows, list(problem.lines), problem.fix, env, frame)


def _slots(plan: Plan, packed: tuple[Any, ...]) -> tuple[list[Slot], list[Wrong]]:
    slots: list[Slot] = []
    wrongs = []
    for p, given in zip(plan.parameters, packed, strict=True):
        wrong = collect(p.node, given, p.name, slots)
        if wrong is not None:
            wrongs.append(wrong)
    return slots, wrongs


def _structure(plan: Plan, slots: list[Slot], wrongs: list[Wrong], frame: FrameType | None, verb: str) -> ShapeError:
    """Something is no tensor, lacks a key, or is not of the class that was asked for."""
    rows = [Argument(s.path, _asked(s), _got(s.value), False, s.shape, _dtype(s)) for s in slots]
    lines = []
    for wrong in wrongs:
        if wrong.kind == "key":
            text = f'{wrong.path} has no key "{wrong.dim}": {_keys(wrong.got)}'
        elif wrong.kind == "length":
            text = f"{wrong.path} has {len(wrong.got)} items, not {len(wrong.want.items)}"
        else:
            text = f"{wrong.path} is {_got(wrong.got)}, and {_text(wrong.want)} is asked"
        lines.append(text)
        rows.append(Argument(wrong.path, _text(wrong.want), _got(wrong.got), True))
    order = [p.name for p in plan.parameters]
    rows.sort(key=lambda row: next((i for i, name in enumerate(order) if row.path.startswith(name)), len(order)))
    what = wrongs[0].path if verb == "got" else "something"
    verdict = f"{plan.name}() {verb} {what} that is not what its annotation says"
    if verb == "got" and len(wrongs) > 1:
        verdict = f"{plan.name}() got arguments that are not what their annotations say"
    return _error(plan, verdict, wrongs[0].kind, rows, lines[:2], None, Env({}), frame)


def _shapes(
    plan: Plan, slots: list[Slot], found: list[int], given: dict[str, Any], frame: FrameType | None, verb: str
) -> ShapeError:
    """The error for tensors that do not fit together: who is wrong, why, and the fix where one was found."""
    fix, whose = fixes.find(slots, found, plan, given)
    if not found:  # the slow check finds nothing: say so instead of blaming anybody
        text = f"{plan.name}(): the fast check refused what the slow check accepts; please report this with the annotations"
        return make_error(text, Finding(plan.name, "internal", place(frame)))
    if fix is not None and len(whose) < len(found) and not _alone(slots, found):
        found = whose
    lines: list[str] = []
    kinds: list[str] = []
    swapped = fix is not None and " = " in fix
    if swapped:
        found = sorted(set(found) | set(whose))
    env = Env(given)
    one_of_two = len(found) == 2 and not _alone(slots, found)
    for i in reversed(found) if one_of_two else found:  # the later one against the earlier
        others = [s for j, s in enumerate(slots) if j != i]
        wrongs, env = culprits.complaints(slots[i], others, plan, given)
        kinds += [w.kind for w in wrongs]
        lines += [_line(w, env, plan) for w in wrongs]
        if one_of_two and wrongs:
            break
    rows = [Argument(s.path, _asked(s), _got(s.value), i in found, s.shape, _dtype(s)) for i, s in enumerate(slots)]
    verdict = f"{plan.name}() {verb} {_verdict(kinds, len(found), verb)}"
    if swapped:
        a, b = (slots[i].path for i in whose)
        verdict = f"{plan.name}() got {a} and {b} in each other's place"
    return _error(plan, verdict, kinds[0] if kinds else "name", rows, lines[:2], fix, env, frame)


def _alone(slots: list[Slot], found: list[int]) -> bool:
    """Whether the culprits are wrong by themselves, whatever the others are."""
    return any(all(local(spec, slots[i]) is not None for spec in slots[i].specs) for i in found)


def _verdict(kinds: list[str], count: int, verb: str) -> str:
    a, s = ("a tensor", "s") if count == 1 else ("tensors", "")
    kind = kinds[0] if kinds else "name"
    if kind == "dtype":
        return f"{a} of the wrong dtype"
    if kind == "rank":
        return f"{a} with the wrong number of axes"
    if kind == "size":
        return f"{a} of the wrong size"
    if kind == "class":
        return "something that is no tensor" if count == 1 else "arguments that are no tensors"
    return "tensors whose shapes disagree" if verb == "got" else f"{a} whose shape disagree{s} with the arguments"


def _line(w: Wrong, env: Env, plan: Plan) -> str:
    """What is wrong with one tensor, as a line of the message."""
    if w.kind == "rank" and w.spec is not None:
        least = "at least " if w.spec.variadic is not None else ""
        names = w.spec.text.partition("[")[2][:-1]
        axes = f"{w.path} has {w.got} {'axis' if w.got == 1 else 'axes'}"
        return f"{axes}, and {names} {'is' if w.want == 1 else 'are'} {least}{w.want}" if names else f"{axes}, not 0"
    if w.kind == "dtype" and w.spec is not None:
        return f"{w.path} is {dtype_name(w.got)}, and {w.spec.text.partition('[')[0]} takes {_dtypes(w.spec)}"
    if w.kind == "class":
        return f"{w.path} is {_got(w.got)}, and {_text(w.want)} is asked"
    at = f"{w.path}.shape[{w.axis}] is {w.got}"
    if w.kind == "size":
        return f"{at}, not {w.want}"
    if w.kind == "name":
        return f"{w.dim}: {at}, but {w.dim} = {w.want} from {_from(w.dim, env)}"
    if w.kind == "shape":
        path = f"{w.path}.shape has {list(w.got)} there"
        return f"*{w.dim}: {path}, but *{w.dim} = {list(w.want)} from {env.origin.get(f'*{w.dim}', ('?', 0))[0]}"
    expression = next((e for d, e in plan.expressions.items() if d.text == w.dim), None)
    bound = [f"{n} = {env.sizes[n]} from {_from(n, env)}" for n in (expression.dims if expression else ()) if n in env.sizes]
    return f"{w.dim}: {at}, but {w.dim} = {w.want}{', with ' if bound else ''}{', '.join(bound)}"


def _from(name: str, env: Env) -> str:
    path, axis = env.origin.get(name, ("?", 0))
    return f"{path}.shape[{axis}]"


def _dtypes(spec: Leaf) -> str:
    names = [n if isinstance(n, str) else n.pattern for n in spec.names or ()]
    known = {repr(d).rpartition(".")[2] for d in spec.dtypes or ()}
    shown = [n for n in names if n in known and not n.startswith(("float8", "float4", "int2", "int4", "uint2", "uint4"))] or names
    return ", ".join(shown[:8])


def _error(
    plan: Plan, verdict: str, problem: str, rows: list[Argument], lines: list[str], fix: str | None, env: Env, frame: FrameType | None
) -> ShapeError:
    """Puts the message together: verdict, table, reasons and fix, shortened to what fits on a screen."""
    at = place(frame)
    head = f"{verdict}   [{PurePath(at[0]).name}:{at[1]}]" if at else verdict
    room = ROWS + 2 - len(lines)
    shown = rows
    if len(rows) > room:
        bad = [r for r in rows if r.culprit][: room - 1]
        keep = {id(r) for r in bad} | {id(r) for r in [r for r in rows if not r.culprit][: room - 1 - len(bad)]}
        shown = [r for r in rows if id(r) in keep]
    left = max((len(r.path) for r in shown), default=0)
    middle = max((len(r.annotation) for r in shown), default=0)
    text = [head]
    for row in shown:
        text.append(f"  {'>' if row.culprit else ' '} {row.path:<{left}} : {row.annotation:<{middle}}   got {row.got}")
    if len(shown) < len(rows):
        text.append(f"    ... and {len(rows) - len(shown)} more")
    text += [f"  {line}" for line in lines]
    if fix is not None:
        text.append(f"  fix: {fix}")
    dims = {name: (size, _from(name, env)) for name, size in env.sizes.items() if isinstance(size, int)}
    found = Finding(plan.name, problem, at, tuple(rows), tuple(r.path for r in rows if r.culprit), dims, fix)
    return make_error("\n".join(map(plain, text)), found)


def place(frame: FrameType | None) -> tuple[str, int] | None:
    """The file and line of a call."""
    if frame is None:
        return None
    linecache.checkcache(frame.f_code.co_filename)
    return frame.f_code.co_filename, frame.f_lineno


def _asked(slot: Slot) -> str:
    return "|".join(dict.fromkeys(spec.text for spec in slot.specs))


def _dtype(slot: Slot) -> str | None:
    return None if slot.dtype is None else dtype_name(slot.dtype)


def _text(want: Any) -> str:
    if isinstance(want, Leaf):
        return want.text
    return short_of(want, want.hint if isinstance(want, Plain) else "")


def _got(value: Any) -> str:
    """What came, in words: `float32[6, 4, 10]`, `ndarray float32[6, 4, 10]`, `None`, `str 'abc'`."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if isinstance(shape, tuple) and dtype is not None:
        kind, layout = "", ""
        if isinstance(value, torch.Tensor):
            layout = " sparse" if value.layout is not torch.strided and not value.is_nested else " nested" if value.is_nested else ""
            layout += f" on {value.device}" if value.device.type != "cpu" else ""
        else:
            kind = f"{type(value).__name__} "  # or an array of numpy would look like the tensor that was asked for
        return f"{kind}{dtype_name(dtype)}{list(shape)}{layout}"
    if value is None:
        return "None"
    if isinstance(value, (list, tuple, dict)):
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, (int, float, str, bool, bytes)):
        text = repr(value)
        return f"{type(value).__name__} {text if len(text) < WIDTH else text[: WIDTH - 3] + '...'}"
    return type(value).__name__


def _keys(value: Sequence[Any]) -> str:
    names = [str(k) for k in value]
    return f"it has {', '.join(names[:6])}{', ...' if len(names) > 6 else ''}" if names else "it is empty"
