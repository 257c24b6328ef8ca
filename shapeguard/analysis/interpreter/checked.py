"""Annotations as promises: which of them a call breaks, and whether anything checks them when the program runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from shapeguard.analysis.facts.values import Class, Func, Lib, LossCall, Note, Site, Step, Tensor, Unknown
from shapeguard.analysis.interpreter.annotated import Handed, contradiction, name_of, sole
from shapeguard.analysis.interpreter.hinted import Hinted
from shapeguard.analysis.interpreter.loss_calls import Losses
from shapeguard.analysis.interpreter.machine import Frame
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.parse import Module

# decorators that check nothing; whatever else stands above a function may
IDLE = frozenset(
    "staticmethod classmethod property cached_property abstractmethod override final cache lru_cache wraps no_grad inference_mode "
    "enable_grad compile script dataclass".split()
)
HOOK = re.compile(rb"\binstall_import_hook\b|\bshapeguard\b[^\n]*\binstall\b|--jaxtyping-packages|--shapeguard\b")
TYPES = ("jaxtyping", "shapeguard")
MAX_SEEN = 60  # files of a project that are searched for an import hook


class Checked(Hinted, Losses):
    """Annotations against what arrives, and against what checks them."""

    broken: list[tuple[Site, Step]]  # calls with the annotation that their arguments contradict

    def judge_arguments(self, node: s.FuncDef, arrived: Sequence[tuple[s.Param, Tensor]], frame: Frame) -> None:
        if self.refused:
            return
        handed: list[Handed] = []
        params: dict[str, s.Param] = {}
        for p, tensor in arrived:
            found = sole(p.annotation)
            if found is not None and self._is_ours(found[1], frame):
                handed.append(Handed(p.name, found[0], tensor, name_of(found[1])))
                params[p.name] = p
        wrong = contradiction(handed)
        if wrong is None:
            return
        last = wrong.handed[-1]
        annotation = params[last.name].annotation
        with self.at(frame.module, annotation.at if annotation is not None else node.at):
            steps = [h.tensor.step for h in wrong.handed]
            sure = not wrong.of_dtype or not any(link.kind == "annotation" for one in steps if one is not None for link in one.history())
            step = self.step("contradicted", f"in {node.name}(), {wrong.text}", *steps, shape=last.tensor.shape, sure=sure)
        self.broken.append((self.stack[-1][1], step))
        for h in wrong.handed:  # the caller's own tensor stays as it is
            value = self.store.get(("v", frame.id, h.name))
            facts = self.get(value) if value is not None else None
            if isinstance(facts, Tensor):
                noted = replace(facts, notes=(*facts.notes, Note("contradicted", step)))
                self.store.set(("v", frame.id, h.name), self.new(noted))

    def _is_ours(self, node: s.Expr, frame: Frame) -> bool:
        """Whether a name in an annotation is jaxtyping's, or one of the types that are named here."""
        outer = frame.parent or frame
        with self.at(frame.module, node.at), self.silently():
            facts = self.get(self.eval(node, outer))
        if isinstance(facts, Lib):
            return facts.name.partition(".")[0] in TYPES
        return isinstance(facts, Unknown) and isinstance(node, s.Name) and _for_types_only(node.id, frame.module)

    def finished(self) -> tuple[LossCall, ...]:
        losses = super().finished()
        first: dict[int, LossCall] = {}  # by id() of a definition, the loss that speaks for it
        told = self._told(losses)
        out: list[LossCall] = []
        for loss in losses:
            frame = self.pending[loss.uid].frame
            func = frame.func
            unchecked = self._unchecked(func, loss) if func is not None else None
            if func is not None and unchecked is not None and first.setdefault(id(func.node), loss).site.node is not loss.site.node:
                unchecked = None
            out.append(replace(loss, contradicted=told.get(loss.uid), unchecked=unchecked))
        return tuple(out)

    # what a call breaks

    def _told(self, losses: Sequence[LossCall]) -> dict[int, Step]:
        """By the uid of a loss the broken annotation that it tells of.

        Each is told at one place: at the first loss of the tensors that broke it, else at the first that the call reaches.
        """
        told: dict[int, Step] = {}
        carried: dict[int, list[LossCall]] = {}
        for loss in losses:
            note = loss.logits.note("contradicted") or loss.targets.note("contradicted")
            if note is not None:
                carried.setdefault(id(note.step), []).append(loss)
        for site, step in self.broken:
            reached = carried.get(id(step)) or [loss for loss in losses if any(c is site for c in loss.calls)]
            for loss in reached:
                if loss.site.node is reached[0].site.node:
                    told.setdefault(loss.uid, step)
        return told

    # what checks

    def _unchecked(self, func: Func, loss: LossCall) -> Step | None:
        """The definition of a function with jaxtyping annotations that nothing was seen to check."""
        node = func.node
        if not isinstance(node, s.FuncDef) or any(_may_check(d) for d in (*node.decorators, *_above(func.cls))):
            return None
        frame = self.frames[func.frame]
        said = [found[1] for a in (*(p.annotation for p in node.params), node.returns) if (found := sole(a)) is not None]
        body = Frame(self.store.number(), func.module, "function", frame, func)
        if not any(self._is_ours(name, body) for name in said) or self._wrapped(node.name, func.module) or self._hooked(func.module, loss):
            return None
        return Step("unchecked", Site(func.module, node.at), f"nothing checks the annotations of {node.name}()")

    def _wrapped(self, name: str, module: Module) -> bool:
        """`step = guard(step)`, `jaxtyped(typechecker=beartype)(step)`: whether a function is handed to what may check it."""
        return re.search(rf"\b(guard|jaxtyped|beartype|typechecked)\b[^\n]*\(\s*{re.escape(name)}\s*\)", module.source) is not None

    def _hooked(self, module: Module, loss: LossCall) -> bool:
        """Whether an import hook was seen: in the packages of a module, in what imports it, or in the project's configuration."""
        callers = [site.module.path for site in loss.calls]
        return any(self._mentions_hook(path) for path in dict.fromkeys((*self._near(module.path), *callers)))

    def _near(self, path: str) -> Iterator[str]:
        root = str(self.project.root)
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
            new = [up for up in self.project.importers(here) if up not in seen]
            seen.update(new)
            todo += new

    def _mentions_hook(self, path: str) -> bool:
        found = self._hooks.get(path)
        if found is None:
            try:
                found = HOOK.search(self.project.read(path)) is not None
            except OSError:
                found = False
            self._hooks[path] = found
        return found

    @cached_property
    def _hooks(self) -> dict[str, bool]:
        return {}


def _above(cls: Class | None) -> Sequence[s.Expr]:
    return () if cls is None else cls.node.decorators


def _for_types_only(name: str, module: Module) -> bool:
    """Whether a name is imported where only a type checker looks: below `if TYPE_CHECKING`."""
    blocks = (stmt.body for stmt in module.body if isinstance(stmt, s.If) and name_of(stmt.test) == "TYPE_CHECKING")
    imports = (i for body in blocks for i in body if isinstance(i, s.Import) and i.is_from and i.module in TYPES)
    return any((alias or said) == name for i in imports for said, alias in i.names)


def _may_check(decorator: s.Expr) -> bool:
    return name_of(decorator.func if isinstance(decorator, s.Call) else decorator) not in IDLE
