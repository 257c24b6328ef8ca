"""Random generators as objects: `numpy.random.default_rng(0)`, `numpy.random.RandomState(0)`."""

from __future__ import annotations

from shapeguard.analysis.facts.values import Args, LibObj, Value, uid
from shapeguard.analysis.ops.table import CALLS, METHODS, Ctx, Op, call

_GENERATOR = "numpy.random.Generator"
_SAME = ("normal", "uniform", "random", "permutation", "shuffle", "rand", "randn", "randint", "random_sample")


@call("numpy.random.default_rng", "numpy.random.RandomState")
def generator(ctx: Ctx, args: Args) -> Value:
    """A generator."""
    return LibObj(_GENERATOR, args, uid=uid())


def _method(op: Op) -> Op:
    def run(ctx: Ctx, args: Args) -> Value:
        return op(ctx, Args(args.pos[1:], args.kw, args.more))

    run.__doc__ = op.__doc__
    return run


for _name in _SAME:
    if f"numpy.random.{_name}" in CALLS:
        METHODS[f"{_GENERATOR}.{_name}"] = _method(CALLS[f"numpy.random.{_name}"])
METHODS[f"{_GENERATOR}.integers"] = METHODS[f"{_GENERATOR}.randint"]
