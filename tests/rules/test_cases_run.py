"""The programs in tests/cases are true: shape faults raise at the marked loss, all others run through it, with the numbers to match."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import json
import random
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from shapeguard.lint.registry import load
from tests.case_programs import Program, Spot, pieces, programs

torch = pytest.importorskip("torch")

RAISING = {code for code, rule in load().items() if rule.raises}
# T == V, and soft targets: no shape tells
SILENT = {"sg101_rank_sorter", "sg105_teacher_student", "sg105_frozen_teacher"}
# losses written with gather
BY_HAND = {
    "ok_gather_by_hand", "sg106_ok_gather_index", "sg201_smoothing_told_no_pad", "sg301_ok_smoothing_divides_by_tokens",
    "sg301_smoothing_divides_by_rows", "ok_no_loss_by_hand", "sg405_kl_batchmean", "sg405_ok_kl_batchmean", "sg201_by_hand",
    "sg201_ok_by_hand", "sg205_by_hand", "sg206_by_hand", "sg207_by_hand", "sg209_by_hand", "sg301_by_hand", "sg401_by_hand",
    "sg402_by_hand", "sg403_by_hand", "sg501_attention_by_hand", "sg501_by_hand", "sg501_ok_attention_by_hand",
}  # fmt: skip
DRAWN = {"sg201_draws_pick_padding"}  # some of the padding became the ignored id, and some is 0 still
PROGRAMS = programs()


@dataclass(frozen=True)
class Call:
    """What a marked loss was given."""

    kind: str
    input: Any
    target: Any
    ignore_index: int

    @property
    def sums(self) -> Any:
        """The logarithm of what the classes sum to: 0 for log-probabilities."""
        return self.input.float().logsumexp(dim=min(1, self.input.dim() - 1))

    @property
    def is_log(self) -> bool:
        """Whether the input is log-probabilities over the classes."""
        return bool(self.sums.abs().max() < 1e-3)

    @property
    def is_squashed(self) -> bool:
        """Whether every input lies between 0 and 1."""
        return bool(self.input.min() >= 0 and self.input.max() <= 1)

    @property
    def ignores(self) -> bool:
        """Whether any target is the ignored id."""
        return bool((self.target == self.ignore_index).any())


# what the numbers must show where a loss is marked as wrong: in some call
WRONG: dict[str, Callable[[Call], bool]] = {
    "SG105": lambda c: c.is_squashed,
    "SG201": lambda c: not c.ignores,
    "SG202": lambda c: not c.ignores,
    "SG203": lambda c: c.ignores,
    "SG204": lambda c: c.ignores and 0 <= c.ignore_index < c.input.size(1),
    "SG205": lambda c: not c.ignores,
    "SG206": lambda c: not c.ignores,
    "SG207": lambda c: not c.ignores and bool((c.input == 0).all(dim=1).any()),
    "SG401": lambda c: c.is_squashed,
    "SG402": lambda c: c.kind == "nll_loss" and not c.is_log,
    "SG403": lambda c: not c.is_log,
    "SG404": lambda c: c.kind == "cross_entropy" and c.is_log,
}
# and where it is marked as right: in every call
RIGHT: dict[str, Callable[[Call], bool]] = {
    "SG401": lambda c: not c.is_squashed,
    "SG402": lambda c: c.kind != "nll_loss" or c.is_log,
    "SG403": lambda c: c.kind != "nll_loss" or c.is_log,
    "SG404": lambda c: c.kind != "cross_entropy" or not c.is_log,
}


class Blocks:
    """The code of a program that can be run: compiled under names that tell a line of a notebook apart."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.spots: dict[str, Callable[[int], Spot]] = {}
        self.trees: list[ast.Module] = []
        self.code: list[CodeType] = []
        for file in program.files:
            for cell, text in pieces(file):
                self._add(file, cell, text)

    def _add(self, file: Path, cell: int | None, text: str) -> None:
        name = str(file) if cell is None else f"{file}[{cell}]"
        relative = self.program.relative(file)
        self.spots[name] = lambda row: Spot(relative, cell, row)
        if cell is not None:
            text = re.sub(r"^[%!].*$", "", text, flags=re.MULTILINE)
        tree = ast.parse(text)
        self.trees.append(tree)
        if cell is not None or "__main__" in text:
            self.code.append(compile(tree, name, "exec"))

    def spot(self, filename: str, row: int | None) -> Spot | None:
        """The line of the program that a frame stands at."""
        at = self.spots.get(filename)
        return None if at is None or row is None else at(row)

    def absent(self) -> set[str]:
        """The packages that it needs and that are not installed."""
        own = {f.stem for f in self.program.files} | {f.parent.name for f in self.program.files}
        tops = {name.partition(".")[0] for tree in self.trees for name in _imports(tree)}
        return {t for t in tops - own if importlib.util.find_spec(t) is None}


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


class Recorder:
    """Stands in for a loss function of torch and keeps what it is given, by the line of the program that called it."""

    def __init__(self, kind: str, blocks: Blocks, calls: dict[Spot, list[Call]]) -> None:
        self.real: Callable[..., Any] = getattr(torch.nn.functional, kind)
        self.kind, self.blocks, self.calls = kind, blocks, calls

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self.real(*args, **kwargs)
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and (spot := self.blocks.spot(frame.f_code.co_filename, frame.f_lineno)) is None:
            frame = frame.f_back
        if frame is not None and spot is not None:
            given = {**dict(zip(("input", "target"), args, strict=False)), **kwargs}
            call = Call(self.kind, given["input"].detach().clone(), given["target"].detach().clone(), given.get("ignore_index", -100))
            self.calls.setdefault(spot, []).append(call)
        return result


LINES = "the cat sat on a mat\nbirds sing\nwe like long walks\nyes\n"


def small_file(path: str, *args: Any, **options: Any) -> io.StringIO:
    """What a program that opens a file reads: a few lines of words, or a vocabulary of them."""
    specials = ["<pad>", "<unk>", "<s>", "</s>"]
    vocabulary = {word: i for i, word in enumerate([*specials, *sorted(set(LINES.split()))])}
    return io.StringIO(json.dumps(vocabulary) if path.endswith(".json") else LINES)


def run(blocks: Blocks) -> tuple[set[Spot], BaseException | None]:
    """The lines that were executed, and what was raised."""
    seen: set[Spot] = set()

    def line(frame: FrameType, event: str, arg: Any) -> Any:
        if (spot := blocks.spot(frame.f_code.co_filename, frame.f_lineno)) is not None:
            seen.add(spot)
        return line

    def call(frame: FrameType, event: str, arg: Any) -> Any:
        return line if frame.f_code.co_filename in blocks.spots else None

    main = blocks.code[0].co_filename
    folder = str(Path(main).parent)
    before = set(sys.modules)
    argv, path, tracer = sys.argv, list(sys.path), sys.gettrace()
    error: BaseException | None = None
    random.seed(0)
    torch.manual_seed(0)
    sys.argv, sys.path = [main], [folder, *sys.path]
    space: dict[str, Any] = {"__name__": "__main__", "__file__": main, "open": small_file}
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        sys.settrace(call)
        try:
            for code in blocks.code:
                exec(code, space)
        except BaseException as e:
            error = e
        finally:
            sys.settrace(tracer)
            sys.argv, sys.path = argv, path
            for name in set(sys.modules) - before:
                if str(getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
                    del sys.modules[name]
    return seen, error


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_program_is_true(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = Blocks(program)
    if absent := blocks.absent():
        pytest.skip(f"needs {', '.join(sorted(absent))}")
    if not blocks.code:
        pytest.skip("has nothing to run")
    if program.name.startswith("sg107_ok_slice_moved") and not torch.cuda.is_available():
        pytest.skip("needs a GPU: a slice that stays on the CPU is not copied, and its view raises")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    torch.set_num_threads(1)  # two test processes on two cores, and tiny tensors
    calls: dict[Spot, list[Call]] = {}
    for kind in ("cross_entropy", "nll_loss"):
        monkeypatch.setattr(torch.nn.functional, kind, Recorder(kind, blocks, calls))
    seen, error = run(blocks)
    codes = {code for _, code in program.wrong}
    if codes & RAISING and program.name not in SILENT:
        assert error is not None, "a shape fault that torch accepts"
        assert isinstance(error, (RuntimeError, ValueError, TypeError, IndexError)), repr(error)
        stack = {blocks.spot(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)} - {None}
        assert stack & ({s for s, _ in program.wrong} | (stack if "SG107" in codes else set())), f"raised elsewhere: {error!r} at {stack}"
    else:
        assert error is None, "".join(traceback.format_exception(error))
        marked = {spot for spot, _ in program.wrong | program.right}
        assert marked <= seen, "a marked line was never executed"
        assert marked <= set(calls) or program.name in BY_HAND, f"no loss is called at {sorted(map(str, marked - set(calls)))}"
        called = [(s, code) for s, code in program.wrong if s in calls]
        wrong = WRONG | ({"SG201": lambda c: bool((c.target == 0).any())} if program.name in DRAWN else {})
        untrue = [f"{code} at {s}" for s, code in called if code in wrong and not any(map(wrong[code], calls[s]))]
        untrue += [f"ok: {code} at {s}" for s, code in program.right if code in RIGHT and not all(map(RIGHT[code], calls.get(s, ())))]
        assert not untrue, f"the numbers say otherwise: {', '.join(sorted(untrue))}"
