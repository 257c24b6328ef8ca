"""`pytest --shapeguard=my_package`: the tests run with every annotated tensor of the package checked."""

from __future__ import annotations

from typing import Any

import pytest

_MISSING = "shapeguard_missing"  # of what a worker of pytest-xdist hands back


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declares the option; nothing heavy is imported for those who do not use it."""
    group = parser.getgroup("shapeguard")
    group.addoption(
        "--shapeguard",
        action="append",
        default=[],
        metavar="PACKAGE",
        help="check the annotated tensors of this package, or of several with commas, wherever the tests call it",
    )


def pytest_load_initial_conftests(early_config: Any, parser: Any, args: list[str]) -> None:
    """Installs the hook before any conftest can import the package."""
    names = _names(parser.parse_known_args(args).shapeguard)
    if names:
        from shapeguard.runtime.hook import hook

        hook(tuple(names))


def pytest_report_header(config: pytest.Config) -> str | None:
    """Says what is checked: nothing where the mode is off."""
    names = _names(config.getoption("--shapeguard") or [])
    if not names:
        return None
    from shapeguard.printable import plain
    from shapeguard.runtime.modes import current

    mode = current(None)
    what = "nothing, the mode is off" if mode.check == "off" else f"{plain(', '.join(names))} ({mode.check}, {mode.answer})"
    return f"shapeguard checks: {what}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuses packages that there are not: only now every conftest and every test file has put its folders on the path."""
    names = _names(session.config.getoption("--shapeguard") or [])
    if not names:
        return
    from shapeguard.runtime.hook import not_found

    missing = not_found(names)
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if missing and output is not None:  # of pytest-xdist: it would take the error for a crash
        output[_MISSING] = missing
        session.items.clear()
    elif missing:
        raise _unknown(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Takes over what a worker of pytest-xdist found out."""
    missing = getattr(node, "workeroutput", {}).get(_MISSING)
    if missing:
        setattr(node.config, _MISSING, missing)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Says what a worker found out."""
    missing = getattr(session.config, _MISSING, None)
    if missing:
        raise _unknown(missing)


def _unknown(names: list[str]) -> pytest.UsageError:
    from shapeguard.printable import plain

    return pytest.UsageError(f"--shapeguard: there is no package {', '.join(map(plain, names))}")


def _names(names: list[str]) -> list[str]:
    return [name for given in names for name in given.replace(" ", "").split(",") if name]
