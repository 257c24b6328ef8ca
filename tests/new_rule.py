"""`make rule CODE=SG210 NAME=some-name`: the file of a new rule of this package, its cases, and what is generated from it.

All of it works as it stands, and every test passes: the author changes the rule, its examples and its cases piece by piece.
"""

from __future__ import annotations

import sys

from shapeguard.lint import skeleton
from shapeguard.lint.registry import CODE, CODE_IS, NAME, NAME_IS, load, own_folder
from shapeguard.lint.select import TOOL_RULES
from tests import generate
from tests.case_programs import CASES

_CASE = '''"""{about}"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Tagger(nn.Module):
    def __init__(self, tags=5, smoothing={of_the_model}):
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 8), nn.Linear(8, tags)
        self.criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)

    def forward(self, words, tags):
        scores = self.head(self.embed(words))
        return self.criterion(scores.flatten(0, 1), tags.flatten())  # {mark}


if __name__ == "__main__":
    words, tags = torch.randint(0, 20, (4, 7)), torch.randint(0, 5, (4, 7))
    loss = Tagger()(words, tags)
    scores = nn.Linear(8, 5)(torch.randn(28, 8))
'''
_CALL = "    loss = loss + F.cross_entropy(scores, tags.flatten(){options})  # {mark}"
_WRONG = (", label_smoothing=0.5", ", label_smoothing=0.9", ", label_smoothing=0.75, reduction='sum'")
_RIGHT = ("", ", label_smoothing=0.0", ", label_smoothing=0.1", ", label_smoothing=0.2, reduction='sum'", ", ignore_index=-1")


def cases(code: str, name: str) -> dict[str, str]:
    """The programs that the rule must flag and those that it must not, by the name of their file."""
    slug = name.replace("-", "_")
    return {
        f"{code.lower()}_{slug}.py": _case("Say what is wrong here.", "0.6", _WRONG, code),
        f"{code.lower()}_ok_{slug}.py": _case("Say why these are right.", "0.1", _RIGHT, f"ok: {code}"),
    }


def _case(about: str, of_the_model: str, calls: tuple[str, ...], mark: str) -> str:
    head = _CASE.format(about=about, of_the_model=of_the_model, mark=mark)
    return head + "\n".join([*(_CALL.format(options=options, mark=mark) for options in calls), "    loss.backward()", ""])


def refused(code: str, name: str) -> str:
    """Why there can be no such rule; "" where there can."""
    if not CODE.fullmatch(code) or not code.startswith(skeleton.OURS):
        return f"CODE={code}: {CODE_IS}; here they begin with {skeleton.OURS}"
    if not NAME.fullmatch(name):
        return f"NAME={name}: {NAME_IS}"
    known = [*((r.code, r.name) for r in load().values()), *((t.code, t.name) for t in TOOL_RULES)]
    return next((f"there is a rule {' '.join(other)}" for other in known if code in other or name in other), "")


def main() -> None:
    """Writes the files, and prints their names."""
    code, name = sys.argv[1:]
    if why := refused(code, name):
        sys.exit(why)
    written = [skeleton.write(own_folder(), code, name)]
    for file, text in cases(code, name).items():
        (CASES / file).write_text(text, "utf-8")
        written.append(CASES / file)
    generate.main()
    for path in (*written, generate.RECORDED, generate.README):
        sys.stdout.write(f"{path.relative_to(generate.ROOT)}\n")


if __name__ == "__main__":
    main()
