"""Statements in order: each with its comments and its share of the work, and none that stops the rest."""

from __future__ import annotations

from collections.abc import Sequence

from shapeguard.analysis.interpreter.language import statement
from shapeguard.analysis.interpreter.machine import Machine
from shapeguard.analysis.interpreter.state.frames import Frame
from shapeguard.analysis.interpreter.state.work import OutOfFuel
from shapeguard.analysis.interpreter.written import hinted
from shapeguard.analysis.reading import syntax as s


def run_block(m: Machine, body: Sequence[s.Statement], frame: Frame) -> bool:
    """Run statements in order; False when the end is not reached.

    What stands behind a call that Python refuses is run as well, to see what is reached only there: nothing of it is recorded.
    """
    before, around = m.book.behind, frame.around()
    falls = True
    for stmt in body:
        ended = len(around.refusals)
        m.work.burn()
        if stmt.above:
            hinted.hint_above(m, stmt, frame)
        depth, loops, quiet, site = len(m.frames.stack), len(m.rounds.marks), m.book.quiet, m.site
        try:
            if not statement.rows[type(stmt)](m, stmt, frame):
                if len(around.refusals) == ended:
                    falls = False
                    break
                m.book.behind = m.book.behind or around.refusals[-1]
        except (OutOfFuel, RecursionError):
            raise
        except Exception as error:  # our own bug: what this statement does is not known, the rest goes on
            del m.frames.stack[depth:], m.rounds.marks[loops:]
            m.book.quiet, m.site = quiet, site
            m.failed(frame.module, f"{type(error).__name__}: {error} (line {frame.module.span(stmt.at).row})")
    if m.book.behind is before:
        return falls
    if m.book.behind is not None:
        around.refusals.append(m.book.behind)
    m.book.behind = before
    return False
