"""What is read from files: nothing is known of it but that the program may have written it there."""

from __future__ import annotations

from shapeguard.analysis.facts.values import Args, Unknown, Value
from shapeguard.analysis.ops.table import Ctx, call


@call(
    "torch.load", "pickle.load", "pickle.loads", "cPickle.load", "dill.load", "joblib.load", "sklearn.externals.joblib.load", "json.load",
    "numpy.load", "numpy.loadtxt", "pandas.read_pickle", "safetensors.torch.load_file",
)  # fmt: skip
def load(ctx: Ctx, args: Args) -> Value:
    """`torch.load(path)`, `pickle.load(file)`."""
    return Unknown("what a file holds is not known", read=ctx.step("read", "read from a file"))
