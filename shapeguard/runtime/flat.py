"""The lines that check one value: `if not (isinstance(x, A) and x.dtype in D and len(s := x.shape) == 3): raise ...`."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shapeguard.runtime.annotations import Each, Fixed, Free, Leaf, Node, OneOf, Plain, Record, leaves
from shapeguard.runtime.dims import OF_ARGUMENT, OF_DIM, Dim
from shapeguard.runtime.plan import Plan

OF_MANY = "_m_"
OWN = "_sg_"  # before every other name of the generated code
RESERVED = (OF_ARGUMENT, OF_DIM, OF_MANY, OWN)


class NotFlat(Exception):
    """This signature is checked by the slow check."""


class Misfit(BaseException):
    """Something does not fit; caught in the generated code that raises it."""


class Flat:
    """The body of one generated function, line by line.

    A dimension is `sure` (bound on every way to here), `maybe` (a local that may be None) or absent. A value that does not fit
    raises `Misfit`. Expressions whose dimensions are not bound yet wait in `late`.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: list[str] = []
        self.depth = 1
        self.constants: dict[str, Any] = {}
        self.literals: dict[str, Any] = {}
        self.status: dict[str, str] = {}
        self.late: list[tuple[Dim, str, bool]] = []
        self.marked: list[tuple[str, str, Leaf]] = []  # local, path, leaf: what the value checks look at
        self.fail = f"raise {OWN}Misfit"
        self._count = 0
        self._loops = 0
        self._branches = 0

    def add(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def constant(self, prefix: str, value: Any) -> str:
        for name, known in self.constants.items():
            if known is value:
                return name
        name = f"{OWN}{prefix}{len(self.constants)}"
        self.constants[name] = value
        return name

    def built(self, name: str) -> str:
        """A function of Python, which a parameter of the same name must not hide."""
        if not any(p.name == name for p in self.plan.parameters):
            return name
        return self.constant("built", getattr(builtins, name))

    def isinstance(self, x: str, kind: str) -> str:
        return f"{self.built('isinstance')}({x}, {kind})"

    def literal(self, value: Any) -> str:
        """A place for a value that becomes a constant of the code itself: torch.compile guards a global, at each call, by comparing it."""
        text = next((t for t, known in self.literals.items() if known == value), f"<{OWN}{len(self.literals)}>")
        self.literals[text] = value
        return repr(text)

    def local(self) -> str:
        self._count += 1
        return f"{OWN}v{self._count}"

    def refuse_unless(self, *conditions: str) -> None:
        if conditions:
            self.add(f"if not ({' and '.join(conditions)}): {self.fail}")

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.add(head)
        self.depth += 1
        start = len(self.lines)
        yield
        if len(self.lines) == start:
            self.add("pass")
        self.depth -= 1

    def check(self, node: Node, x: str, path: str) -> None:
        """The lines for a node whose value is in the local `x`."""
        if isinstance(node, Free):
            return
        if isinstance(node, Leaf):
            self._leaf(node, x, path)
        elif isinstance(node, Plain):
            self.refuse_unless(self._plain(node, x))
        elif isinstance(node, OneOf):
            self._one_of(node, x, path)
        elif isinstance(node, Fixed):
            self._fixed(node, x, path)
        elif isinstance(node, Record):
            self._record(node, x, path)
        else:
            self._each(node, x, path)

    def _plain(self, node: Plain, x: str) -> str:
        if node.single:
            return f"{x} is {self.constant('D', node.hint)}"
        if node.kind is type(None):
            return f"{x} is None"
        if node.kind is not None:
            return self.isinstance(x, self.constant("C", node.kind))
        return f"{self.constant('test', node.test)}({x})"

    def _fixed(self, node: Fixed, x: str, path: str) -> None:
        self.refuse_unless(self.isinstance(x, self.built("tuple")), f"{self.built('len')}({x}) == {len(node.items)}")
        for i, item in enumerate(node.items):
            if not isinstance(item, Free):
                inner = self.local()
                self.add(f"{inner} = {x}[{i}]")
                self.check(item, inner, f"{path}[{i}]")

    def _record(self, node: Record, x: str, path: str) -> None:
        kind = f"({self.built('dict')}, {self.constant('C', Mapping)})" if node.keyed else self.constant("C", node.kind)
        self.refuse_unless(self.isinstance(x, kind), *(f"{name!r} in {x}" for name, _, needed in node.fields if node.keyed and needed))
        for name, item, needed in node.fields:
            inner = self.local()
            if node.keyed and not needed:
                self.add(f"{inner} = None")
                with self._branch(item), self.block(f"if {name!r} in {x}:"):
                    self.add(f"{inner} = {x}[{name!r}]")
                    self.check(item, inner, f'{path}["{name}"]')
            else:
                self.add(f"{inner} = {x}[{name!r}]" if node.keyed else f"{inner} = {x}.{name}")
                self.check(item, inner, f'{path}["{name}"]' if node.keyed else f"{path}.{name}")

    def _each(self, node: Each, x: str, path: str) -> None:
        if node.kind not in (list, tuple, dict):
            raise NotFlat  # an iterator must not be used up
        inner = self.local()
        self.refuse_unless(self.isinstance(x, self.built(node.kind.__name__)))
        self._loops += 1
        with self._branch(node.item), self.block(f"for {inner} in {x}{'.values()' if node.keyed else ''}:"):
            self.check(node.item, inner, f"{path}[...]")
        self._loops -= 1

    @contextmanager
    def _branch(self, node: Node) -> Iterator[None]:
        """Around lines that may not run, or run twice: what they bind may be None afterwards."""
        for leaf in leaves(node):
            for dim in leaf.dims:
                name = f"*{dim.text}" if dim.kind == "many" else dim.text
                if dim.kind in ("name", "many") and name not in self.status:
                    self.add(f"{self._of(dim)} = None")
                    self.status[name] = "maybe"
        before = dict(self.status)
        self._branches += 1
        yield
        self._branches -= 1
        for name, was in before.items():
            self.status[name] = was

    def _one_of(self, node: OneOf, x: str, path: str) -> None:
        tensors = [o for o in node.options if next(leaves(o), None) is not None]
        others = [o for o in node.options if next(leaves(o), None) is None]
        heads = [self._head(o, x) for o in tensors]
        classes = [k for o in tensors for k in self._classes(o)]
        if any(issubclass(a, b) for i, a in enumerate(classes) for j, b in enumerate(classes) if i != j):
            raise NotFlat
        tests = []
        for other in others:
            if not isinstance(other, Plain) or other.kind is None:
                raise NotFlat
            kinds = other.kind if isinstance(other.kind, tuple) else (other.kind,)
            if any(issubclass(c, k) or issubclass(k, c) for c in classes for k in kinds):
                raise NotFlat
            tests.append(self._plain(other, x))
        word = "if"
        optional = tests == [f"{x} is None"] and len(tensors) == 1
        for option in tensors:
            self._init(option)
        for option, head in zip(tensors, heads, strict=True):
            with self._branch(option), self.block(f"{word} {x} is not None:" if optional else f"{word} {head}:"):
                self.check(option, x, path)
            word = "elif"
        if not optional:
            with self.block(f"elif not ({' or '.join(tests) or 'False'}):"):
                self.add(self.fail)

    def _init(self, node: Node) -> None:
        """Nothing may stand between `if` and `elif`: the locals of every branch are made before the first."""
        with self._branch(node):
            pass

    def _classes(self, node: Node) -> tuple[type, ...]:
        kind = node.array if isinstance(node, Leaf) else tuple if isinstance(node, Fixed) else getattr(node, "kind", None)
        if isinstance(node, Record) and node.keyed:
            kind = Mapping
        if not isinstance(kind, type):
            raise NotFlat
        return (kind,)

    def _head(self, node: Node, x: str) -> str:
        return self.isinstance(x, self.constant("C", self._classes(node)[0]))

    # one tensor

    def _leaf(self, leaf: Leaf, x: str, path: str) -> None:
        conditions = self._class_and_dtype(leaf, x)
        if self._whole(leaf):
            sizes = ", ".join(map(self._size, leaf.dims))
            self.refuse_unless(*conditions, f"{x}.shape == ({sizes}{',' if len(leaf.dims) == 1 else ''})")
        else:
            self._dims(leaf, x, conditions)
        if leaf.marks:
            self._mark(leaf, x, path)

    def _mark(self, leaf: Leaf, x: str, path: str) -> None:
        if self._loops:
            raise NotFlat
        self.marked.append((x, path, leaf))

    def _class_and_dtype(self, leaf: Leaf, x: str) -> list[str]:
        if leaf.array is Any:
            conditions = [f'{self.built("hasattr")}({x}, "shape")', f'{self.built("hasattr")}({x}, "dtype")']
        else:
            conditions = [self.isinstance(x, self.constant("C", leaf.array))]
        if leaf.names is None or leaf.dtypes is None:
            return conditions
        module = getattr(leaf.array, "__module__", "")
        if leaf.array is Any or not module.startswith("torch"):
            return [*conditions, f"{self.constant('takes', leaf.takes)}({x}.dtype)"]
        if len(leaf.dtypes) == 1:
            return [*conditions, f"{x}.dtype == {self.literal(next(iter(leaf.dtypes)))}"]
        return [*conditions, f"{x}.dtype in {self.literal(leaf.dtypes)}"]

    def _whole(self, leaf: Leaf) -> bool:
        """Every size is known: the shape is compared at once."""
        return leaf.variadic is None and all(
            not d.broad and (d.kind == "fixed" or (d.kind == "name" and self._sure(d.text)) or (d.kind == "expr" and self._ready(d)))
            for d in leaf.dims
        )

    def _sure(self, name: str) -> bool:
        return self.status.get(name) == "sure"

    def _ready(self, dim: Dim) -> bool:
        expression = self.plan.expressions[dim]
        return not expression.unknown and all(map(self._sure, expression.dims))

    def _size(self, dim: Dim) -> str:
        if dim.kind == "fixed":
            return str(dim.size)
        return self._of(dim) if dim.kind == "name" else self._value(dim)

    def _of(self, dim: Dim) -> str:
        return (OF_MANY if dim.kind == "many" else OF_DIM) + dim.text

    def _value(self, dim: Dim) -> str:
        return f"({re.sub(rf'(?<![A-Za-z0-9_]){OF_ARGUMENT}', '', self.plan.expressions[dim].source)})"

    def _dims(self, leaf: Leaf, x: str, conditions: list[str]) -> None:
        s, n = f"{OWN}s", len(leaf.dims)
        if leaf.variadic is None:
            conditions.append(f"{self.built('len')}({s} := {x}.shape) == {n}")
        else:
            conditions.append(f"{self.built('len')}({s} := {x}.shape) >= {n - 1}")
        binds: list[tuple[str, str]] = []
        after: list[tuple[Dim, str]] = []
        here: dict[str, str] = {}
        for axis, dim in enumerate(leaf.dims):
            at = f"{s}[{axis if leaf.variadic is None or axis < leaf.variadic else axis - n}]"
            one = f"{at} == 1 or " if dim.broad else ""
            if dim.variadic:
                if dim.kind == "many":
                    self._many(dim, f"{s}[{axis}:{axis - n + 1 or ''}]", conditions, binds, after)
            elif dim.kind == "fixed":
                conditions.append(f"({one}{at} == {dim.size})" if one else f"{at} == {dim.size}")
            elif dim.kind == "name":
                if dim.text in here:
                    conditions.append(f"({one}{at} == {here[dim.text]})")
                elif self._sure(dim.text):
                    conditions.append(f"({one}{at} == {self._of(dim)})")
                elif dim.broad or self.status.get(dim.text) == "maybe":
                    after.append((dim, at))
                else:
                    here[dim.text] = at
                    binds.append((self._of(dim), at))
            elif dim.kind == "expr":
                after.append((dim, at))
        self.refuse_unless(*conditions)
        self._bind(binds, leaf, s)
        self.status.update(dict.fromkeys(here, "sure"))
        for dim, at in after:
            self._later(dim, at)

    def _bind(self, binds: list[tuple[str, str]], leaf: Leaf, s: str) -> None:
        if len(binds) == len(leaf.dims) and leaf.variadic is None:
            self.add(f"{', '.join(name for name, _ in binds)}{',' if len(binds) == 1 else ''} = {s}")
        else:
            for name, at in binds:
                self.add(f"{name} = {at}")

    def _many(self, dim: Dim, at: str, conditions: list[str], binds: list[tuple[str, str]], after: list[tuple[Dim, str]]) -> None:
        if dim.broad or any(d.broad and d.kind == "many" and d.text == dim.text for other in self._all() for d in other.dims):
            raise NotFlat
        known = self.status.get(f"*{dim.text}")
        if known == "sure":
            conditions.append(f"{at} == {self._of(dim)}")
        elif known == "maybe":
            after.append((dim, at))
        else:
            binds.append((self._of(dim), at))
            self.status[f"*{dim.text}"] = "sure"

    def _all(self) -> Iterator[Leaf]:
        for node in (*(p.node for p in self.plan.parameters), self.plan.returns):
            yield from leaves(node)

    def _later(self, dim: Dim, at: str) -> None:
        """A name that may be bound or not, or an expression."""
        if dim.kind == "expr":
            self._expression(dim, at)
            return
        name, key = self._of(dim), f"*{dim.text}" if dim.kind == "many" else dim.text
        if self._sure(key):  # bound by an axis of the same tensor
            self.refuse_unless(f"({at} == 1 or {at} == {name})" if dim.broad else f"{at} == {name}")
        elif key not in self.status:
            self.add(f"{name} = None if {at} == 1 else {at}")
            self.status[key] = "maybe"
        elif dim.broad:
            with self.block(f"if {at} != 1:"):
                self._maybe(name, at)
        else:
            self._maybe(name, at)
            self.status[key] = "sure"

    def _maybe(self, name: str, at: str) -> None:
        self.add(f"if {name} is None: {name} = {at}")
        self.add(f"elif {name} != {at}: {self.fail}")

    def _expression(self, dim: Dim, at: str) -> None:
        if self._ready(dim):
            value = f"{at} == {self._value(dim)}"
            self.refuse_unless(f"({at} == 1 or {value})" if dim.broad else value)
        elif self._loops or self._branches:
            raise NotFlat
        else:
            kept = self.local()
            self.add(f"{kept} = {at}")
            self.late.append((dim, kept, dim.broad))

    def settle(self) -> None:
        """Compares the expressions that waited, as far as their dimensions can be bound by now."""
        waiting = []
        still = {d.text for leaf in leaves(self.plan.returns) for d in leaf.dims if d.kind == "name"}
        for dim, kept, broad in self.late:
            expression = self.plan.expressions[dim]
            if expression.unknown or any(name not in self.status for name in expression.dims):
                waiting.append((dim, kept, broad))
                continue
            unsure = [f"{OF_DIM}{name} is None" for name in expression.dims if not self._sure(name)]
            if any(name in still and not self._sure(name) for name in expression.dims):
                waiting.append((dim, kept, broad))  # what comes back may bind it
            self.refuse_unless(" or ".join([*unsure, *([f"{kept} == 1"] if broad else []), f"{kept} == {self._value(dim)}"]))
        self.late = waiting
