"""One line of Python for each tensor operation of the table, second part: what computes, selects and joins entries."""

from __future__ import annotations

from tests.analysis.ops.drawn import Draw
from tests.analysis.ops.drawn_lines import LINES, add, arrays, floats, member, on, one_dim

# one operand

for _name in (
    "exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "rsqrt", "sin", "cos", "tan", "sinh", "cosh", "asin", "acos", "atan", "erf",
    "erfc", "erfinv", "lgamma", "digamma", "reciprocal", "logit", "sigmoid", "deg2rad", "exp2", "sinc", "abs", "neg", "negative",
    "square",
    "sign", "sgn", "floor", "ceil", "round", "trunc", "frac", "nan_to_num", "absolute", "fix", "tanh", "relu", "hardshrink", "positive",
    "isnan", "isinf", "isfinite", "signbit", "isposinf", "isneginf", "isreal",
):  # fmt: skip
    on(f".{_name}", f"torch.{_name}", pick=floats)
for _name in (
    "exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "reciprocal", "deg2rad", "exp2", "sinc",
    "abs", "negative", "square", "sign", "floor", "ceil", "round", "trunc", "nan_to_num", "absolute", "fix", "tanh", "isnan", "isinf",
    "isfinite", "signbit", "isposinf", "isneginf", "isreal", "logical_not",
):  # fmt: skip
    on(f"numpy.{_name}", pick=arrays)
for _name in ("exp2", "expm1", "log1p", "erf", "erfc", "erfinv", "digamma", "logit", "round", "sinc", "expit"):
    add(f"torch.special.{_name}", lambda d, n=_name: f"torch.special.{n}({x})" if (x := d.real()) else None)
for _name in (
    "relu", "gelu", "silu", "elu", "leaky_relu", "relu6", "selu", "mish", "hardswish", "hardsigmoid", "hardtanh", "softplus", "celu",
    "softsign", "tanhshrink", "hardshrink", "softshrink", "rrelu", "tanh", "sigmoid", "logsigmoid", "normalize", "dropout",
    "alpha_dropout",
    "feature_alpha_dropout",
):  # fmt: skip
    on(f"torch.nn.functional.{_name}", pick=floats)
on("torch.nn.functional.threshold", args=lambda d, x: "0.1, 0.0", pick=floats)
for _name in ("celu", "selu", "rrelu", "hardshrink"):
    on(f"torch.{_name}", pick=floats)
on("torch.threshold", args=lambda d, x: "0.1, 0.0", pick=floats)
on("torch.dropout", args=lambda d, x: "0.1, True", pick=floats)
on("torch.nn.functional.dropout1d", "torch.nn.functional.dropout2d", pick=lambda d: d.real(3, 3))
for _key in ("-x", "~x"):
    add(_key, lambda d, k=_key: f"{k[0]}{x}" if (x := d.real() if k == "-x" else d.mask()) else None)


# two operands


def other(d: Draw, x: str) -> str:
    y = d.beside(x)
    return y if y is not None and not d.maybe(4) else d.choice(["2", "0.5", "1", "B", "1e-8"])


for _name in ("add", "sub", "subtract", "mul", "multiply", "div", "divide", "true_divide", "floor_divide", "remainder", "fmod", "pow",
              "float_power", "eq", "ne", "not_equal", "lt", "less", "le", "less_equal", "gt", "greater", "ge",
              "greater_equal"):  # fmt: skip
    on(f".{_name}", f"torch.{_name}", args=other)
for _name in ("add", "subtract", "multiply", "divide", "true_divide", "floor_divide", "remainder", "mod", "power", "equal", "not_equal",
    "less",
              "less_equal", "greater", "greater_equal", "maximum", "minimum", "fmax", "fmin", "arctan2"):  # fmt: skip
    on(f"numpy.{_name}", args=other, pick=arrays)
on("torch.rsub", args=other)
for _op in ("+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">="):
    add(f"x {_op} y", lambda d, o=_op: f"{x} {o} {other(d, x)}" if (x := d.tensor()) else None)
    add(f"x {_op} y", lambda d, o=_op: f"{d.choice(['2', '0.5', '1', 'T'])} {o} {x}" if (x := d.tensor()) else None)
    add(f"a {_op} b", lambda d, o=_op: f"{x} {o} {other(d, x)}" if (x := d.array()) else None)
add("y == id", lambda d: f"{x} {d.choice(['==', '!=', '>', '>='])} {d.between(0, 3)}" if (x := d.ids()) else None)
for _op in ("&", "|", "^"):
    add(f"m {_op} n", lambda d, o=_op: f"{x} {o} {d.beside(x)}" if (x := d.mask()) else None)
for _name in ("and", "or", "xor"):
    on(f".logical_{_name}", f"torch.logical_{_name}", args=lambda d, x: d.beside(x))
    on(f".bitwise_{_name}", f"torch.bitwise_{_name}", args=lambda d, x: d.beside(x), pick=lambda d: d.mask())
    on(f"numpy.logical_{_name}", args=lambda d, x: d.beside(x), pick=arrays)
    add(f"numpy.bitwise_{_name}", lambda d, n=_name: f"np.bitwise_{n}({x} > 1, {x} < 5)" if (x := d.array()) else None)
on(".logical_not", "torch.logical_not")
on(".bitwise_not", "torch.bitwise_not", pick=lambda d: d.mask())
add("numpy.invert", lambda d: f"np.invert({x} > 1)" if (x := d.array()) else None)
on(".clamp", ".clip", "torch.clamp", "torch.clip", args=lambda d, x: d.choice(["min=1", "0, 3", "max=2", "1"]))
on("numpy.clip", args=lambda d, x: "0, 3", pick=arrays)
on(".clamp_min", ".clamp_max", "torch.clamp_min", "torch.clamp_max", args=lambda d, x: "1")
for _name in ("maximum", "minimum", "fmax", "fmin"):
    on(f".{_name}", f"torch.{_name}", args=lambda d, x: d.beside(x))
on("torch.isin", args=lambda d, x: f"torch.tensor([1, 2]).to({x}.dtype)", pick=floats)
on("numpy.isin", args=lambda d, x: "[1, 2]", pick=arrays)
on(".isclose", "torch.isclose", "numpy.isclose", args=lambda d, x: d.beside(x))
on(".equal", "torch.equal", ".allclose", "torch.allclose", "numpy.array_equal", "numpy.allclose", args=lambda d, x: d.beside(x))
on(".addcmul", ".addcdiv", "torch.addcmul", "torch.addcdiv", args=lambda d, x: f"{d.beside(x)}, {d.beside(x)}", pick=floats)
on(".lerp", "torch.lerp", args=lambda d, x: f"{d.beside(x)}, 0.5", pick=floats)
for _name in ("atan2", "hypot", "xlogy"):
    on(f".{_name}", f"torch.{_name}", args=lambda d, x: d.beside(x), pick=floats)
on("torch.special.xlogy", args=lambda d, x: d.beside(x), pick=floats)


# casts and copies

for _name in ("float", "double", "half", "bfloat16", "long", "int", "short", "bool", "byte", "char"):
    on(f".{_name}", moves=_name in ("float", "double", "long"))
on(".to", args=lambda d, x: d.choice(["torch.float64", "'cpu'", "dtype=torch.long", "'cpu', torch.float32"]), moves=True)
on(".to", args=lambda d, x: d.tensor())
on(".type", args=lambda d, x: d.choice(["torch.float64", "torch.LongTensor", "torch.int64"]), moves=True)
on(".astype", args=lambda d, x: d.choice(["np.int64", "float", "'float32'", "np.float32"]), pick=arrays, moves=True)
on(".type_as", args=lambda d, x: d.tensor())
for _name in ("cpu", "detach", "retain_grad", "pin_memory", "resolve_conj", "clone", "requires_grad", "share_memory"):
    form = {"retain_grad": "{}.detach()", "requires_grad": "{}.detach().requires_grad_(False)",
        "share_memory": "{}.clone().share_memory_()",
            "pin_memory": "{}.detach()"}  # fmt: skip
    add(f".{_name}", lambda d, n=_name, f=form: f.get(n, "{}." + n + "()").format(x) if (x := d.tensor()) else None, moves=True)
on("torch.detach", "torch.clone", "torch.resolve_conj", "copy.copy", "copy.deepcopy", moves=True)
on("torch.positive", ".positive", pick=floats, moves=True)
on("torch.autograd.Variable", moves=True)
on("numpy.copy", pick=arrays, moves=True)
on(".copy", pick=arrays, moves=True)
on(".numpy", moves=True)
for _name in ("data", "real"):
    add(f"@{_name}", lambda d, n=_name: f"{x}.{n}" if (x := d.tensor()) else None, moves=True)
add(".item", lambda d: f"{x}.sum().item()" if (x := d.tensor()) else None, vague=True)
add(".tolist", lambda d: f"torch.tensor({x}.tolist())" if (x := d.tensor(1, 2)) else None)
on(".is_floating_point", ".is_complex", ".get_device", ".element_size", ".stride", ".storage_offset", ".data_ptr", ".is_pinned", vague=True)
on("torch.is_floating_point", "torch.is_complex", "torch.get_device", vague=True)
for _name in ("dtype", "device", "layout", "requires_grad", "is_leaf", "is_cuda", "grad", "grad_fn", "itemsize"):
    add(f"@{_name}", lambda d, n=_name: f"{x}.{n}" if (x := d.tensor()) else None, vague=True)


# reductions


def reduction(d: Draw, x: str) -> str:
    return d.choice(
        ["", one_dim(d, x), f"{d.dim(x)}, keepdim=True", f"dim={d.dim(x)}, keepdim={d.choice(['True', 'False'])}", "(0, 1)", "dim=(0, -1)"]
    )


def numpy_reduction(d: Draw, x: str) -> str:
    return d.choice(["", f"axis={d.dim(x)}", f"axis={d.dim(x)}, keepdims=True", "axis=(0, 1)"])


def single(d: Draw, x: str) -> str:
    return d.choice(["", str(d.dim(x)), f"dim={d.dim(x)}"])


for _name in ("sum", "nansum", "mean", "nanmean", "amax", "amin", "std", "var"):
    on(f".{_name}", f"torch.{_name}", args=reduction, pick=floats)
on(".sum", "torch.sum", args=reduction)
for _name in ("any", "all", "prod"):
    on(f".{_name}", f"torch.{_name}", args=single)
on(".logsumexp", "torch.logsumexp", "torch.special.logsumexp", args=lambda d, x: f"{d.dim(x)}", pick=floats)
on(".count_nonzero", "torch.count_nonzero", args=single)
on(".norm", "torch.norm", args=lambda d, x: d.choice(["", f"dim={d.dim(x)}", f"2, {d.dim(x)}", f"2, {d.dim(x)}, True"]), pick=floats)
on("torch.linalg.vector_norm", "torch.linalg.norm", args=lambda d, x: d.choice(["", f"dim={d.dim(x)}"]), pick=floats)
for _name in (
    "sum",
    "nansum",
    "mean",
    "nanmean",
    "prod",
    "amax",
    "amin",
    "max",
    "min",
    "std",
    "var",
    "median",
    "any",
    "all",
    "count_nonzero",
):
    on(f"numpy.{_name}", args=numpy_reduction, pick=arrays)
on("numpy.average", args=lambda d, x: d.choice(["", f"axis={d.dim(x)}"]), pick=arrays)
on("numpy.linalg.norm", args=lambda d, x: d.choice(["", f"axis={d.dim(x)}"]), pick=arrays)
for _name in ("max", "min", "median", "nanmedian"):
    for _key in (f".{_name}", f"torch.{_name}"):
        on(_key, pick=floats)
        member(_key, lambda d, x: f"{d.dim(x)}", floats)
for _name in ("max", "min"):
    on(f".{_name}", f"torch.{_name}", args=lambda d, x: d.beside(x), pick=floats)
    add(f".{_name}", lambda d, n=_name: f"{x}.{n}(dim={d.dim(x)}).{d.choice(['values', 'indices'])}" if (x := d.real()) else None)
for _key in (".mode", "torch.mode"):
    member(_key, lambda d, x: f"{d.dim(x)}", floats)
on(".argmax", ".argmin", "torch.argmax", "torch.argmin", args=lambda d, x: d.choice(["", str(d.dim(x)), f"dim={d.dim(x)}, keepdim=True"]))
on("numpy.argmax", "numpy.argmin", args=lambda d, x: d.choice(["", f"axis={d.dim(x)}"]), pick=arrays)
for _key in (".topk", "torch.topk", ".kthvalue", "torch.kthvalue"):
    member(_key, lambda d, x: d.choice(["2", f"2, {d.dim(x)}", f"1, dim={d.dim(x)}"]), floats)
for _key in (".sort", "torch.sort"):
    member(_key, lambda d, x: d.choice([f"dim={d.dim(x)}", f"{d.dim(x)}, descending=True"]), floats)
on(".msort", "torch.msort", pick=lambda d: d.real(1))
on(".argsort", "torch.argsort", args=lambda d, x: d.choice(["", f"dim={d.dim(x)}"]))
on("numpy.argsort", "numpy.sort", args=lambda d, x: d.choice(["", f"axis={d.dim(x)}"]), pick=arrays)
on(".unique", "torch.unique", vague=True)
on("numpy.unique", pick=arrays, vague=True)
on(".cumsum", ".cumprod", "torch.cumsum", "torch.cumprod", args=lambda d, x: f"{d.dim(x)}")
on(".logcumsumexp", "torch.logcumsumexp", args=lambda d, x: f"{d.dim(x)}", pick=floats)
on("numpy.cumsum", "numpy.cumprod", args=lambda d, x: d.choice(["", f"axis={d.dim(x)}"]), pick=arrays)
for _key in (".cummax", ".cummin", "torch.cummax", "torch.cummin"):
    member(_key, lambda d, x: f"{d.dim(x)}", floats)
on(".bincount", "torch.bincount", pick=lambda d: d.ids(1, 1), vague=True)
add("numpy.bincount", lambda d: "np.bincount(k[0])", vague=True)
on(".histc", "torch.histc", pick=floats, vague=True)


# probabilities

for _key in (".softmax", "torch.softmax", ".log_softmax", "torch.log_softmax", "torch.nn.functional.softmax",
    "torch.nn.functional.log_softmax",
             "torch.special.softmax", "torch.special.log_softmax"):  # fmt: skip
    on(_key, args=lambda d, x: d.choice([f"{d.dim(x)}", f"dim={d.dim(x)}"]), pick=floats)
for _key in ("torch.nn.functional.softmax", "torch.nn.functional.log_softmax"):
    on(_key, pick=floats)
on("torch.nn.functional.softmin", args=lambda d, x: f"{d.dim(x)}", pick=floats)
on("torch.nn.functional.gumbel_softmax", args=lambda d, x: d.choice(["", f"dim={d.dim(x)}", "hard=True"]), pick=floats)
add("torch.nn.functional.one_hot", lambda d: f"F.one_hot({x} % V, V)" if (x := d.ids()) else None)
add("torch.nn.functional.one_hot", lambda d: f"F.one_hot({x})" if (x := d.ids()) else None, vague=True)
on("torch.nn.functional.layer_norm", args=lambda d, x: f"({d.size(x, -1)},)", pick=lambda d: d.real(1))
on("torch.nn.functional.rms_norm", "torch.rms_norm", "torch.layer_norm", args=lambda d, x: f"({d.size(x, -1)},)", pick=lambda d: d.real(1))
on("torch.nn.functional.group_norm", args=lambda d, x: "1", pick=lambda d: d.real(2))
on("torch.nn.functional.instance_norm", pick=lambda d: d.real(3))
add("torch.nn.functional.batch_norm", lambda d: f"F.batch_norm({x}, None, None, training=True)" if (x := d.real(2)) else None)
on(
    "torch.nn.functional.glu",
    args=lambda d, x: d.choice(["", f"{d.dim(x)}"]),
    pick=lambda d: d.find(lambda v: v.is_floating_point() and 2 in v.shape),
)
on("torch.nn.functional.cosine_similarity", "torch.cosine_similarity", args=lambda d, x: f"{d.beside(x)}, dim={d.dim(x)}", pick=floats)


# products


def partner(d: Draw, x: str) -> str | None:
    n = d.names[x].shape[-1] if d.rank(x) else 0
    y = d.find(lambda v: v.is_floating_point() and v.dim() >= 1 and v.shape[-2 if v.dim() > 1 else -1] == n)
    if y is None or d.maybe(3):
        return f"{d.like(x)}.transpose(-1, -2)" if d.rank(x) > 1 else d.like(x)
    return y


on(".matmul", "torch.matmul", "torch.linalg.matmul", args=partner, pick=floats)
add("x @ y", lambda d: f"{x} @ {partner(d, x)}" if (x := d.real(1)) else None)
on("numpy.matmul", args=lambda d, x: f"np.swapaxes({x}, -1, -2)", pick=lambda d: d.array(2))
for _name, _rank in (("bmm", 3), ("mm", 2)):
    on(f".{_name}", f"torch.{_name}", args=partner, pick=lambda d, r=_rank: d.real(r, r))
on(".mv", "torch.mv", args=lambda d, x: f"torch.ones({d.size(x, -1)})", pick=lambda d: d.real(2, 2))
on(".dot", ".inner", ".vdot", "torch.dot", "torch.inner", "torch.vdot", args=lambda d, x: d.like(x), pick=lambda d: d.real(1, 1))
add("numpy.dot", lambda d: "np.dot(a[0], a[0].T)")
add("numpy.inner", lambda d: "np.inner(a[0, 0], a[0, 0])")
add("numpy.vdot", lambda d: "np.vdot(a[0, 0], a[0, 0])")
on(".outer", ".ger", "torch.outer", "torch.ger", args=lambda d, x: d.real(1, 1), pick=lambda d: d.real(1, 1))
add("numpy.outer", lambda d: "np.outer(a[0, 0], a[0, :, 0])")
add("torch.baddbmm", lambda d: "torch.baddbmm(x[:, :, :1], x, x.transpose(1, 2))")
add(".baddbmm", lambda d: "x[:, :, :1].baddbmm(x, x.transpose(1, 2))")
add("torch.addmm", lambda d: "torch.addmm(z[0], z.t(), z)" if d.maybe(3) else "torch.addmm(z[:1, :1], z, z.t())")
add(".addmm", lambda d: "z[:1, :1].addmm(z, z.t())")
add("torch.addmv", lambda d: "torch.addmv(z[:, 0], z, z[0])")
add(".addmv", lambda d: "z[:, 0].addmv(z, z[0])")
add("torch.addbmm", lambda d: "torch.addbmm(x[0, :, :1], x, x.transpose(1, 2))", vague=True)
add(".addbmm", lambda d: "x[0, :, :1].addbmm(x, x.transpose(1, 2))", vague=True)
on(
    "torch.nn.functional.linear",
    args=lambda d, x: f"torch.ones({d.choice(['3', 'V', 'H * D'])}, {d.size(x, -1)})",
    pick=lambda d: d.real(1, 4),
)
add(
    "torch.nn.functional.bilinear",
    lambda d: f"F.bilinear({x}, {x}, torch.ones(3, {s}, {s}))" if (x := d.real(1, 3)) and (s := d.size(x, -1)) else None,
)
add("torch.nn.functional.embedding", lambda d: f"F.embedding({x} % V, torch.ones(V, {d.choice(['D', '4'])}))" if (x := d.ids()) else None)
add("torch.cdist", lambda d: f"torch.cdist({x}, {d.like(x)})" if (x := d.real(2, 3)) else None)
for _text in (
    "torch.einsum('btv,bsv->bts', x, x)", "torch.einsum('btv->tb', x)", "torch.einsum('bhtd,bhsd->bhts', q, q)",
    "torch.einsum('tv,btv->b', z, x)",
    "torch.einsum('...v,tv->...t', x, z)", "torch.einsum('bij,bjk', x, x.transpose(1, 2))", "torch.einsum('btv,tv->btv', [x, z])",
    "torch.einsum('b t v -> b v t', u)",
):  # fmt: skip
    add("torch.einsum", lambda d, t=_text: t)
add("numpy.einsum", lambda d: "np.einsum('btv,btw->bvw', a, a)")


# patterns

for _text in (
    "einops.rearrange(x, 'b t v -> (b t) v')", "einops.rearrange(x, 'b t v -> b v t')",
    "einops.rearrange(w, 'b t (h d) -> b h t d', h=H)",
    "einops.rearrange(q, 'b h t d -> b t (h d)')", "einops.rearrange(x, 'b ... -> ... b')", "einops.rearrange(x, '... v -> (...) v')",
    "einops.rearrange(z, 't v -> t 1 v')", "einops.rearrange(y, 'b t -> (b t)')", "einops.rearrange([z, z], 'n t v -> t n v')",
    "einops.rearrange(x, 'b t v -> b (v t)')", "einops.rearrange(u, 'b t v -> (t b) v')",
    "einops.rearrange(w, 'b t (h d) -> (b h) t d', d=D)",
):  # fmt: skip
    add("einops.rearrange", lambda d, t=_text: t, moves=True)
for _text in (
    "einops.reduce(x, 'b t v -> b v', 'mean')", "einops.reduce(x, 'b t v -> b 1 v', 'max')", "einops.reduce(x, '... v -> ...', 'sum')",
    "einops.reduce(w, 'b t (h d) -> b t h', 'mean', h=H)",
):  # fmt: skip
    add("einops.reduce", lambda d, t=_text: t)
for _text in ("einops.repeat(z, 't v -> b t v', b=B)", "einops.repeat(z, 't v -> t (v r)', r=2)", "einops.repeat(y, 'b t -> b t n', n=3)"):
    add("einops.repeat", lambda d, t=_text: t, moves=True)
add("einops.parse_shape", lambda d: "einops.parse_shape(x, 'b t _')['t']")

__all__ = ["LINES"]
