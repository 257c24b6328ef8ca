"""One line of Python for each tensor operation of the table, first part: shapes, axes, pieces and making tensors."""

from __future__ import annotations

from collections.abc import Callable

from tests.analysis.ops.drawn import Draw, Line

LINES: list[Line] = []
Args = Callable[[Draw, str], "str | None"]
Pick = Callable[[Draw], "str | None"]


def add(key: str, make: Callable[[Draw], str | None], *, moves: bool = False, vague: bool = False) -> None:
    """Register a line."""
    LINES.append(Line(key, make, moves, vague))


def tensors(d: Draw) -> str | None:
    return d.tensor()


def arrays(d: Draw) -> str | None:
    return d.array()


def floats(d: Draw) -> str | None:
    return d.real()


def on(*keys: str, args: Args = lambda d, x: "", pick: Pick = tensors, moves: bool = False, vague: bool = False) -> None:
    """Register `x.name(args)` for `.name` and `torch.name(x, args)` for the others."""
    for key in keys:

        def make(d: Draw, key: str = key) -> str | None:
            numpy = key.startswith("numpy.")
            x = d.array() if numpy and pick is tensors else pick(d)
            if x is None:
                return None
            rest = args(d, x)
            if rest is None:
                return None
            if key.startswith("."):
                return f"{x}{key}({rest})"
            return f"{spelled(key)}({x}{', ' if rest else ''}{rest})"

        add(key, make, moves=moves, vague=vague)


def spelled(key: str) -> str:
    """A canonical name as a program writes it."""
    for long, short in (("torch.nn.functional.", "F."), ("torch.nn.utils.rnn.", "rnn."), ("numpy.", "np.")):
        if key.startswith(long):
            return short + key.removeprefix(long)
    return key


def one_dim(d: Draw, x: str) -> str:
    return f"{d.choice(['', 'dim=' if not x_is_array(d, x) else 'axis='])}{d.dim(x)}"


def x_is_array(d: Draw, x: str) -> bool:
    import numpy as np

    return isinstance(d.names[x], np.ndarray)


def two_dims(d: Draw, x: str) -> str:
    return f"{d.dim(x)}, {d.dim(x)}"


def order(d: Draw, x: str) -> list[int]:
    r = d.rank(x)
    places = list(range(r))
    d.rng.shuffle(places)
    return [p - r if d.maybe(4) else p for p in places]


# regrouping


def regrouped(d: Draw, x: str) -> str | None:
    """Sizes that hold as many entries: neighbours merged, an axis split, or axes exchanged."""
    sizes = d.row(x)
    kind = d.between(0, 7)
    shape = list(d.names[x].shape)
    if kind <= 3 and len(sizes) >= 2:
        i = d.between(0, len(sizes) - 2)
        sizes[i : i + 2] = [f"{sizes[i]} * {sizes[i + 1]}"]
        if d.maybe(3) and len(sizes) >= 2:
            j = d.between(0, len(sizes) - 2)
            sizes[j : j + 2] = [f"{sizes[j]} * {sizes[j + 1]}"]
    elif kind == 4 and sizes:
        i = d.between(0, len(sizes) - 1)
        n = shape[i]
        factor = d.choice([f for f in range(1, n + 1) if n % f == 0] or [1])
        if (n, len(sizes)) == (d.sizes["H"] * d.sizes["D"], i + 1) and not d.maybe(3):
            sizes[i : i + 1] = ["H", "D"]
        else:
            sizes[i : i + 1] = [str(factor), f"{sizes[i]} // {factor}"] if d.maybe(2) else [f"{sizes[i]} // {factor}", str(factor)]
    elif kind == 5:
        d.rng.shuffle(sizes)
    elif kind == 6:
        sizes.insert(d.between(0, len(sizes)), "1")
    if sizes and d.maybe(2):
        sizes[d.between(0, len(sizes) - 1)] = "-1"
    if d.maybe(30):
        sizes.append("2")
    if not sizes:
        sizes = ["1"]
    joined = ", ".join(sizes)
    return f"({joined},)" if d.maybe(4) else joined


on(".view", ".reshape", args=regrouped, moves=True)
on("torch.reshape", "numpy.reshape", args=lambda d, x: f"({s},)" if (s := regrouped(d, x)) and not s.startswith("(") else s, moves=True)


def viewed_after_move(d: Draw) -> str | None:
    """A view of what is not contiguous: transposed, cut, or picked from."""
    x = d.tensor(2, 3)
    if x is None:
        return None
    n, m = d.size(x, 0), d.size(x, 1)
    rest = "".join(f", {d.size(x, i)}" for i in range(2, d.rank(x)))
    sliced = f"{x}[:, 1:]", f"({n}, ({m} - 1){rest})", f"({n} * ({m} - 1){rest})"
    turned = f"{x}.transpose(0, 1)", f"({m}, {n}{rest})", f"({m} * {n}{rest})"
    first, same, merged = d.choice([sliced, turned])
    return f"{first}.view{d.choice([same, merged, merged.replace('(', '(1, ', 1)])}"


add(".view", viewed_after_move, moves=True)
add(".view", viewed_after_move, moves=True)


def as_other(d: Draw, x: str) -> str | None:
    n = d.names[x].numel()
    return d.find(lambda v: v.numel() == n)


on(".view_as", ".reshape_as", args=as_other, moves=True)


def flat(d: Draw, x: str) -> str:
    if d.maybe(3):
        return ""
    r = max(d.rank(x), 1)
    a = d.between(0, r - 1)
    b = d.between(a, r - 1)
    return f"{a - r if d.maybe(3) else a}, {b - r if d.maybe(2) else b}" if d.maybe(2) else f"start_dim={a}, end_dim={b}"


on(".flatten", "torch.flatten", args=flat, moves=True)
on(".ravel", "torch.ravel", "numpy.ravel", moves=True)


def unflat(d: Draw, x: str) -> str | None:
    if not d.rank(x):
        return None
    i = d.between(0, d.rank(x) - 1)
    n = d.names[x].shape[i]
    f = d.choice([f for f in range(1, n + 1) if n % f == 0] or [1])
    sizes = d.choice([f"({f}, -1)", f"(-1, {f})", f"({f}, {n // f})"])
    return f"{i if d.maybe(2) else i - d.rank(x)}, {sizes}"


on(".unflatten", "torch.unflatten", args=unflat, moves=True)


# axes of size one


on(".squeeze", "torch.squeeze", args=lambda d, x: d.choice(["", str(d.dim(x)), f"dim={d.dim(x)}"]), moves=True)
on("numpy.squeeze", moves=True)
on(".unsqueeze", "torch.unsqueeze", args=lambda d, x: str(d.between(-d.rank(x) - 1, d.rank(x))), moves=True)
on("numpy.expand_dims", args=lambda d, x: str(d.between(-d.rank(x) - 1, d.rank(x))), moves=True)


# repeating


def grown(d: Draw, x: str) -> str:
    sizes = ["-1" if d.maybe(3) else s for s in d.row(x)]
    for i, n in enumerate(d.names[x].shape):
        if n == 1:
            sizes[i] = d.choice(["B", "T", "3", "-1"])
    if d.maybe(3):
        sizes.insert(0, d.choice(["2", "B"]))
    return ", ".join(sizes) or "2"


on(".expand", args=grown, moves=True)
on("torch.broadcast_to", ".broadcast_to", args=lambda d, x: f"({grown(d, x)},)", moves=True)
on("numpy.broadcast_to", args=lambda d, x: f"({', '.join(d.row(x)) or '2'},)", moves=True)
on(".expand_as", args=lambda d, x: d.beside(x), moves=True)


def times(d: Draw, x: str) -> str:
    n = d.rank(x) + (1 if d.maybe(4) else 0)
    return ", ".join(d.choice(["1", "1", "2", "H", "B"]) for _ in range(max(n, 1)))


on(".repeat", ".tile", args=times, moves=True)
on("torch.tile", "numpy.tile", args=lambda d, x: f"({times(d, x)},)", moves=True)
on(".repeat_interleave", "torch.repeat_interleave", args=lambda d, x: f"{d.choice(['2', 'H', '1'])}, dim={d.dim(x)}", moves=True)
on("numpy.repeat", args=lambda d, x: f"{d.choice(['2', 'H'])}, axis={d.dim(x)}", moves=True)


# axes moved

on(".transpose", "torch.transpose", ".swapaxes", ".swapdims", "torch.swapaxes", "torch.swapdims", args=two_dims, moves=True)
on("numpy.swapaxes", args=two_dims, moves=True)
on(".permute", args=lambda d, x: d.choice(["{}", "({},)"]).format(", ".join(map(str, order(d, x)))) if d.rank(x) else None, moves=True)
on("torch.permute", "numpy.transpose", args=lambda d, x: f"{tuple(order(d, x))}", moves=True)
on(".movedim", ".moveaxis", "torch.movedim", "torch.moveaxis", "numpy.moveaxis", args=two_dims, moves=True)
on(".t", "torch.t", pick=lambda d: d.tensor(0, 3), moves=True)
for _name in ("T", "mT", "H", "mH"):
    add(f"@{_name}", lambda d, n=_name: f"{x}.{n}" if (x := d.tensor(2, 2 if n in "TH" else 4)) else None, moves=True)
on(".adjoint", "torch.adjoint", pick=lambda d: d.tensor(2), moves=True)
on(".flip", "torch.flip", args=lambda d, x: d.choice(["{0}", "({0},)", "[{0}]"]).format(d.dim(x)))
on(".fliplr", ".flipud", "torch.fliplr", "torch.flipud", pick=lambda d: d.tensor(1))
on("numpy.flip", args=one_dim)
on("numpy.fliplr", "numpy.flipud")
on(".roll", "torch.roll", args=lambda d, x: f"{d.between(-2, 2)}, {d.dim(x)}")
on("numpy.roll", args=lambda d, x: f"{d.between(-2, 2)}, axis={d.dim(x)}")
on(".rot90", "torch.rot90", "numpy.rot90", vague=True)
on(".contiguous", moves=True)
on("numpy.ascontiguousarray", pick=lambda d: d.array(1), moves=True)
on(".is_contiguous")


# sizes

add("@shape", lambda d: f"{x}.shape[{d.dim(x)}]" if (x := d.choice([d.tensor(), d.array()])) else None)
add("@ndim", lambda d: f"{x}.ndim" if (x := d.choice([d.tensor(), d.array()])) else None)
add("@size", lambda d: f"{x}.size" if (x := d.array()) else None)
on(".size", args=lambda d, x: d.choice([str(d.dim(x)), f"dim={d.dim(x)}"]))
on("numpy.size", args=lambda d, x: d.choice(["", str(d.dim(x))]))
add("numpy.shape", lambda d: f"np.shape({x})[{d.dim(x)}]" if (x := d.array()) else None)
on(".dim", ".ndimension", ".numel", ".nelement", "torch.numel", "numpy.ndim")
add("len(x)", lambda d: f"len({x})" if (x := d.tensor(1)) else None)


for _text in (
    "w.view(*w.shape[:-1], H, D)", "x.reshape(-1, x.shape[-1])", "torch.zeros(x.shape[:2])", "u.view(-1, u.size(-1))",
    "u.view(u.size(0), -1)",
    "e.view(-1, e.size(-1))", "e.reshape(-1, V)", "x.view(x.size())", "x.view(x.size()[0], -1)", "torch.zeros(x.shape)",
    "e.view(e.shape[0], -1, V)",
    "[u.view(b * t, v) for b, t, v in [u.shape]][0]", "[e.transpose(0, 1) for b, t, v in [e.size()]][0]", "u.permute(0, 2, 1)",
    "e.permute(0, 2, 1)",
    "u.transpose(1, 2)", "e.transpose(-1, -2)", "e.transpose(0, 1)", "e[:, 1:]", "e[..., :-1, :]", "u[:, :-1].reshape(-1, u.size(-1))",
    "e[:, -1]",
    "u.view(B, T, V)", "e.view(B * T, V)", "e.unsqueeze(1)", "e.unsqueeze(-2)", "e + u", "e * z", "u * z[:, :1]", "e.mean(1)",
    "e.sum(-2)", "u.view(B, -1)",
    "e @ e.transpose(-1, -2)", "torch.cat([e, e], dim=-1)", "torch.stack([e[:, t] for t in range(3)], dim=1)", "torch.cat([u, x], dim=1)",
):  # fmt: skip
    add("from x.shape", lambda d, t=_text: t, moves=not set(_text) & set("+*@") and "mean" not in _text and "sum" not in _text)


# pieces


def pieces(d: Draw, x: str) -> str:
    return f"{d.choice(['2', '3'])}, dim={d.dim(x)}"


def member(key: str, args: Args, pick: Pick = lambda d: d.tensor(1), moves: bool = False) -> None:
    """Register one of the pieces that an operation gives."""

    def make(d: Draw) -> str | None:
        x = pick(d)
        if x is None:
            return None
        call = f"{x}{key}({args(d, x)})" if key.startswith(".") else f"{spelled(key)}({x}, {args(d, x)})"
        return f"{call}[{d.choice(['0', '-1'])}]"

    add(key, make, moves=moves)


def even(d: Draw, x: str) -> str:
    """Chunks of an axis that they divide for all sizes, mostly."""
    fit = [i for i, n in enumerate(d.names[x].shape) if n % 2 == 0]
    return f"2, {d.choice(fit) if fit and not d.maybe(4) else d.dim(x)}"


def halves(d: Draw, x: str) -> str:
    at = d.between(0, max(d.rank(x) - 1, 0))
    if not d.rank(x):
        return "2"
    # who asks for the first size of what may have but one axis is taken to have more
    n = d.size(x, at) if d.rank(x) > 1 else f"{x}.shape[-1]"
    some = [f"[1, {n} - 1], dim={at}", f"1, dim={at}", f"{n}, {at}"]
    return d.choice(some + [f"[{n} - 2, 2], {at}"] * (d.names[x].shape[at] > 2))


member(".chunk", even, moves=True)
member("torch.chunk", even, moves=True)
member(".split", halves, moves=True)
member("torch.split", halves, moves=True)
member("torch.functional.split", halves, moves=True)
member(".unbind", one_dim, moves=True)
member("torch.unbind", one_dim, moves=True)
on(".unfold", args=lambda d, x: f"{d.dim(x)}, {d.between(1, 3)}, {d.choice(['1', '1', '2'])}", pick=lambda d: d.tensor(1, 4), moves=True)

on(".as_strided", "torch.as_strided", args=lambda d, x: "(2, 2), (1, 1)", pick=lambda d: d.tensor(2), moves=True)
add("numpy.lib.stride_tricks.sliding_window_view", lambda d: "np.lib.stride_tricks.sliding_window_view(np.arange(T), 2)")


def narrowed(d: Draw, x: str) -> str | None:
    if not d.rank(x):
        return None
    at = d.between(0, d.rank(x) - 1)
    n = d.size(x, at)
    return d.choice([f"{at}, 0, {n} - 1", f"{at}, 1, {n} - 1", f"{at}, 1, 2", f"{at}, 0, {n}", f"{at - d.rank(x)}, 0, 1"])


on(".narrow", "torch.narrow", args=narrowed, moves=True)
on(".select", "torch.select", args=lambda d, x: f"{d.dim(x)}, {d.choice(['0', '-1', '1'])}", pick=lambda d: d.tensor(1), moves=True)


# making tensors


def sizes(d: Draw) -> str:
    found = [d.choice(["B", "T", "V", "2", "3", "T - 1", "H * D"]) for _ in range(d.between(0, 3))]
    return ", ".join(found)


def making(key: str, form: str, **flags: bool) -> None:
    add(
        key,
        lambda d: form.format(
            *(sizes(d) or "2" * key.startswith("numpy.") for _ in range(2)), n=d.choice(["B", "T", "5", "T + 1"])
        ).replace("(,)", "()"),
        **flags,
    )


for _name in ("zeros", "ones", "empty", "rand", "randn"):
    add(f"torch.{_name}", lambda d, n=_name: d.choice([f"torch.{n}({s})", f"torch.{n}(({s},))"]) if (s := sizes(d)) else None)
for _name in ("zeros", "ones", "empty"):
    making(f"numpy.{_name}", f"np.{_name}(({{0}},))")
    on(f".new_{_name}", args=lambda d, x: sizes(d) or "2")
making("torch.full", "torch.full(({0},), 7)")
making("numpy.full", "np.full(({0},), 7)")
on(".new_full", args=lambda d, x: f"({sizes(d) or '2'},), 3")
on(".new_tensor", args=lambda d, x: "[1, 2, 3]")
for _name in ("zeros", "ones", "empty"):
    on(f"torch.{_name}_like", f"numpy.{_name}_like")
on("torch.rand_like", "torch.randn_like", pick=floats)
on("torch.full_like", "numpy.full_like", args=lambda d, x: "2")
making("torch.randint", "torch.randint(0, V, ({0},))")
on("torch.randint_like", args=lambda d, x: "0, 5")
making("numpy.random.rand", "np.random.rand({0})")
making("numpy.random.randn", "np.random.randn({n}, {0})")
for _name in ("random", "random_sample"):
    making(f"numpy.random.{_name}", f"np.random.{_name}(({{0}},))")
for _name in ("uniform", "normal"):
    making(f"numpy.random.{_name}", f"np.random.{_name}(size=({{0}},))")
making("numpy.random.randint", "np.random.randint(0, V, ({0},))")
making("numpy.random.permutation", "np.random.permutation({n})")
making("torch.arange", "torch.arange({n})")
making("torch.arange", "torch.arange(1, {n})")
making("torch.arange", "torch.arange(0, 7, 2)")
making("torch.arange", "torch.arange(0, {n}, dtype=torch.float32)")
making("numpy.arange", "np.arange({n})")
for _name in ("linspace", "logspace"):
    making(f"torch.{_name}", f"torch.{_name}(0, 1, {{n}})")
making("numpy.linspace", "np.linspace(0, 1, {n})")
making("torch.range", "torch.range(0, {n})", vague=True)
making("torch.eye", "torch.eye({n})")
making("torch.eye", "torch.eye({n}, V)")
for _name in ("eye", "identity"):
    making(f"numpy.{_name}", f"np.{_name}({{n}})")
making("torch.randperm", "torch.randperm({n})")
making("torch.normal", "torch.normal(0.0, 1.0, size=({0},))")
on(".tril", ".triu", "torch.tril", "torch.triu", pick=lambda d: d.tensor(2))
on("numpy.tril", "numpy.triu", pick=lambda d: d.array(2))
on(".multinomial", "torch.multinomial", args=lambda d, x: "2, replacement=True", pick=lambda d: d.real(1, 2))
for _name in ("normal", "uniform", "exponential", "random", "geometric", "cauchy", "log_normal"):
    add(f".{_name}", lambda d, n=_name: f"{x}.clone().{n}_({'0.5' if n == 'geometric' else ''})" if (x := d.real()) else None)
add(".bernoulli", lambda d: f"torch.sigmoid({x}).bernoulli()" if (x := d.real()) else None)
add("torch.bernoulli", lambda d: f"torch.bernoulli(torch.sigmoid({x}))" if (x := d.real()) else None)
add("torch.poisson", lambda d: f"torch.poisson(torch.sigmoid({x}))" if (x := d.real()) else None)


def nested(d: Draw) -> str:
    return d.choice(
        ["[1, 2, 3]", "[[1, 2, 3], [4, 5, 6]]", "3", "[1.0, 2.0]", "[[True, False]]", "[T, B]", "[[1] * T] * B", "[0.5] * V"]
    )


for _key in ("torch.tensor", "torch.as_tensor", "torch.asarray", "numpy.array", "numpy.asarray", "numpy.asanyarray"):
    add(_key, lambda d, k=_key: f"{spelled(k)}({nested(d)})")
    add(_key, lambda d, k=_key: f"{spelled(k)}({x})" if (x := d.array()) else None)
add("torch.tensor", lambda d: "torch.tensor([[1, 2], [3, 4]], dtype=torch.float32)")
add("torch.scalar_tensor", lambda d: "torch.scalar_tensor(3)")
for _name in ("Float", "Long", "Double", "Half", "Int", "Bool", "Byte", "Short", "Char"):
    add(f"torch.{_name}Tensor", lambda d, n=_name: f"torch.{n}Tensor({d.choice(['[1, 0, 1]', '[[1, 0]]', '2, 3', 'B, T'])})")
add("torch.Tensor", lambda d: f"torch.Tensor({d.choice(['[1, 0, 1]', '2, 3', 'B, T'])})")
add("numpy.frombuffer", lambda d: "np.frombuffer(k.tobytes(), dtype=np.int64)", vague=True)
add("torch.frombuffer", lambda d: "torch.frombuffer(bytearray(k.tobytes()), dtype=torch.int64)", vague=True)
add("torch.from_numpy", lambda d: f"torch.from_numpy({x}.copy())" if (x := d.array(1)) else None)
