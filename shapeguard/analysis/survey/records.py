"""The records of losses at the end of a run, with the annotations that a call broke on the way to them, and those that nothing checks."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shapeguard.analysis.facts.loss_record import LossCall
from shapeguard.analysis.facts.steps import Site, Step
from shapeguard.analysis.facts.values import Class, Func
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.objects import class_code, module_of
from shapeguard.analysis.interpreter.written import checked
from shapeguard.analysis.interpreter.written.annotated import name_of, sole_tensor_type
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

# decorators that check nothing; whatever else stands above a function may
IDLE = frozenset(
    "staticmethod classmethod property cached_property abstractmethod override final cache lru_cache wraps no_grad inference_mode "
    "enable_grad compile script dataclass".split()
)
HOOK = re.compile(rb"\binstall_import_hook\b|\bshapeguard\b[^\n]*\binstall\b|--jaxtyping-packages|--shapeguard\b")
MAX_SEEN = 60  # files of a project that are searched for an import hook


def finished(m: Machine) -> tuple[LossCall, ...]:
    """The records of all losses, with the annotations that were broken on the way to them and those that nothing checks."""
    losses = m.book.finished()
    first: dict[int, LossCall] = {}  # by id() of a definition, the loss that speaks for it
    contradictions = _contradictions_by_loss(m, losses)
    out: list[LossCall] = []
    for loss in losses:
        frame = m.book.pending[loss.uid].frame
        func = frame.func
        unchecked = _unchecked(m, func, loss) if func is not None else None
        if func is not None and unchecked is not None and first.setdefault(id(func.node), loss).site.node is not loss.site.node:
            unchecked = None
        out.append(replace(loss, contradicted=contradictions.get(loss.uid), unchecked=unchecked))
    return tuple(out)


def _contradictions_by_loss(m: Machine, losses: Sequence[LossCall]) -> dict[int, Step]:
    """For each loss, by its uid, the broken annotation that is reported there.

    Each is reported at one place: at the first loss of the tensors that broke it, else at the first that the call reaches.
    """
    found: dict[int, Step] = {}
    carried: dict[int, list[LossCall]] = {}
    for loss in losses:
        note = loss.logits.note("contradicted") or loss.targets.note("contradicted")
        if note is not None:
            carried.setdefault(id(note.step), []).append(loss)
    for site, step in m.book.broken:
        reached = carried.get(id(step)) or [loss for loss in losses if any(c is site for c in loss.calls)]
        for loss in reached:
            if loss.site.node is reached[0].site.node:
                found.setdefault(loss.uid, step)
    return found


def _unchecked(m: Machine, func: Func, loss: LossCall) -> Step | None:
    """The definition of a function with jaxtyping annotations that nothing was seen to check."""
    node, module = func.node, module_of(func)
    if not isinstance(node, s.FuncDef) or any(_may_check(d) for d in (*node.decorators, *_above(func.cls))):
        return None
    frame = m.frames.by_id[func.frame]
    said = [found[1] for a in (*(p.annotation for p in node.params), node.returns) if (found := sole_tensor_type(a)) is not None]
    body = Frame(m.store.number(), module, "function", frame, func)
    if not any(checked.is_tensor_type(m, name, body) for name in said) or _wrapped(m, node.name, module) or _hooked(m, module, loss):
        return None
    return Step("unchecked", Site(module, node.at), f"nothing checks the annotations of {node.name}()")


def _wrapped(m: Machine, name: str, module: Module) -> bool:
    """`step = guard(step)`, `jaxtyped(typechecker=beartype)(step)`: whether a function is handed to what may check it."""
    return re.search(rf"\b(guard|jaxtyped|beartype|typechecked)\b[^\n]*\(\s*{re.escape(name)}\s*\)", module.source) is not None


def _hooked(m: Machine, module: Module, loss: LossCall) -> bool:
    """Whether an import hook was seen: in the packages of a module, in what imports it, or in the project's configuration."""
    callers = [site.module.path for site in loss.calls]
    return any(_mentions_hook(m, path) for path in dict.fromkeys((*_near(m, module.path), *callers)))


def _near(m: Machine, path: str) -> Iterator[str]:
    """The files that may install an import hook for a module: configuration, packages, and what imports it."""
    root = str(m.project.root)
    yield from (os.path.join(root, name) for name in ("pyproject.toml", "pytest.ini", "setup.cfg"))
    folder = os.path.dirname(path)
    while len(folder) >= len(root):
        yield os.path.join(folder, "__init__.py")
        folder, before = os.path.dirname(folder), folder
        if folder == before:
            break
    seen, todo = {path}, [path]
    while todo and len(seen) < MAX_SEEN:
        here = todo.pop(0)
        yield here
        new = [up for up in m.project.importers(here) if up not in seen]
        seen.update(new)
        todo += new


def _mentions_hook(m: Machine, path: str) -> bool:
    found = m.book.hooks.get(path)
    if found is None:
        try:
            found = HOOK.search(m.project.read(path)) is not None
        except OSError:
            found = False
        m.book.hooks[path] = found
    return found


def _above(cls: Class | None) -> Sequence[s.Expr]:
    return () if cls is None else class_code(cls).decorators


def _may_check(decorator: s.Expr) -> bool:
    return name_of(decorator.func if isinstance(decorator, s.Call) else decorator) not in IDLE
