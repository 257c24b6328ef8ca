"""Words of the source: what a loss call names its logits and targets, where a step stands, what a size or an id is called."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from shapeguard.analysis.facts.shapes import Axis, Dim, Pack, Shape, Sym
from shapeguard.analysis.facts.steps import Place, Site
from shapeguard.analysis.facts.values import LossCall, Step

_LOGITS, _TARGETS = ("input", "logits"), ("target", "targets", "labels", "index")
_LONG = 48  # characters of an expression that are shown
_LINES = 40  # of a call that is read
UNKNOWN = "?"  # a size that the source does not name


@dataclass(frozen=True, slots=True)
class Written:
    """The first two arguments of a loss as they stand in the source; "" where they cannot be shown."""

    logits: str = ""
    targets: str = ""

    def of_logits(self) -> str:
        """How a sentence names the logits."""
        return f"`{self.logits}`" if self.logits else "the logits"

    def of_targets(self) -> str:
        """How a sentence names the targets."""
        return f"`{self.targets}`" if self.targets else "the targets"


def written(loss: LossCall) -> Written:
    """What stands in the call."""
    full = source_text(loss.site)
    call = _call(full)
    if call is None:
        return Written()
    given = {k.arg: k.value for k in call.keywords if k.arg is not None}
    plain: list[ast.expr | None] = [None if isinstance(a, ast.Starred) else a for a in call.args]
    if loss.family == "model":
        return Written("", _text(full, given.get("labels")))
    own = call.func.value if isinstance(call.func, ast.Attribute) else None
    if loss.family == "gather":
        method = len(plain) + ("index" in given) + ("dim" in given) < 3
        logits, at = (own, 1) if method else (_first(given, ("input",), plain, 0), 2)
        return Written(_text(full, logits), _text(full, _first(given, ("index",), plain, at)))
    last = 2 if "linear" in loss.spelling.lower() else 1
    return Written(_text(full, _first(given, _LOGITS, plain, 0)), _text(full, _first(given, _TARGETS, plain, last)))


def option_text(loss: LossCall, name: str) -> str:
    """What an option is given, at the call or where the criterion is made; "" where it cannot be shown."""
    for site in (loss.site, loss.made.site if loss.made is not None else None):
        full = source_text(site) if site is not None else ""
        call = _call(full)
        value = next((k.value for k in call.keywords if k.arg == name), None) if call is not None else None
        if value is not None:
            return _text(full, value)
    return ""


def divisor_text(step: Step | None) -> str:
    """What stands right of the `/` of a division: `n_tokens`; "" where it cannot be shown."""
    full = source_text(step.site) if step is not None else ""
    try:
        node = ast.parse(full.strip()).body[0] if full else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    value = node.value if isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Return)) else None
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Div):
        return _text(full.strip(), value)
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Div):
        return _text(full.strip(), value.right)
    return ""


def _first(given: dict[str, ast.expr], names: tuple[str, ...], plain: list[ast.expr | None], at: int) -> ast.expr | None:
    return next((given[n] for n in names if n in given), plain[at] if at < len(plain) else None)


def _text(full: str, node: ast.expr | None) -> str:
    text = ast.get_source_segment(full, node) if node is not None else None
    text = " ".join(text.split()) if text else ""
    return text if len(text) <= _LONG else ""


def _call(full: str) -> ast.Call | None:
    try:
        found = ast.parse(full, mode="eval").body if full else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found if isinstance(found, ast.Call) else None


def source_text(site: Site) -> str:
    """What stands at a place, in brackets so that it may go over lines; "" where it is too long."""
    if site.node is None:  # of a loss that was made by hand, in a test of a rule
        return ""
    place: Place = site.place
    if place.end_row - place.row > _LINES:
        return ""
    rows = [site.module.line(row, place.cell) for row in range(place.row, place.end_row + 1)]
    if not rows:
        return ""
    rows[-1] = rows[-1][: place.end_col - 1]
    rows[0] = rows[0][place.col - 1 :]
    return "(" + "\n".join(rows) + ")"


def line_of(step: Step | None, loss: LossCall) -> str:
    """Where a step stands, seen from a loss: `line 12`, `line 3 of collate.py`; "" where that is not known."""
    if step is None or step.site.node is None:
        return ""
    place = step.site.place
    at = f"line {place.row}"
    if place.path != loss.site.module.path:
        return f"{at} of {place.path.replace(chr(92), '/').rpartition('/')[2]}"
    return f"{at} of cell {place.cell}" if place.cell is not None and place.cell != loss.site.place.cell else at


def is_named(sym: Sym) -> bool:
    """Whether a symbol has a name of the source, or is the id or axis that its role says; others are made up to tell sizes apart."""
    return sym.uid < 0 or bool(sym.role)


def told_dim(dim: Dim) -> str:
    """A size as the source names it, `?` where it does not."""
    return str(dim) if all(map(is_named, dim.symbols)) else UNKNOWN


def told_shape(shape: Shape) -> str:
    """A shape without names that are not in the source: `(B, ?, 10)`, `(..., 20)`."""
    parts = [_axis(a) for a in shape.axes]
    return "(" + ", ".join(parts) + ("," if len(parts) == 1 and parts != ["..."] else "") + ")"


def _axis(a: Axis | Pack) -> str:
    if isinstance(a, Pack):
        return "..."
    parts = [_part(p, len(a.parts) > 1) for p in a.parts]
    return (".".join(parts) or "1") + ("~" if a.mixed else "")


def _part(part: Dim | Pack, among_others: bool) -> str:
    if isinstance(part, Pack):
        return "*"
    text = told_dim(part)
    return f"({text})" if among_others and len(part.terms) > 1 and text != UNKNOWN else text


def told_id(id_: Dim | None) -> str:
    """An id as the source names it; "" where it does not."""
    if id_ is None or any(s.role in ("token", "index") or (s.uid > 0 and len(s.name) == 1) for s in id_.symbols):
        return ""
    text = told_dim(id_)
    return "" if text == UNKNOWN else text
