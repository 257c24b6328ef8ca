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
    told = parser.parse_known_args(args).shapeguard
    names = [name for given in told for name in given.replace(" ", "").split(",") if name]
    if names:
        from shapeguard.runtime.hook import install

        install(names)
