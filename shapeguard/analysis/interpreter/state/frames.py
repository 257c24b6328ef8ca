"""The frames of a run: one for each module, class body, function and comprehension, and the calls that are running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from shapeguard.analysis.facts.contents import Mask
from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.store import Changes, Mark
from shapeguard.analysis.facts.values import Class, Func, Value
from shapeguard.analysis.interpreter.state.visits import Refusal
from shapeguard.analysis.reading import syntax as s
from shapeguard.analysis.reading.hints import Sizes
from shapeguard.analysis.reading.parse import Module


@dataclass(eq=False, slots=True)
class Frame:
    """One activation of a module, class body, function or comprehension."""

    id: int
    module: Module
    kind: str  # module | class | function | block
    parent: Frame | None  # the lexically enclosing one
    func: Func | None = None
    self_value: Value | None = None
    names: set[str] = field(default_factory=set)  # bound here
    outer: dict[str, str] = field(default_factory=dict)  # name -> global | nonlocal
    star_libs: list[str] = field(default_factory=list)
    returns: list[tuple[Value, Changes]] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    mark: Mark | None = None
    behind: Refusal | None = None  # the call that raises before this frame is entered
    refusals: list[Refusal] = field(default_factory=list)  # those at which a block of it ended
    captured: bool = False  # whether a function made here may outlive it
    local_masks: dict[str, Mask] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    hints: Sizes = field(default_factory=dict)  # dimension names of this function's annotations and comments

    def top(self) -> Frame:
        """The module's own frame."""
        here = self
        while here.parent is not None:
            here = here.parent
        return here

    def around(self) -> Frame:
        """The frame that a comprehension stands in; any other is its own."""
        here = self
        while here.kind == "block" and here.parent is not None:
            here = here.parent
        return here

    def capture(self) -> None:
        """A function was made that may be called when its frames are done."""
        here: Frame | None = self
        while here is not None and not here.captured:
            here.captured = True
            here = here.parent


class Frames:
    """Every frame that was made, and where the run stands among them."""

    def __init__(self) -> None:
        self.by_id: dict[int, Frame] = {}
        self.modules: dict[str, Frame] = {}  # by path
        self.runs: list[tuple[int, int]] = []  # the numbers given out while a module, and what it imports, was run
        self.main_blocks: dict[str, list[list[s.Statement]]] = {}  # of `if __name__ == "__main__":`, by path
        self.classes: dict[int, Class] = {}  # by the frame of the class body
        self.stack: list[tuple[Func, Site]] = []  # the functions that are running, each with the call that entered it
        self.annotations: dict[int, Frame] = {}  # by the frame of a module: what it imports for annotations alone
        self.current: Frame = None  # type: ignore[assignment]  # the one in which something was called last

    def of_annotations(self, frame: Frame, number: Callable[[], int]) -> Frame:
        """Where the names stand that only annotations see: those of `if TYPE_CHECKING:`."""
        top = frame.top()
        if top.id not in self.annotations:
            self.annotations[top.id] = Frame(number(), top.module, "block", top)
        return self.annotations[top.id]

    def function(self) -> Frame:
        """The frame of the function, or the module, that runs."""
        return self.current.around()
