"""Shapes that people wrote down: jaxtyping annotations, shape comments and docstrings, read as text into dimension names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, axis, fresh, fresh_pack
from shapeguard.analysis.facts.values import Dtype
from shapeguard.analysis.reading import syntax as s

_FLOATS: dict[str, Dtype] = {"Float": "float", "Float32": "float", "Inexact": "float", "Float16": "half", "BFloat16": "half"}
_INTS: dict[str, Dtype] = {"Int": "int", "Integer": "int", "UInt": "int", "Int64": "int64", "Int32": "int32", "UInt8": "uint8"}
_DTYPES: dict[str, Dtype] = {**_FLOATS, **_INTS, "Float64": "double", "Bool": "bool", "Shaped": "", "Num": "", "Real": ""}
_NAMED_TYPES: dict[str, tuple[Dtype, str]] = {
    "Logits": ("float", "B T V"),
    "Targets": ("int", "B T"),
    "Inputs": ("int", "B T"),
    "Mask": ("bool", "B T"),
    "Lengths": ("int", "B"),
}

_BATCH = "B b batch bs bsz batch_size batchsize"
_TIME = "T t time seq seq_len seqlen seq_length sequence trg_len tgt_len src_len max_len"
_CLASS = "V vocab vocab_size num_classes n_classes classes n_vocab output_dim"
_ROLES = {name: role for names, role in ((_BATCH, "batch"), (_TIME, "time"), (_CLASS, "class")) for name in names.split()}

_ITEM = r"[A-Za-z0-9_*+\-./ ×']+?"
_BRACKETED = re.compile(rf"[\[(]\s*({_ITEM}(?:\s*,\s*{_ITEM}){{0,4}}\s*,?)\s*[\])]")
_SAYS = r"(?:[:=]|->|\bis\b|\bshape\b|\bof shape\b|\.shape)+"
_NAMED = re.compile(rf"^[\s\-*:`@,;]*(?:param\s+)?`?([A-Za-z_]\w*)`?\s*(?:\([^()\[\]]*\)\s*)?{_SAYS}[^\[(]*(?=[\[(])")
_CALLED = re.compile(r"\.(?!shape$|size$)\w+$")
_WORD = re.compile(r"[A-Za-z_][\w' ]*|\d+")
_PROSE = re.compile(r"\b(?:the|is|are|and|or|to|for|of|if|not|we|this|with|default|optional|see|e\.g|i\.e|as|in|on|by|from|a)\b")


# what the names of dimensions stand for in one function; those of packs begin with a star
Sizes: TypeAlias = dict[str, Dim | Pack]


@dataclass(frozen=True, slots=True)
class Hint:
    """Dimension texts in order, such as ("B", "T-1", "V"), and the dtype that an annotation names."""

    dims: tuple[str, ...]
    dtype: Dtype = ""


def annotation(node: s.Expr | None) -> Hint | None:
    """`Float[Tensor, "B T V"]`, and the same inside Optional, Annotated or a string."""
    said = node.id if isinstance(node, s.Name) else node.name if isinstance(node, s.Attr) else ""
    if said in _NAMED_TYPES:
        dtype, dims = _NAMED_TYPES[said]
        return Hint(tuple(dims.split()), dtype)
    if isinstance(node, s.Binary) and node.op == "|":
        return annotation(node.left) or annotation(node.right)
    if not isinstance(node, s.Index):
        return None
    name = node.obj.id if isinstance(node.obj, s.Name) else node.obj.name if isinstance(node.obj, s.Attr) else ""
    if name in _DTYPES and len(node.items) == 2 and isinstance(node.items[1], s.Const) and isinstance(node.items[1].value, str):
        return Hint(tuple(node.items[1].value.split()), _DTYPES[name])
    if name in ("Optional", "Annotated", "Union"):
        return next((h for i in node.items if (h := annotation(i)) is not None), None)
    return None


def bracketed(text: str) -> tuple[str, ...] | None:
    """The dimensions of a comment that is a shape: `(B, T, V)`, `[batch size, trg len]`, `-> (B*T, V)`; the last one counts."""
    found: tuple[str, ...] | None = None
    for match in _BRACKETED.finditer(text):
        dims = tuple(d.strip() for d in match.group(1).strip().rstrip(",").split(","))
        if len(dims) >= 2 and all(_is_dim(d) for d in dims) and not _is_code(text, match):
            found = dims
    return found


def _is_code(text: str, match: re.Match[str]) -> bool:
    """Whether the brackets are those of a call that was commented out: `x.transpose(0, 1)`."""
    return _CALLED.search(text[: match.start()]) is not None


def _is_dim(text: str) -> bool:
    if not text or len(text) > 28 or _PROSE.search(text.lower()) or len(text.split()) > 4:
        return False
    return bool(_WORD.match(text)) and not re.search(r"\d\.\d|\.\w+\(|[a-z]\.[a-z]", text)


def named(text: str) -> dict[str, tuple[str, ...]]:
    """`trg = [trg len, batch size]`, `logits: (B, T, V)  targets: (B, T)`, as comments and docstrings have them."""
    out: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        while (head := _NAMED.match(line)) is not None and (match := _BRACKETED.match(line, head.end())) is not None:
            dims = tuple(d.strip() for d in match.group(1).strip().rstrip(",").split(","))
            if all(_is_dim(d) for d in dims) and not _is_code(line, match):
                out[head.group(1)] = dims
            line = line[match.end() :]
    return out


def whole_comment(text: str) -> tuple[str, ...] | None:
    """The dimensions of a trailing comment that says a shape and little else."""
    stripped = text.strip()
    match = _BRACKETED.search(stripped)
    if match is None:
        return None
    rest = (stripped[: match.start()] + stripped[match.end() :]).strip(" :=->.#")
    return bracketed(stripped) if len(rest.split()) <= 3 else None


def axes_of(hint: Hint, scope: Sizes) -> tuple[Axis | Pack, ...] | None:
    """Axes for dimension texts; the same text in the same scope is the same size. None where a text means nothing to us."""
    out: list[Axis | Pack] = []
    for text in hint.dims:
        text = text.strip().lstrip("#?").strip()
        if text == "..." or text.startswith("*"):
            if any(isinstance(a, Pack) for a in out):
                return None
            out.append(_scoped_pack(text.lstrip("*") or "...", scope))
        elif text == "_" or text == "":
            out.append(axis(fresh("n")))
        else:
            dim = dim_of(text.split("=")[-1] if "=" in text else text, scope)
            if dim is None:
                return None
            out.append(dim if isinstance(dim, Axis) else axis(dim))
    return tuple(out)


def _scoped_pack(name: str, scope: Sizes) -> Pack:
    if name == "...":
        return fresh_pack("x")
    found = scope.setdefault("*" + name, fresh_pack(name))
    return found if isinstance(found, Pack) else fresh_pack(name)


def dim_of(text: str, scope: Sizes) -> Dim | Axis | None:
    """The size that a text means: a name, a number, `T-1`, `T + 1`, `B*T`."""
    text = text.strip()
    if re.fullmatch(r"\d+", text):
        return Dim.of(int(text))
    product = re.split(r"\s*[*×.]\s*", text)
    if len(product) > 1:
        parts = [dim_of(p, scope) for p in product]
        return Axis(tuple(p for p in parts if isinstance(p, Dim))) if all(isinstance(p, Dim) for p in parts) else None
    offset = re.fullmatch(r"\(?\s*(.+?)\s*([+-])\s*(\d+)\s*\)?", text)
    if offset:
        base = dim_of(offset.group(1), scope)
        if not isinstance(base, Dim):
            return None
        return base + int(offset.group(3)) if offset.group(2) == "+" else base - int(offset.group(3))
    if not re.fullmatch(r"[A-Za-z_][\w' ]*(-[A-Za-z]\w*)?", text):
        return None
    key = re.sub(r"[\s_\-']+", "_", text)
    found = scope.get(key)
    if not isinstance(found, Dim):
        found = scope[key] = fresh(text.replace(" ", "_"), _ROLES.get(key.lower() if len(key) > 1 else key, ""))
    return found
