"""`pytest --shapeguard=my_package`: the tests run with every annotated tensor of the package checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest


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
        from shapeguard.runtime.hook import install

        install(names)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Says what is checked: nothing where the mode is off."""
    names = _names(config.getoption("--shapeguard") or [])
    if not names:
        return None
    from shapeguard.runtime.modes import current

    mode = current(None)
    what = "nothing, the mode is off" if mode.check == "off" else f"{', '.join(names)} ({mode.check}, {mode.answer})"
    return f"shapeguard checks: {what}"


def _names(told: list[str]) -> list[str]:
    return [name for given in told for name in given.replace(" ", "").split(",") if name]
