"""Projects: which file a name means, who imports whom, and which files can hold a loss."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from shapeguard.analysis.reading import imports
from shapeguard.analysis.reading.parse import Module
from shapeguard.analysis.reading.project import Project, find_root, mentions_loss


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def module(project: Project, name: str) -> Module:
    found = project.module_at(project.root / name)
    assert found is not None
    return found


def resolved(root: Path, importer: str, name: str, level: int = 0) -> str | None:
    """The path below the root of what `name` means to a file."""
    project = Project(root)
    found = project.resolve(module(project, importer), name, level)
    return None if found is None else os.path.relpath(found.path, root).replace(os.sep, "/")


# the root


def test_the_root_is_the_nearest_pyproject(tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "a/pyproject.toml": "", "a/src/b/c.py": "", "d/e.py": ""})
    assert find_root([tmp_path / "a/src/b/c.py"]) == tmp_path / "a"
    assert find_root([tmp_path / "a/src/b"]) == tmp_path / "a"
    assert find_root([tmp_path / "d/e.py"]) == tmp_path
    assert find_root([tmp_path / "a/src/b/c.py", tmp_path / "d/e.py"]) == tmp_path


def test_the_root_is_else_that_of_git(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", "a/b/c.py": "", "w/.git": "gitdir: elsewhere", "w/d/e.py": ""})
    assert find_root([tmp_path / "a/b/c.py"]) == tmp_path
    assert find_root([tmp_path / "w/d/e.py"]) == tmp_path / "w"


def test_the_root_is_else_the_common_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a/b/c.py": "", "a/d.py": ""})
    assert find_root([tmp_path / "a/b/c.py", tmp_path / "a/d.py"]) == tmp_path / "a"
    assert find_root([tmp_path / "a/b/c.py"]) == tmp_path / "a/b"
    monkeypatch.chdir(tmp_path / "a")
    assert find_root(["b/c.py", "d.py"]) == find_root(["."]) == find_root([]) == tmp_path / "a"


# names


def test_absolute_imports(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "train.py": "",
            "utils.py": "",
            "pkg/__init__.py": "",
            "pkg/model.py": "",
            "pkg/utils.py": "",
            "pkg/sub/__init__.py": "",
            "pkg/sub/loss.py": "",
            "plain/deep/net.py": "",
            "scripts/run.py": "",
            "scripts/helper.py": "",
            "data/x.csv": "",
        },
    )
    assert resolved(tmp_path, "train.py", "pkg") == "pkg/__init__.py"
    assert resolved(tmp_path, "train.py", "pkg.sub.loss") == "pkg/sub/loss.py"
    assert resolved(tmp_path, "scripts/run.py", "pkg.model") == "pkg/model.py"  # run from the root
    assert resolved(tmp_path, "scripts/run.py", "helper") == "scripts/helper.py"  # run as a script
    assert resolved(tmp_path, "pkg/model.py", "utils") == "utils.py"  # a package is not on the path ...
    assert resolved(tmp_path, "pkg/sub/loss.py", "model") == "pkg/model.py"  # ... unless nothing else fits
    assert resolved(tmp_path, "train.py", "plain.deep.net") == "plain/deep/net.py"
    assert resolved(tmp_path, "train.py", "plain.deep") == "plain/deep"  # a folder without __init__.py
    assert resolved(tmp_path, "train.py", "data") is None  # a folder without Python
    assert resolved(tmp_path, "train.py", "pkg.missing") is None
    assert resolved(tmp_path, "train.py", "") is None
    assert resolved(tmp_path, "pkg/utils.py", "pkg.utils") is None  # never itself


def test_src_layouts(tmp_path: Path) -> None:
    write(tmp_path, {"src/pkg/__init__.py": "", "src/pkg/loss.py": "", "tests/test_a.py": "", "sub/src/other.py": "", "sub/run.py": ""})
    assert resolved(tmp_path, "tests/test_a.py", "pkg.loss") == "src/pkg/loss.py"
    assert resolved(tmp_path, "src/pkg/loss.py", "pkg") == "src/pkg/__init__.py"
    assert resolved(tmp_path, "sub/run.py", "other") == "sub/src/other.py"
    assert module(Project(tmp_path), "src/pkg/loss.py").name == "pkg.loss"


def test_relative_imports(tmp_path: Path) -> None:
    write(tmp_path, {"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "", "a/b/d.py": "", "a/e.py": "", "n/f.py": "", "n/g.py": ""})
    assert resolved(tmp_path, "a/b/c.py", "", 1) == "a/b/__init__.py"
    assert resolved(tmp_path, "a/b/c.py", "d", 1) == "a/b/d.py"
    assert resolved(tmp_path, "a/b/c.py", "e", 2) == "a/e.py"
    assert resolved(tmp_path, "a/b/__init__.py", "c", 1) == "a/b/c.py"
    assert resolved(tmp_path, "n/f.py", "g", 1) == "n/g.py"
    assert resolved(tmp_path, "n/f.py", "", 1) == "n"
    assert resolved(tmp_path, "a/b/c.py", "x", 9) is None


def test_nothing_outside_of_the_root_is_followed(tmp_path: Path) -> None:
    write(tmp_path, {"secret.py": "", "p/run.py": "", "p/q/__init__.py": "", "p/q/r.py": ""})
    assert resolved(tmp_path / "p", "run.py", "secret") is None
    assert resolved(tmp_path / "p", "q/r.py", "secret", 3) is None
    project = Project(tmp_path / "p" / "q")
    outside = Project(tmp_path).module_at(tmp_path / "p/run.py")
    assert outside is not None and project.resolve(outside, "q.r") is None


def test_installed_libraries_are_not_the_projects_own(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "pkg/__init__.py": "",
            "pkg/torch/__init__.py": "",
            "pkg/logging.py": "",
            "pkg/transformers.py": "",
            "pkg/net.py": "",
            "datasets/readme.txt": "",
            "env/pyvenv.cfg": "",
            "site-packages/thing.py": "",
            "flat/datasets.py": "",
            "flat/train.py": "",
        },
    )
    for name in ("torch", "torch.nn", "logging", "transformers", "datasets", "site-packages.thing", "json"):
        assert resolved(tmp_path, "pkg/net.py", name) is None, name
    assert resolved(tmp_path, "flat/train.py", "datasets") == "flat/datasets.py"  # Python would find this one too
    assert resolved(tmp_path, "pkg/net.py", "transformers", 1) == "pkg/transformers.py"


def test_a_project_may_itself_be_such_a_library(tmp_path: Path) -> None:
    write(tmp_path, {"src/transformers/__init__.py": "", "src/transformers/models/__init__.py": "", "examples/a/run.py": ""})
    write(tmp_path, {"vendored/keras/__init__.py": "", "vendored/keras/losses.py": "", "vendored/keras/deep/__init__.py": ""})
    assert resolved(tmp_path, "examples/a/run.py", "transformers.models") == "src/transformers/models/__init__.py"
    assert resolved(tmp_path, "vendored/keras/deep/__init__.py", "keras.losses") == "vendored/keras/losses.py"


def test_the_root_may_be_the_package(tmp_path: Path) -> None:
    write(tmp_path, {"mypkg/__init__.py": "", "mypkg/a.py": "", "mypkg/b/c.py": ""})
    assert resolved(tmp_path / "mypkg", "b/c.py", "mypkg.a") == "a.py"


def test_submodules(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/__init__.py": "", "pkg/a.py": "", "pkg/sub/__init__.py": "", "pkg/plain/b.py": "", "train.py": ""})
    project = Project(tmp_path)
    package = module(project, "pkg/__init__.py")
    names = {name: project.submodule(package, name) for name in ("a", "sub", "plain", "missing")}
    assert {n: m.name for n, m in names.items() if m} == {"a": "pkg.a", "sub": "pkg.sub", "plain": "pkg.plain"}
    plain = names["plain"]
    assert plain is not None and plain.package and plain.body == []
    inner = project.submodule(plain, "b")
    assert inner is not None and inner.name == "pkg.plain.b"
    assert project.submodule(inner, "c") is None


def test_modules_are_read_once_and_broken_ones_are_remembered(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "x = 1", "b.py": "x = (", "c.ipynb": "{"})
    read: list[str] = []

    def reading(path: str) -> bytes:
        read.append(Path(path).name)
        return Path(path).read_bytes()

    project = Project(tmp_path, reading)
    assert project.module_at(tmp_path / "a.py") is project.module_at(str(tmp_path / "a.py"))
    assert [project.module_at(tmp_path / n) for n in ("b.py", "b.py", "c.ipynb", "missing.py")] == [None] * 4
    assert read == ["a.py", "b.py", "c.ipynb", "missing.py"]
    assert {Path(p).name: (e.row, e.message.split(":")[0]) for p, e in project.broken.items()} == {
        "b.py": (1, "'(' was never closed"),
        "c.ipynb": (1, "Expecting property name enclosed in double quotes"),
        "missing.py": (1, "cannot be read"),
    }


# who imports whom


def importers(root: Path, name: str) -> list[str]:
    return [os.path.relpath(p, root).replace(os.sep, "/") for p in Project(root).importers(root / name)]


def test_importers(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": ["%matplotlib inline\n", "from pkg import loss\n"]}
    write(
        tmp_path,
        {
            "pkg/__init__.py": "from .loss import f\n",
            "pkg/loss.py": "import torch\n",
            "pkg/model.py": "def f():\n    from . import (\n        loss,  # why (not)\n        other as o,\n    )\n",
            "pkg/other.py": "from .loss import *\r\nimport math\r\n",
            "a.py": "import os, pkg.loss as x, pkg.other\n",
            "b.py": "try: from pkg import \\\n    loss\nexcept ImportError: pass\n",
            "c.py": "from pkg import f\n",
            "d.py": "# import pkg.loss\nimportant = 1\nfrom_pkg = 2\nx = 1  # read it: import pkg.loss; from pkg import loss\n",
            "e.ipynb": json.dumps({"cells": [cell], "metadata": {}}),
            ".hidden/f.py": "import pkg.loss\n",
            "venv/pyvenv.cfg": "",
            "venv/g.py": "import pkg.loss\n",
            "node_modules/h.py": "import pkg.loss\n",
        },
    )
    assert importers(tmp_path, "pkg/loss.py") == ["a.py", "b.py", "e.ipynb", "pkg/__init__.py", "pkg/model.py", "pkg/other.py"]
    assert importers(tmp_path, "pkg/other.py") == ["a.py", "pkg/model.py"]
    assert importers(tmp_path, "pkg/__init__.py") == ["c.py"]
    assert importers(tmp_path, "a.py") == []


def test_the_index_survives_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"a.py": "import b\n", "b.py": "", "c/d.py": "import b\n", "big.py": "import b\n" + "#" * 200})
    (tmp_path / "bytes.py").write_bytes(b"import b\n\xff\0\xfe from b import\n")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    monkeypatch.setattr(imports, "MAX_BYTES", 200)
    assert importers(tmp_path, "b.py") == ["a.py", "bytes.py", "c/d.py"]
    monkeypatch.setattr(imports, "MAX_FILES", 1)
    assert importers(tmp_path, "b.py") == ["a.py"]


# the filter


@pytest.mark.parametrize(
    "text",
    [
        "F.cross_entropy(a, b)",
        "nn.CrossEntropyLoss()",
        "F.nll_loss(F.log_softmax(x, 1), y)",
        "nn.NLLLoss()",
        "logp = nn.LogSoftmax(-1)(x)\nloss = -logp.gather(-1, y)",
        "per = torch.logsumexp(x, -1) - x.gather(-1, y)",
        "loss = self.loss_function(logits, labels)",
        "loss = criterion(a, b)",
        "self.loss_fn(a, b)",
        "LinearCrossEntropy()",
        "model(x, labels=y).loss",
        "from transformers import X\nout = model(**batch)\nout.loss.backward()",
        'loss=dict(type="CrossEntropyLoss")',
        json.dumps({"source": ['batch["labels"]; out["loss"]']}),
    ],
)
def test_files_that_may_hold_a_loss(text: str) -> None:
    assert mentions_loss(text.encode())


@pytest.mark.parametrize(
    "text",
    ["", "import torch\nx = torch.softmax(y)", "labels = 1", "out.loss", "force = entropy", "x.log_softmax(-1)", "mse_loss(a, b)"],
)
def test_files_that_hold_none(text: str) -> None:
    assert not mentions_loss(text.encode())


def test_words_of_the_project() -> None:
    assert mentions_loss(b"from x import SeqObjective", ["SeqObjective"])
    assert not mentions_loss(b"from x import SeqObjective", ["Other"])
