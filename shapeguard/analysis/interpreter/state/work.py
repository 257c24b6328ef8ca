"""The work bound: how much may be done for an entry point and in one call, and what was cut off by it."""

from __future__ import annotations

from shapeguard.analysis.facts.steps import Site
from shapeguard.analysis.facts.values import Func
from shapeguard.analysis.reading import syntax as s

MAX_DEPTH = 14  # calls inside calls; deeper ones give unknown
CALL_FUEL = 1_500  # of one call of a function that mentions nothing that leads to a loss
FRUITLESS, FRUITLESS_FUEL = 5_000, 300  # a function in which so much was done and no loss was met, and one more call of it
FUEL = 10_000  # statements and calls of one entry point
ASIDE = 5_000  # of these in calls that mention nothing that leads to a loss: the rest is kept for what does
SPARE = 100  # of one such call when no more is left for them


class OutOfFuel(Exception):
    """The work bound of an entry point was met."""


class Work:
    """What is left to do and how much of it may be done; functions and statements are kept by id() of their nodes."""

    def __init__(self) -> None:
        self.fuel = FUEL
        self.aside = ASIDE  # left of it
        self.beside = False  # in a call that is paid from it
        self.fruitless_calls: set[int] = set()  # calls of functions that lead to losses, which met none in this entry point
        self.outermost = 1  # calls on the stack that have no bound of their own: the entry point itself
        self.spent: dict[int, int] = {}  # by function: the work in calls of it, in this entry point
        self.fruitless: dict[int, int] = {}  # by function: work in entry points without a loss, less four times that in others
        self.entered: dict[int, None] = {}  # functions that were entered by a known caller
        self.ended: set[int] = set()  # functions that were run to their end, with losses recorded
        self.again: set[int] = set()  # functions to be run once more, for the losses that were not met
        self.cut: dict[int, Site] = {}  # what was begun and cut off by the work bound
        self.bounded: dict[str, None] = {}  # entry points where the bound was met
        self.nested: list[Func] = []  # functions defined inside of the functions of this entry point

    def burn(self, amount: int = 1) -> None:
        """Spend some of the work bound."""
        self.fuel -= amount
        if self.fuel < 0:
            raise OutOfFuel

    def fill_up(self, calls: int) -> None:
        """Set the work bound for an entry point that is itself so many calls deep."""
        self.fuel, self.aside, self.beside, self.outermost, self.fruitless_calls = FUEL, ASIDE, False, calls, set()

    def allowed(self, node: s.FuncDef | s.Lambda, leads: bool) -> int:
        """The work that a call of a function may take."""
        if self.fruitless.get(id(node), 0) > FRUITLESS and (isinstance(node, s.Lambda) or node.name != "__init__"):
            return FRUITLESS_FUEL  # but no object is left half made: that would hide every later loss
        return FUEL if leads else CALL_FUEL

    def cut_off(self, before: int) -> None:
        """Let the functions entered after the first `before` be run by themselves, where they were not run to their end."""
        for node in list(self.entered)[before:]:
            if node not in self.ended:
                del self.entered[node]
                self.again.add(node)

    def settle(self, met: bool) -> None:
        """After an entry point: count the work in each function as fruitless, unless the entry point met a loss."""
        for node, work in self.spent.items():
            self.fruitless[node] = self.fruitless.get(node, 0) + (-4 * work if met else work)
