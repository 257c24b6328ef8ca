"""The guard under everything that torch does with functions: compile, export, func, checkpoint, wrappers, workers, strange tensors."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch._dynamo
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, fx, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.func import grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, Dataset

from shapeguard import Logits, Mask, ShapeError, Targets, guard


@guard
def loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], mask: Bool[Tensor, "B T"] | None = None) -> Float[Tensor, ""]:
    each = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return each.mean() if mask is None else (each * mask.flatten()).sum() / mask.sum()


@guard
def named(logits: Logits, targets: Targets, mask: Mask) -> Float[Tensor, ""]:
    return F.cross_entropy(logits[mask], targets[mask])


class Net(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.width = width
        self.linear = nn.Linear(width, width)

    @guard
    def forward(self, x: Float[Tensor, "*batch {self.width}"]) -> Float[Tensor, "*batch {self.width}"]:
        return self.linear(x)


def batch(b: int = 3, t: int = 5, v: int = 7) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(b * t)
    return torch.randn(b, t, v), torch.randint(0, v, (b, t)), torch.ones(b, t, dtype=torch.bool)


@pytest.fixture
def fresh() -> Iterator[None]:
    torch._dynamo.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    torch._dynamo.reset()


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("dynamic", [False, True])
def test_compile_has_no_break_and_no_graph_more(dynamic: bool) -> None:
    def graphs(fn: Any) -> tuple[int, list[int]]:
        torch._dynamo.reset()
        seen: list[int] = []

        def backend(module: fx.GraphModule, _: Any) -> Any:
            seen.append(len(module.graph.nodes))
            return module.forward

        run = torch.compile(fn, fullgraph=True, dynamic=dynamic, backend=backend)
        for size in (5, 6, 9):
            given = batch(t=size)
            torch.testing.assert_close(run(*given), fn(*given))
        return len(seen), seen

    strict = guard(inner := loss.__wrapped__)  # type: ignore[attr-defined]
    assert graphs(strict) == graphs(inner)
    breaks = torch._dynamo.explain(strict)(*batch())
    assert (breaks.graph_break_count, breaks.graph_count) == (0, 1)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("dynamic", [False, True])
def test_a_wrong_shape_in_a_compiled_function(dynamic: bool) -> None:
    logits, targets, _ = batch()
    whole = torch.compile(loss, fullgraph=True, dynamic=dynamic, backend="eager")
    with pytest.raises(torch._dynamo.exc.Unsupported, match=r"loss\(logits: Float\[B T V\].*got torch.float32\[ 5 3 7 \]"):
        whole(logits.transpose(0, 1), targets)
    parts = torch.compile(loss, dynamic=dynamic, backend="eager")
    with pytest.raises(ShapeError, match=r"fix: logits.transpose\(0, 1\)"):
        parts(logits.transpose(0, 1), targets)


@pytest.mark.usefixtures("fresh")
def test_a_signature_that_is_checked_slowly_compiles_too() -> None:
    @guard
    def slow(x: Float[Tensor, "*#b D"], y: Float[Tensor, "*#b"] | list[Float[Tensor, "*#b"]], n: list[int]) -> Float[Tensor, "*#b"]:
        return x.sum(-1)

    run = torch.compile(slow, fullgraph=True, backend="eager")
    given = (torch.zeros(2, 3, 4), [torch.zeros(2, 1)], [1])
    assert run(*given).shape == (2, 3)
    with pytest.raises(torch._dynamo.exc.Unsupported, match="slow"):
        run(given[0], [torch.zeros(5, 1)], [1])


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("inlined", [False, True])
@pytest.mark.parametrize("fullgraph", [False, True])
def test_names_that_are_known_late(inlined: bool, fullgraph: bool) -> None:
    @guard
    def late(x: Afterwards, y: float = 1.0) -> Afterwards:
        return x + y

    Afterwards = Float[Tensor, "3"]
    run = torch.compile((lambda x: late(x) * 1) if inlined else late, fullgraph=fullgraph, backend="eager")
    for _ in range(3):
        assert run(torch.zeros(3)).sum() == 3
    with pytest.raises(torch._dynamo.exc.Unsupported if fullgraph else ShapeError, match="late"):
        run(torch.zeros(4))
    with pytest.raises(ShapeError):
        late(torch.zeros(4))
    assert late(torch.zeros(3)).sum() == 3
    assert Afterwards is not None


@pytest.mark.slow
@pytest.mark.usefixtures("fresh")
def test_a_bad_id_in_a_compiled_function_is_an_exception() -> None:
    logits, targets, mask = batch()
    for backend in ("eager", "inductor"):
        run = torch.compile(named, fullgraph=True, backend=backend)
        torch.testing.assert_close(run(logits, targets, mask), named(logits, targets, mask))
        wrong = targets.clone()
        wrong[1, 2] = 7
        with pytest.raises(ShapeError, match=r"targets\[1, 2\] is 7; the 7 classes are 0 to 6, and -100 is ignored"):
            run(logits, wrong, mask)
        wrong[1, 2] = -100
        run(logits, wrong, mask)


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize("strict", [True, False])
def test_export(strict: bool) -> None:
    class Step(nn.Module):
        def forward(self, logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
            return named(logits, targets, mask) if not strict else loss(logits, targets, mask)

    given = batch()
    program = torch.export.export(Step(), given, strict=strict)
    torch.testing.assert_close(program.module()(*given), Step()(*given))
    assert "shapeguard" not in program.graph_module.code
    net = torch.export.export(Net(), (torch.zeros(2, 4),), strict=strict)
    assert net.module()(torch.zeros(2, 4)).shape == (2, 4)


def test_func() -> None:
    logits, targets, _ = batch()
    many = logits.expand(2, *logits.shape), targets.expand(2, *targets.shape)
    assert vmap(loss)(*many).shape == (2,)
    assert grad(loss)(logits, targets).shape == logits.shape
    assert vmap(grad(loss))(*many).shape == many[0].shape
    with pytest.raises(ShapeError, match=r"got float32\[5, 3, 7\]"):
        vmap(loss)(many[0].transpose(1, 2), many[1])
    out = torch.func.functional_call(net := Net(), dict(net.named_parameters()), torch.zeros(2, 4))
    assert out.shape == (2, 4)


def test_values_are_not_looked_at_inside_of_vmap() -> None:
    @guard
    def pick(logits: Logits, targets: Targets) -> Float[Tensor, "B T 1"]:
        return logits.gather(-1, targets.clamp(min=0)[..., None])

    logits, targets, _ = batch()
    with pytest.raises(ShapeError, match="nothing to count"):
        pick(logits, torch.full_like(targets, -100))
    vmap(pick)(logits[None], torch.full_like(targets, -100)[None])


def test_values_are_not_looked_at_by_tracers() -> None:
    @guard
    def pick(logits: Logits, targets: Targets) -> Tensor:
        return logits.gather(-1, targets[..., None])

    given = batch()[:2]
    traced = make_fx(pick)(*given)
    assert [node.target for node in traced.graph.nodes if node.op == "call_function"] == [
        torch.ops.aten.unsqueeze.default,
        torch.ops.aten.gather.default,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes that are compared while torch.jit.trace records
        scripted = torch.jit.trace(pick, given)
    assert "aten::sum" not in str(scripted.graph)
    torch.testing.assert_close(scripted(*given), pick(*given))


def test_checkpoint_autocast_and_backward() -> None:
    logits, targets, _ = batch()
    logits.requires_grad_()
    checkpoint(loss, logits, targets, use_reentrant=False).backward()
    assert logits.grad is not None
    with torch.autocast("cpu", torch.bfloat16):
        out = Net()(torch.zeros(2, 4))
    assert out.dtype is torch.bfloat16


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    file = tmp_path_factory.mktemp("gloo") / "store"
    torch.distributed.init_process_group("gloo", init_method=f"file://{file}", rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


@pytest.mark.usefixtures("group")
def test_ddp() -> None:
    net = nn.parallel.DistributedDataParallel(Net())
    net(torch.zeros(2, 4)).sum().backward()
    with pytest.raises(ShapeError, match=r"\[test_guard_torch.py:"):
        net(torch.zeros(2, 5))


@pytest.mark.usefixtures("group")
def test_fsdp() -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    net: Any = fully_shard(Net(), mesh=init_device_mesh("cpu", (1,)))
    net(torch.zeros(2, 4)).sum().backward()
    with pytest.raises(ShapeError, match=r"\[test_guard_torch.py:"):
        net(torch.zeros(2, 5))


@pytest.mark.usefixtures("group")
def test_dtensor() -> None:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.tensor import DTensor, Replicate, distribute_tensor

    mesh = init_device_mesh("cpu", (1,))
    logits, targets, _ = (distribute_tensor(x, mesh, [Replicate()]) for x in batch())

    @guard
    def count(logits: Logits, targets: Targets) -> None:
        assert isinstance(logits, DTensor)

    count(logits, targets)
    with pytest.raises(ShapeError, match=r"got float32\[5, 3, 7\]"):
        count(logits.transpose(0, 1), targets)


class Rows(Dataset[Tensor]):
    @guard
    def __getitem__(self, index: int) -> Float[Tensor, "3"]:
        return torch.zeros(3 if index < 2 else 4)

    def __len__(self) -> int:
        return 3


@guard
def collate(rows: list[Float[Tensor, "D"]]) -> Float[Tensor, "B D"]:
    return torch.stack(rows)


@pytest.mark.slow
def test_workers_that_are_spawned() -> None:
    loader = DataLoader(Rows(), batch_size=2, num_workers=1, multiprocessing_context="spawn", collate_fn=collate)
    batches = iter(loader)
    assert next(batches).shape == (2, 3)
    with pytest.raises(ShapeError, match=r"Rows.__getitem__\(\) returned"):
        next(batches)
    assert next(batches, None) is None  # the worker is waited for here, and not when it is collected


def test_threads_and_recursion() -> None:
    @guard
    def fold(x: Float[Tensor, "N"], n: int) -> Float[Tensor, "N"]:
        return x if n == 0 else fold(x.new_zeros(n), n - 1).new_zeros(len(x))

    assert fold(torch.zeros(7), 5).shape == (7,)
    wrong: list[BaseException] = []

    def work(size: int) -> None:
        try:
            for _ in range(8):
                loss(torch.zeros(2, size, 3), torch.zeros(2, size, dtype=torch.long))
                with pytest.raises(ShapeError):
                    loss(torch.zeros(2, size, 3), torch.zeros(size + 1, 2, dtype=torch.long))
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(size,)) for size in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_fx_passes_its_proxies() -> None:
    traced = fx.symbolic_trace(Net())
    assert traced(torch.zeros(2, 4)).shape == (2, 4)
    traced = fx.symbolic_trace(lambda x, y: loss(x, y) + 1)
    given = batch()[:2]
    torch.testing.assert_close(traced(*given), loss(*given) + 1)


def test_fake_and_meta_tensors() -> None:
    logits, targets, mask = batch()
    with FakeTensorMode() as mode:
        fakes = [mode.from_tensor(x) for x in (logits, targets, mask)]
        assert loss(*fakes).shape == ()
        with pytest.raises(ShapeError):
            loss(fakes[0].transpose(0, 1), fakes[1])
    metas = [x.to("meta") for x in (logits, torch.full_like(targets, -100), mask)]
    assert loss(*metas[:2]).shape == ()

    @guard
    def look(logits: Logits, targets: Targets) -> None: ...

    look(*metas[:2])
    with pytest.raises(ShapeError, match="on meta"):
        look(metas[0], metas[1].T)


def test_sparse_tensors_have_a_shape() -> None:
    @guard
    def takes(x: Float[Tensor, "B T"], y: Float[Tensor, "B"]) -> None: ...

    takes(torch.eye(3).to_sparse(), torch.zeros(3))
    with pytest.raises(ShapeError, match=r"got float32\[3, 3\] sparse"):
        takes(torch.eye(3).to_sparse(), torch.zeros(4))


def test_nested_tensors() -> None:
    @guard
    def takes(x: Float[Tensor, "B T D"], y: Float[Tensor, "B"]) -> None: ...

    rows = [torch.zeros(2, 3), torch.zeros(4, 3)]
    jagged = torch.nested.nested_tensor(rows, layout=torch.jagged)
    takes(jagged, torch.zeros(2))
    with pytest.raises(ShapeError, match="nested"):
        takes(jagged, torch.zeros(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        strided = torch.nested.nested_tensor(rows)
    with pytest.raises(ShapeError, match=r"x is a nested tensor of the strided layout, which has no shape; use layout=torch\.jagged"):
        takes(strided, torch.zeros(2))


def test_jit_script_says_what_it_cannot_read() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError):
            torch.jit.script(loss)
