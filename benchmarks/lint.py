"""CPU time of `shapeguard check` on whole trees, against torchfix and against libcst's own parse + positions of the same files.

usage: python benchmarks/lint.py TREE... [--torchfix PYTHON] [--rounds N]

TREE is a checkout or an installed package (.venv/lib/python3.11/site-packages/torch). torchfix pins an old libcst, so it
lives in an environment of its own: --torchfix names that environment's python. Every tool runs as one process at a time, the
rounds are interleaved, and the ratios are medians of the ratios of each round. Files that a loss reaches are what
had to be read: the limit is what libcst takes to parse just those and to give their nodes positions.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent

READ = """
import json, sys
from shapeguard.config import Settings
from shapeguard.lint.engine import check_paths
result = check_paths([sys.argv[1]], Settings())
sources = [m.source for m in result.modules.values() if m.tree is not None]
json.dump({"sources": sources, "files": result.files, "losses": len(result.rows), "findings": len(result.findings)}, sys.stdout)
"""

LIMIT = """
import json, sys
import libcst
from libcst.metadata import MetadataWrapper, PositionProvider
sys.setrecursionlimit(20000)
for source in json.load(open(sys.argv[1])):
    MetadataWrapper(libcst.parse_module(source), unsafe_skip_copy=True).resolve(PositionProvider)
"""


@dataclass(frozen=True)
class Tool:
    """A command, and the seconds of CPU that each round took."""

    name: str
    command: list[str]
    seconds: list[float]

    def run(self) -> None:
        """One round, with the CPU time of the process and of whatever it started."""
        with open(os.devnull, "wb") as null:
            pid = os.posix_spawnp(
                self.command[0], self.command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), n) for n in (1, 2)]
            )
            _, status, used = os.wait4(pid, 0)
        if os.waitstatus_to_exitcode(status) not in (0, 1):
            raise SystemExit(f"{self.name} failed: {' '.join(self.command)}")
        self.seconds.append(used.ru_utime + used.ru_stime)

    def against(self, other: Tool) -> float:
        """The median over the rounds of other / self."""
        return median(theirs / own for own, theirs in zip(self.seconds, other.seconds, strict=True))


def main() -> None:
    """Measures each tree and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="+", type=Path, metavar="TREE")
    parser.add_argument("--torchfix", metavar="PYTHON", help="the python of an environment that has torchfix")
    parser.add_argument("--rounds", type=int, default=3)
    told = parser.parse_args()
    os.chdir(ROOT)
    os.environ["PYTHONPATH"] = str(ROOT)
    head = ["tree", "files", "read", "lines", "losses", "findings", "check s", "limit s", "check/limit", "torchfix s", "torchfix/check"]
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for tree in told.trees:
        print("| " + " | ".join(measure(tree.resolve(), told.torchfix, told.rounds)) + " |", flush=True)


def measure(tree: Path, torchfix: str | None, rounds: int) -> list[str]:
    """The cells of one row."""
    read = json.loads(subprocess.run([sys.executable, "-c", READ, str(tree)], capture_output=True, check=True).stdout)
    lines = sum(source.count("\n") for source in read["sources"])
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump(read["sources"], listed)
        listed.flush()
        check = Tool("shapeguard", [sys.executable, "-m", "shapeguard", "check", "--isolated", "--output-format", "json", str(tree)], [])
        limit = Tool("libcst", [sys.executable, "-c", LIMIT, listed.name], [])
        rival = Tool("torchfix", [torchfix, "-m", "torchfix", str(tree)], []) if torchfix else None
        for _ in range(rounds):
            for tool in (check, limit, rival):
                if tool:
                    tool.run()
    counts = [tree.name, str(read["files"]), str(len(read["sources"])), str(lines), str(read["losses"]), str(read["findings"])]
    times = [f"{median(check.seconds):.2f}", f"{median(limit.seconds):.2f}", f"{limit.against(check):.2f}"]
    other = [f"{median(rival.seconds):.2f}", f"{check.against(rival):.1f}"] if rival else ["", ""]
    return [*counts, *times, *other]


if __name__ == "__main__":
    main()
