"""The command line: it parses, calls and exits; what it calls is imported when it is needed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click

from shapeguard import __version__
from shapeguard.printable import plain
from shapeguard.report.formats import Command, names

_LIST = "Codes, prefixes (SG1), names or ALL, separated by commas."
_isolated = click.option("--isolated", is_flag=True, help="Read no pyproject.toml, and run none of the rules that it names.")
_rules = click.option(
    "--rules", multiple=True, metavar="DIR", help="Rules of this folder too, wherever it lies: Python code, which is run. Several times."
)


def _form(command: Command) -> Callable[[Any], Any]:
    known = names(command)
    return click.option("--output-format", type=click.Choice(known), help=f"How to print what was found.  [default: {known[0]}]")


_SELECT = click.option("--select", metavar="RULES", help=f"Only these rules; opt-in rules too, if named. {_LIST}")
_IGNORE = click.option("--ignore", metavar="RULES", help=f"Not these rules. {_LIST}")
_MAX_UNKNOWN = click.option(
    "--max-unknown", metavar="N", type=click.IntRange(min=0), help="Exit 1 if more than N losses are unknown or unreached."
)
_NO_CACHE = click.option("--no-cache", is_flag=True, help="Accepted; nothing is cached yet.")
_STDIN_FILENAME = click.option("--stdin-filename", metavar="PATH", help="The name of what comes from standard input, where PATHS is `-`.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shapeguard")
def cli() -> None:
    """Finds the losses that train on the wrong number, before they do."""


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@_SELECT
@_IGNORE
@click.option("--strict", is_flag=True, default=None, help="Warnings count for the exit code too.")
@click.option("--show-unknown", is_flag=True, help="Name the losses that were not understood, and what would help.")
@click.option("--statistics", is_flag=True, help="How often each rule was found, instead of the findings.")
@click.option("-v", "--verbose", is_flag=True, help="The inventory too: one line for every loss.")
@_form("check")
@click.option("--exit-zero", is_flag=True, help="Exit 0 whatever is found.")
@_MAX_UNKNOWN
@_NO_CACHE
@_rules
@_isolated
@_STDIN_FILENAME
def check(paths: tuple[str, ...], **options: Any) -> NoReturn:
    """Checks files and folders (by default, this one).

    Exits 0 where nothing is found, or only warnings; 1 for findings; 2 for bad usage or a bad configuration.
    """
    from shapeguard.commands import check as run

    sys.exit(run(paths or (".",), options))


@cli.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@_SELECT
@_IGNORE
@_form("inventory")
@_MAX_UNKNOWN
@_NO_CACHE
@_rules
@_isolated
@_STDIN_FILENAME
def inventory(paths: tuple[str, ...], **options: Any) -> NoReturn:
    """Lists every loss of files and folders (by default, this one), with what is known of it.

    \b
    fault       an error or a warning was found at it, also one that a comment silences
    understood  what it counts, ignores and divides by is known, and nothing is wrong with it
    unknown     something is missing to say so
    unreached   the analysis did not come to it, and says why

    Exits 0, 2 for bad usage or a bad configuration, and 1 where --max-unknown is passed.
    """
    from shapeguard.commands import inventory as run

    sys.exit(run(paths or (".",), options))


@cli.command()
@click.argument("code", required=False)
@click.option("--prove", is_flag=True, help="Run the rule's examples through the linter and through torch.")
@click.option("--new", nargs=2, metavar="CODE NAME", help="Write the file of a new rule, such as LOC001 my-rule, for you to change.")
@click.option("--facts", is_flag=True, help="What a rule may know of a loss, and ask of it.")
@_rules
@_isolated
def rule(code: str | None, prove: bool, new: tuple[str, str] | None, facts: bool, isolated: bool, rules: tuple[str, ...]) -> NoReturn:
    """Explains a rule, by code or name; lists them all without one.

    The file of a new rule goes into the first folder of --rules, else of the `rules` of the configuration, else into ./rules.
    """
    from shapeguard import commands

    if new is not None:
        if code is not None or prove or facts:
            raise click.UsageError("--new takes the code and the name of the new rule, and nothing beside them")
        sys.exit(commands.new_rule(*new, isolated=isolated, rules=rules))
    if facts:
        if code is not None or prove:
            raise click.UsageError("--facts is a page of its own, for every rule")
        sys.exit(commands.facts())
    sys.exit(commands.rule(code, prove=prove, isolated=isolated, rules=rules))


def main() -> NoReturn:
    """The entry point."""
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.ClickException as error:
        error.message = plain(error.message)  # type: ignore[misc]  # it names what it was given, which may be a file's name
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
