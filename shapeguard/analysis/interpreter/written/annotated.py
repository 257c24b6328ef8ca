"""What arrives in a call, against the jaxtyping annotations of its parameters: where the two cannot both be true."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from shapeguard.analysis.facts.shapes import Axis, Dim, Same
from shapeguard.analysis.facts.values import Tensor
from shapeguard.analysis.reading import hints
from shapeguard.analysis.reading import syntax as s

_KINDS = {
    **dict.fromkeys(("float", "half", "double"), "float"),
    **dict.fromkeys(("int", "int64", "int32", "uint8"), "int"),
    "bool": "bool",
}
# what jaxtyping reads as one axis: a comma, a lone operator or a bracket that a space tears apart makes it another language
_AXIS = re.compile(r"[^\s,()\[\]{}]*[\w.][^\s,()\[\]{}]*|\([^\s,]+\)|\S*\{[^\s,]+\}\S*")
_EXPRESSION = re.compile(r"\w+[+-]\d+|\w+(\*\w+)+")


@dataclass(frozen=True, slots=True)
class Handed:
    """A tensor that a call hands over for an annotated parameter."""

    name: str
    hint: hints.Hint
    tensor: Tensor
    said: str = ""  # the type as it is written, `Float`

    @property
    def dims(self) -> str:
        """The annotated dimensions in their quotes."""
        return f'"{" ".join(self.hint.dims)}"'


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why the arguments of a call cannot be what is annotated, and which of them say so."""

    text: str
    handed: tuple[Handed, ...]
    of_dtype: bool = False  # ids are annotated as Float so often that an annotation elsewhere is no evidence against one here


def sole_tensor_type(node: s.Expr | None) -> tuple[hints.Hint, s.Expr] | None:
    """The one tensor type that an annotation allows, beside None, and the node that names it (`Float`); None where it allows several."""
    if isinstance(node, s.Binary) and node.op == "|":
        return sole_tensor_type(_only(node.left, node.right))
    if isinstance(node, s.Index) and name_of(node.obj) in ("Optional", "Union"):
        return sole_tensor_type(_only(*node.items))
    if isinstance(node, s.Index) and name_of(node.obj) == "Annotated":
        return sole_tensor_type(node.items[0]) if node.items else None
    hint = hints.annotation(node)
    return None if hint is None or node is None else (hint, node.obj if isinstance(node, s.Index) else node)


def _only(*sides: s.Expr) -> s.Expr | None:
    some = [x for x in sides if not (isinstance(x, s.Const) and x.value is None)]
    return some[0] if len(some) == 1 else None


def name_of(node: s.Expr | None) -> str:
    """The last part of a name: `jaxtyping.Float` is Float."""
    return node.id if isinstance(node, s.Name) else node.name if isinstance(node, s.Attr) else ""


def contradiction(handed: Sequence[Handed]) -> Contradiction | None:
    """The first contradiction: a dtype, a number of axes, a fixed size, or one name for two sizes.

    As in jaxtyping a name stands for one size in one call. Two sizes that are not numbers contradict each other where one of them
    stands under another name beside it, as in (T, B) for "B T" when another argument says which is B. What is behind `*`, `...`,
    `#`, `?` or `_` says nothing, and an expression only where all of its names are known.
    """
    for one in handed:
        text = _kind(one)
        if text or _rank(one):
            return Contradiction(text or _rank(one), (one,), bool(text))
    sizes: list[dict[str, Dim]] = []
    for one in handed:
        named: dict[str, Dim] = {}
        for word, size in _sizes(one):
            if word.isdigit() and size.same(Dim.of(int(word))) is Same.NO:
                return Contradiction(f"{_arrives(one)}: {size} for {word}", (one,))
            if word.isidentifier() and named.setdefault(word, size).same(size) is Same.NO:
                return Contradiction(f"{_arrives(one)}: `{word}` is {named[word]} and {size}", (one,))
        sizes.append(named)
    for (one, here), (two, there) in combinations(zip(handed, sizes, strict=True), 2):
        for word in (w for w in here if w in there):
            x, y = here[word], there[word]
            if x.same(y) is Same.NO or _crossed(word, here, there):
                text = f"{_arrives(two)}: `{word}` is {x} by {one.name} {one.tensor.shape}, but {y} by {two.name}"
                return Contradiction(text, (one, two))
    return _expressions(handed, sizes)


def _arrives(one: Handed) -> str:
    return f"{one.name} {one.tensor.shape} arrives for {one.dims}"


def _kind(one: Handed) -> str:
    want, got = _KINDS.get(one.hint.dtype), _KINDS.get(one.tensor.dtype)
    return f"{one.name} of {one.tensor.dtype} arrives for {one.said}" if want and got and want != got else ""


def _rank(one: Handed) -> str:
    shape, words = one.tensor.shape, _words(one)
    if words is None:
        return ""
    count = len(words)
    if any(map(_many, words)):
        if shape.rank is None or shape.rank >= count - 1:
            return ""
        return f"{_arrives(one)}: {shape.rank} axes, and at least {count - 1} are annotated"
    if shape.min_rank <= count and shape.rank in (None, count):
        return ""
    return f"{_arrives(one)}: {'' if shape.rank is not None else 'at least '}{shape.min_rank} axes, not {count}"


def _many(word: str) -> bool:
    return word == "..." or "*" in word[: len(word) - len(word.lstrip("#*?_"))]


def _words(one: Handed) -> tuple[str, ...] | None:
    words = one.hint.dims
    if not all(w == "..." or _AXIS.fullmatch(w) for w in words) or sum(map(_many, words)) > 1:
        return None
    return words


def _sizes(one: Handed) -> Iterator[tuple[str, Dim]]:
    """The annotated sizes that say something, each with the size that arrives there."""
    words, shape = _words(one), one.tensor.shape
    if words is None:
        return
    behind = next((i for i, w in enumerate(words) if _many(w)), len(words))
    for i, word in enumerate(words):
        if i == behind or word[0] in "#?_":
            continue
        axis = shape.at(i) if i < behind else shape.at(i - len(words))
        if axis is None and behind == len(words):
            axis = shape.at(i - behind)
        if isinstance(axis, Axis) and axis.size is not None:
            yield word.split("=")[-1], axis.size


def _crossed(word: str, here: dict[str, Dim], there: dict[str, Dim]) -> bool:
    """Whether the size that a name has on one side stands under another name on the other, while the name has another size there."""
    x, y = here[word], there[word]
    if x == y or x.const is not None or y.const is not None:
        return False
    return any(d == y for n, d in here.items() if n != word) or any(d == x for n, d in there.items() if n != word)


def _expressions(handed: Sequence[Handed], sizes: Sequence[dict[str, Dim]]) -> Contradiction | None:
    """`T-1`, `B*T`: what an expression over names that are known comes to."""
    scope = {word: size for named in reversed(sizes) for word, size in named.items()}
    for one in handed:
        for word, size in _sizes(one):
            if not _EXPRESSION.fullmatch(word):
                continue
            names: hints.Sizes = {**scope}
            wanted = hints.dim_of(word, names)
            if isinstance(wanted, Axis):
                wanted = wanted.size
            if wanted is not None and len(names) == len(scope) and wanted.same(size) is Same.NO:
                others = tuple(h for h, named in zip(handed, sizes, strict=True) if named and h is not one)
                return Contradiction(f"{_arrives(one)}: `{word}` is {wanted}, but {size} by {one.name}", (*others, one))
    return None
