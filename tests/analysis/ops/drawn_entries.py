"""One line of Python for each tensor operation of the table, third part: what selects, joins, indexes and writes entries."""

from __future__ import annotations

from tests.analysis.ops.drawn import Draw
from tests.analysis.ops.drawn_lines import add, arrays, on
from tests.analysis.ops.drawn_values import LINES

for _key in (".index_select", "torch.index_select"):
    on(_key, args=lambda d, x: f"{d.dim(x)}, torch.tensor({d.choice(['[0, 1]', '[1, 0, 1]', '[0]'])})", pick=lambda d: d.tensor(1))
on("numpy.take", args=lambda d, x: f"[0, 1], axis={d.dim(x)}", pick=lambda d: d.array(1))
on(".take", "torch.take", args=lambda d, x: "torch.tensor([[0, 1], [1, 0]])")
add(".gather", lambda d: "x.gather(2, y.unsqueeze(2))" if d.maybe(2) else "x.gather(-1, y[..., None]).squeeze(-1)")
add(
    "torch.gather",
    lambda d: (
        f"torch.gather({x}, {at}, torch.zeros({x}.shape, dtype=torch.long))" if (x := d.tensor(1)) and (at := str(d.dim(x))) else None
    ),
)
on(
    ".take_along_dim",
    "torch.take_along_dim",
    args=lambda d, x: f"torch.zeros({x}.shape, dtype=torch.long), {d.dim(x)}",
    pick=lambda d: d.tensor(1),
)
on("numpy.take_along_axis", args=lambda d, x: f"np.zeros({x}.shape, dtype=np.int64), {d.dim(x)}", pick=lambda d: d.array(1))
add(".masked_select", lambda d: f"{x}.masked_select({d.mask()})" if (x := d.tensor(2, 2)) else None, vague=True)
on("torch.masked_select", args=lambda d, x: f"{x} > 2", vague=True)
add("numpy.extract", lambda d: "np.extract(a > 3, a)", vague=True)
on(".masked_fill", "torch.masked_fill", args=lambda d, x: d.choice([f"{x} > 3, 0", f"{x} == 1, -100"]))
add(".masked_fill", lambda d: "x.masked_fill(m.unsqueeze(-1), " + d.choice(["0.0", "float('-inf')"]) + ")")
on(".masked_scatter", "torch.masked_scatter", args=lambda d, x: f"{x} > 3, {x}")
for _name in ("index_fill", "index_copy", "index_add"):
    last = {
        "index_fill": "0",
        "index_copy": "{x}.index_select({at}, torch.tensor([0, 1]))",
        "index_add": "{x}.index_select({at}, torch.tensor([0, 1]))",
    }[_name]
    on(
        f".{_name}",
        f"torch.{_name}",
        args=lambda d, x, f=last: f"{(at := d.dim(x))}, torch.tensor([0, 1]), {f.format(x=x, at=at)}",
        pick=lambda d: d.real(1),
    )
for _name, _more in (("scatter_add", ""), ("scatter_reduce", ", 'sum'")):
    on(
        f".{_name}",
        f"torch.{_name}",
        args=lambda d, x, m=_more: f"{d.dim(x)}, torch.zeros({x}.shape, dtype=torch.long), {x}{m}",
        pick=lambda d: d.real(1),
    )
on(
    ".scatter",
    "torch.scatter",
    args=lambda d, x: f"{d.dim(x)}, torch.zeros({x}.shape, dtype=torch.long), {d.choice([x, '0'])}",
    pick=lambda d: d.real(1),
)
add(".scatter", lambda d: "torch.zeros(B, T, V).scatter_(2, y.unsqueeze(-1), 1.0)")
on(".index_put", "torch.index_put", args=lambda d, x: "(torch.tensor([0, 1]),), torch.tensor(0.0)", pick=lambda d: d.real(1))
on(
    ".put",
    "torch.put",
    args=lambda d, x: "torch.tensor([0]), torch.tensor([0.0])",
    pick=lambda d: d.find(lambda v: str(v.dtype) == "torch.float32"),
)
on("torch.where", args=lambda d, x: "0, 1" if d.maybe(3) else f"x[:, :, 0], {d.choice(['0.0', 'x[:, :, 0]'])}", pick=lambda d: "m")
add("torch.where", lambda d: f"torch.where({x} > 2, {x}, {d.choice([d.beside(x), '0'])})" if (x := d.tensor()) else None)
add(".where", lambda d: f"{x}.where({x} > 2, torch.zeros_like({x}))" if (x := d.tensor()) else None)
on("numpy.where", args=lambda d, x: f"{x}, {x}", pick=arrays)
on(".nonzero", "torch.nonzero", ".argwhere", "torch.argwhere", vague=True)
on("numpy.argwhere", pick=arrays, vague=True)
add("numpy.nonzero", lambda d: f"np.nonzero({x})[0]" if (x := d.array(1)) else None, vague=True)
on(".diagonal", ".diag", "torch.diagonal", "torch.diag", pick=lambda d: d.tensor(1), vague=True)
add("numpy.diag", lambda d: "np.diag(a[0])", vague=True)


# joining


def several(d: Draw) -> str | None:
    x = d.tensor(1)
    return None if x is None else d.choice([f"[{x}, {d.like(x)}]", f"({x}, {d.like(x)}, {x})", f"[{x}]", f"[{x} for _ in range(3)]"])


def arrays_of(d: Draw) -> str | None:
    x = d.array(1)
    return None if x is None else d.choice([f"[{x}, {d.like(x)}]", f"({x}, {d.like(x)}, {x})"])


def join_dim(d: Draw, many: str) -> int:
    first = many.strip("[(").split(",")[0].split(" ")[0].rstrip("])")
    return d.dim(first)


for _name in ("cat", "concat", "concatenate"):
    add(f"torch.{_name}", lambda d, n=_name: f"torch.{n}({s}, {d.choice(['', 'dim='])}{join_dim(d, s)})" if (s := several(d)) else None)
add(
    "torch.cat",
    lambda d: d.choice(["torch.cat([y[:, :1], y[:, :-1]], 1)", "torch.cat((x, x[:, :1]), dim=1)", "torch.cat([z.unsqueeze(0), x])"]),
)
add("numpy.concatenate", lambda d: f"np.concatenate({s}, axis={join_dim(d, s)})" if (s := arrays_of(d)) else None)
add("torch.stack", lambda d: f"torch.stack({s}, {d.choice(['', 'dim='])}{join_dim(d, s)})" if (s := several(d)) else None)
add("torch.stack", lambda d: f"torch.stack({s})" if (s := several(d)) else None)
add(
    "torch.stack",
    lambda d: f"torch.stack([{x}[:, t] for t in range({d.size(x, 1)})], {d.choice(['0', '1'])})" if (x := d.tensor(2)) else None,
)
add("numpy.stack", lambda d: f"np.stack({s}, axis={join_dim(d, s)})" if (s := arrays_of(d)) else None)
for _name in ("hstack", "vstack"):
    add(f"torch.{_name}", lambda d, n=_name: f"torch.{n}({s})" if (s := several(d)) else None)
    add(f"numpy.{_name}", lambda d, n=_name: f"np.{n}({s})" if (s := arrays_of(d)) else None)


def padded(d: Draw, x: str) -> str:
    pairs = [f"{d.between(0, 2)}, {d.between(-1, 2)}" for _ in range(d.between(1, max(d.rank(x), 1)))]
    return f"({', '.join(pairs)})" + d.choice(["", ", value=1", ", 'constant', 0"])


on("torch.nn.functional.pad", args=padded, pick=lambda d: d.tensor(1))
add("numpy.pad", lambda d: d.choice(["np.pad(a[0, 0], (0, 2))", "np.pad(k[0], (1, T), constant_values=1)", "np.pad(a[0, 0], [(0, 2)])"]))
add("numpy.pad", lambda d: "np.pad(a, 1)", vague=True)
for _text in (
    "rnn.pad_sequence([y[0], y[1]], batch_first=True)", "rnn.pad_sequence([x[0], x[1]])", "rnn.pad_sequence([y[0]], True)",
    "rnn.pad_sequence([z[:2], z[:3]], batch_first=True, padding_value=-1.0)",
):  # fmt: skip
    add("torch.nn.utils.rnn.pad_sequence", lambda d, t=_text: t, vague=True)
add(
    "torch.nn.utils.rnn.pack_padded_sequence",
    lambda d: "rnn.pack_padded_sequence(x, l, batch_first=True, enforce_sorted=False).data",
    vague=True,
)
add("torch.nn.utils.rnn.pack_sequence", lambda d: "rnn.pack_sequence([z[:3], z[:2]]).data", vague=True)
for _first in ("True", "False"):
    add(
        "torch.nn.utils.rnn.pad_packed_sequence",
        lambda d, f=_first: f"rnn.pad_packed_sequence(rnn.pack_padded_sequence(x, l, True, False), batch_first={f})[0]",
        vague=True,
    )
add("torch.nn.utils.rnn.unpad_sequence", lambda d: "rnn.unpad_sequence(x, l, batch_first=True)[0]", vague=True)


# the language's own forms: x[...], writes


def item(d: Draw, size: int) -> str:
    n = size
    return d.choice(
        [
            "0",
            "-1",
            ":",
            ":",
            ":",
            "1:",
            ":-1",
            "1:-1",
            ":1",
            "-1:",
            ":2",
            "-2:",
            "::2",
            "1:3",
            f":{n}",
            f"{n - 1}:",
            "None",
            "2:",
            ":-2",
            "0:",
            "3:1",
            ":99",
        ]
    )


def index(d: Draw, x: str, least: int = 0) -> str | None:
    shape = d.names[x].shape
    count = d.between(least, len(shape)) if len(shape) >= least else 0
    items = [item(d, shape[i]) for i in range(count)]
    if d.maybe(3):
        items.insert(d.between(0, len(items)), "...")
    if d.maybe(12):
        items.append("0")
    return ", ".join(items) or ":" if items else None


add("x[...]", lambda d: f"{x}[{i}]" if (x := d.tensor(1)) and (i := index(d, x, 1)) else None, moves=True)
add("x[...]", lambda d: f"{x}[{i}]" if (x := d.tensor(1)) and (i := index(d, x, 1)) else None, moves=True)
add("a[...]", lambda d: f"{x}[{i}]" if (x := d.array(1)) and (i := index(d, x, 1)) else None, moves=True)
add(
    "x[:, :T - 1]",
    lambda d: d.choice(["x[:, :T - 1]", "x[:, 1:T]", "x[:, :T]", "y[:, 1:]", "x[..., :V]", "x[:B]", "x[:, T - 1]", "x[:, T - 2:]"]),
    moves=True,
)
for _text in (
    "x[[0, 1]]", "x[:, [0, 2]]", "x[torch.arange(B), l - 1]", "x[:, torch.tensor([0, 1]), 0]", "x[0, :, torch.tensor([0, 1])]",
    "x[torch.tensor([0, 1]), :, torch.tensor([0, 1])]", "x[None, torch.tensor([0, 1])]", "y[..., [0]]", "x[:, 0, [1, 2]]",
    "x[torch.tensor([[0, 1], [1, 0]])]", "z[y]", "z[l - 1]", "x[torch.tensor(0)]", "x[l[:1] - 1, 0:2]",
):  # fmt: skip
    add("x[indices]", lambda d, t=_text: t)
for _text in ("x[m]", "y[m]", "x[:, m[0]]", "x[m & m]", "x[~m]", "y[y != 0]", "x[x > 3]", "x[m].view(-1, V)", "x.view(-1, V)[m.view(-1)]"):
    add("x[mask]", lambda d, t=_text: t, vague=True)
for _text in ("a[[0, 1]]", "a[:, [0, 2]]", "a[0, :, [0, 1]]", "a[np.array([0, 1]), :, 0]", "a[::-1]", "a[..., ::-1]"):
    add("a[indices]", lambda d, t=_text: t)
for _write in (
    "it[0] = 0", "it[:, 0] = 1", "it[it > 2] = 0", "it[..., -1] = 2", "it[:1] = it[-1:]", "it[:, 1:] = 3",
):  # fmt: skip
    add(
        "x[...] = v",
        lambda d, w=_write: (
            f"{x}.clone()\n{w.replace('it > 2', x + ' > 2').replace('it[-1:]', x + '[-1:]')}" if (x := d.tensor(2)) else None
        ),
    )
add("x += y", lambda d: f"{x}.clone()\nit += {d.choice([x, '1'])}" if (x := d.tensor()) else None)
add(".add_", lambda d: f"{x}.clone().add_({x}).clamp_(min=0)" if (x := d.tensor()) else None)

__all__ = ["LINES"]
