"""What torch tells only under private names, all of it here."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

_C: Any = torch._C
P = ParamSpec("P")
R = TypeVar("R")


def is_transformed() -> bool:
    """Whether `torch.func` transforms what runs: grad, vmap, jvp."""
    active: bool = _C._are_functorch_transforms_active()
    return active


def is_traced() -> bool:
    """Whether what runs is recorded as a graph: by `torch.jit.trace`, by the ONNX export that is made of it, by `make_fx`."""
    if _C._get_tracing_state() is not None:
        return True
    tracing: Any = sys.modules.get("torch.fx.experimental.proxy_tensor")  # a second to import, so only where it is loaded
    return tracing is not None and tracing.get_proxy_mode() is not None


def is_recorded() -> bool:
    """Whether a graph is made that others read: traced, or by `torch.export`."""
    return torch.compiler.is_exporting() if torch.compiler.is_compiling() else is_traced()


def untraced(refuse: Callable[P, None]) -> Callable[P, None]:
    """`refuse`, which compares shapes: `torch.jit.trace` would warn of each comparison, and has nothing to record."""

    @functools.wraps(refuse)
    def call(*args: P.args, **kwargs: P.kwargs) -> None:
        state = None if torch.compiler.is_compiling() else _C._get_tracing_state()
        if state is None:
            refuse(*args, **kwargs)
            return
        _C._set_tracing_state(None)
        try:
            refuse(*args, **kwargs)
        finally:
            _C._set_tracing_state(state)

    return call


def not_scripted(fn: Callable[P, R]) -> Callable[P, R]:
    """`fn`, which `torch.jit.script` refuses with one sentence: its language has neither these types nor these options."""

    def refuse() -> None:
        refuse_script(fn.__name__)

    fn.__prepare_scriptable__ = refuse  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]
    return fn


def refuse_script(name: str) -> None:
    """What `torch.jit.script` is told instead of what it does not know of Python."""
    raise RuntimeError(f"torch.jit.script cannot compile {name}: take torch.compile, torch.export or torch.jit.trace")


def is_batched(gradient: Tensor) -> bool:
    """Whether several gradients are asked for at once, by is_grads_batched."""
    wrapped: bool = _C._functorch.is_functorch_wrapped_tensor(gradient) or _C._functorch.is_legacy_batchedtensor(gradient)
    return wrapped


def is_graph_kept() -> bool:
    """Whether the backward that runs may run again, by retain_graph."""
    kept: bool = _C._autograd._get_current_graph_task_keep_graph()
    return kept


def assert_later(condition: Tensor) -> None:
    """An assert on a device's tensor that does not wait for it."""
    check: Any = torch._assert_async  # pyright: ignore[reportPrivateImportUsage]
    check(condition)
