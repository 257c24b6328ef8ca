"""What the commands do: settings and options together, a run, its report, an exit code."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapeguard.config import ConfigError, Settings, load, rules_forbidden
from shapeguard.printable import plain
from shapeguard.pyproject import shown
from shapeguard.report import formats

if TYPE_CHECKING:
    from shapeguard.lint.engine import Result
    from shapeguard.lint.registry import RuleError
    from shapeguard.report.sources import Sources


def check(paths: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """`shapeguard check`."""
    try:
        result, sources, settings = _run(paths, options)
    except ConfigError as error:
        return _refuse(str(error))
    colour = _colour()
    writer = formats.writer(formats.chosen(settings))
    found = writer.statistics(result) if options["statistics"] else writer.findings(result, sources, colour)
    _write(sys.stdout, found)
    if writer.alone:
        _write(sys.stderr, _asked_for(result, sources, options))
    else:
        from shapeguard.report.prose import closing

        _write(sys.stdout, _asked_for(result, sources, options))
        _write(sys.stdout, closing(result, sources, colour, hint=not options["show_unknown"]))
    return 0 if options["exit_zero"] else result.exit_code(settings.strict) or _too_many(result, options)


def inventory(paths: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """`shapeguard inventory`."""
    form = options["output_format"] or formats.names("inventory")[0]
    try:
        result, sources, _ = _run(paths, {**options, "output_format": None})
    except ConfigError as error:
        return _refuse(str(error))
    writer = formats.writer(form)
    _write(sys.stdout, writer.inventory(result, sources))
    if writer.alone:
        from shapeguard.report.prose import short_of

        _write(sys.stderr, (f"shapeguard: {line}" for line in short_of(result, sources)))
    return _too_many(result, options)


def _too_many(result: Result, options: Mapping[str, Any]) -> int:
    """1 where more losses were not understood than are allowed."""
    from shapeguard.lint.rows import not_understood

    most, found = options["max_unknown"], not_understood(result.rows)
    if most is None or found <= most:
        return 0
    _write(sys.stderr, [f"shapeguard: {found} losses are unknown or unreached, and --max-unknown allows {most}"])
    return 1


def _run(paths: tuple[str, ...], options: Mapping[str, Any]) -> tuple[Result, Sources, Settings]:
    """One run; raises ConfigError for bad usage and bad configuration."""
    stdin = "-" in paths
    try:
        os.getcwd()
    except OSError as error:
        raise ConfigError(f"the working directory cannot be used: {error.strerror or error}") from None
    named = [options["stdin_filename"] or "stdin.py" if p == "-" else p for p in paths]
    if stdin and len(paths) > 1:
        raise ConfigError("- stands for standard input, and cannot be checked along with files")
    if not stdin and options["stdin_filename"]:
        raise ConfigError("--stdin-filename names what comes from standard input: give - as the path")
    if stdin and os.path.isdir(named[0]):
        raise ConfigError(f"--stdin-filename: {named[0]} is a folder")
    settings = settings_for(named, options)
    from shapeguard.lint.engine import check_paths
    from shapeguard.lint.files import MissingPath
    from shapeguard.lint.registry import RuleError

    gc.set_threshold(100_000, 50, 100)  # what is parsed stays: looking for garbage in it takes a fifth of the time
    try:
        overlay = {os.path.abspath(named[0]): _stdin()} if stdin else None
        result = check_paths(named, settings, overlay)
    except MissingPath as error:
        raise ConfigError(str(error)) from None
    except RuleError as error:
        raise _rules_error(settings, error) from None
    from shapeguard.report.prose import failures
    from shapeguard.report.sources import Sources

    sources = Sources(result.modules, overlay)
    _write(sys.stderr, failures(result, sources))
    return result, sources, settings


def rule(code: str | None, prove: bool, isolated: bool, rules: tuple[str, ...] = ()) -> int:
    """`shapeguard rule`; nothing of the project is run to explain a rule of our own."""
    from shapeguard.lint.engine import load_for
    from shapeguard.lint.registry import RuleError
    from shapeguard.lint.registry import load as load_rules
    from shapeguard.lint.select import ToolRule
    from shapeguard.report import rule_pages

    try:
        own = load_rules()
        found = None if code is None else rule_pages.search(code, own.values())
        if found is None:
            if code is None and prove:
                raise ConfigError("--prove needs the code of a rule")
            settings = settings_for((), {"isolated": isolated, "rules": rules})
            try:
                known = load_for(settings)
            except RuleError as error:
                if code is None:
                    _write(sys.stdout, rule_pages.table(own.values()))
                raise _rules_error(settings, error) from None
            if code is None:
                _write(sys.stdout, rule_pages.table(known.values()))
                return 0
            found = rule_pages.find(code, known.values())
        if not prove:
            _write(sys.stdout, rule_pages.page(found))
            return 0
        if isinstance(found, ToolRule):
            raise ConfigError(f"{found.code} has no loss call to prove")
    except ConfigError as error:
        return _refuse(str(error))
    if find_spec("torch") is None:
        return _refuse("a proof runs under torch: the extra [torch] of this package brings it")
    from shapeguard.testing import prove as run

    proof = run(found)
    _write(sys.stdout, str(proof).splitlines())
    return 0 if proof else 1


def new_rule(code: str, name: str, isolated: bool, rules: tuple[str, ...] = ()) -> int:
    """`shapeguard rule --new`: writes a rule that proves, where the project's rules are."""
    from shapeguard.lint import skeleton

    try:
        if why := skeleton.refused(code, name):
            raise ConfigError(f"--new: {why}")
        settings = settings_for((), {"isolated": isolated, "rules": [f for f in rules if os.path.exists(f)]})
        folder = _folder_for_rules(rules or settings.rules)
        _free(code, name, settings)
        try:
            path = skeleton.write(Path(folder), code, name)
        except OSError as error:
            why = "is there already" if isinstance(error, FileExistsError) else f"cannot be written: {error.strerror or error}"
            raise ConfigError(f"--new: {shown(Path(error.filename or folder))} {why}") from None
    except ConfigError as error:
        return _refuse(str(error))
    lines = [f"wrote {plain(shown(path))}: it proves as it stands, and is yours to change"]
    if folder in settings.rules:
        lines += [f"  shapeguard rule {code} --prove"]
    else:
        lines += [f"  shapeguard rule {code} --prove --rules {plain(shlex.quote(folder))}"]
        lines += ["`rules` under [tool.shapeguard] of pyproject.toml may name its folder, instead of --rules"]
    _write(sys.stdout, lines)
    return 0


def facts() -> int:
    """`shapeguard rule --facts`."""
    from shapeguard.report.rule_facts import page

    _write(sys.stdout, page())
    return 0


def _folder_for_rules(named: Sequence[str]) -> str:
    """The first folder of those that are named, or one that may be made."""
    folder = next((f for f in named if os.path.isdir(f) or not os.path.exists(f)), None)
    if named and folder is None:
        raise ConfigError(f"--new: {shown(Path(named[0]))} is a file, and holds its own rules: give a folder with --rules")
    return folder or "rules"


def _free(code: str, name: str, settings: Settings) -> None:
    """Raises ConfigError where another rule has the code or the name."""
    from shapeguard.lint.engine import load_for
    from shapeguard.lint.registry import RuleError
    from shapeguard.lint.select import TOOL_RULES

    try:
        known = [*((r.code, r.name) for r in load_for(settings).values()), *((r.code, r.name) for r in TOOL_RULES)]
    except RuleError as error:
        raise _rules_error(settings, error) from None
    for other in known:
        if code in other or name in other:
            raise ConfigError(f"--new: there is a rule {' '.join(other)}")


def settings_for(paths: Iterable[str], options: Mapping[str, Any]) -> Settings:
    """What the configuration and the options of a command say; says on stderr whose rules are about to be run."""
    settings = Settings(no_rules="--isolated") if options.get("isolated") else load(paths)
    formats.chosen(settings)  # a configuration that names none is refused, whatever the options say
    settings = _merged(settings, options)
    if options.get("select") is not None and not settings.select:
        _write(sys.stderr, ["shapeguard: --select names no rule: those that are on by default are"])
    if settings.rules:
        verb, why = ("not loading", f": {settings.no_rules}") if settings.no_rules else ("loading", "")
        names = ", ".join(f"{shown(Path(f))}{'/' if os.path.isdir(f) else ''}" for f in settings.rules)
        _write(sys.stderr, ["shapeguard: " + plain(f"{verb} rules from {names} ({settings.where['rules']}){why}")])
    return settings


def _merged(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings, with what the command line says instead."""
    overrides: dict[str, Any] = {}
    where = settings.where
    for key in ("select", "ignore"):
        if options.get(key) is not None:
            overrides[key] = tuple(word.strip() for word in options[key].split(",") if word.strip())
            where = where.without(key)
    if options.get("rules"):
        if why := rules_forbidden():
            raise ConfigError(f"--rules: {why}")
        overrides["more_rules"] = tuple(options["rules"])
    if options.get("strict"):
        overrides["strict"] = True
    if options.get("output_format"):
        overrides["output_format"] = options["output_format"]
    return replace(settings, where=where, **overrides)


def _rules_error(settings: Settings, error: RuleError) -> ConfigError:
    """A file of rules that cannot be used, behind the place that names it."""
    place = settings.where.get("rules", "rules") if error.folder in settings.rules and not settings.no_rules else "--rules"
    return ConfigError(f"{place}: {error}" if error.folder is not None else str(error))


def _asked_for(result: Result, sources: Sources, options: Mapping[str, Any]) -> Iterator[str]:
    """What options ask for beside the findings."""
    from shapeguard.report import prose

    if options["verbose"]:
        yield from prose.losses(result, sources)
    if options["show_unknown"]:
        yield from prose.unknown(result, sources)


def _stdin() -> bytes:
    if sys.stdin is None:
        raise ConfigError("standard input is closed")
    return sys.stdin.buffer.read()


def _colour() -> bool:
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(stream: Any, lines: Iterable[str]) -> None:
    """Prints lines; a reader that has gone away is no error, and what the stream cannot encode is escaped."""
    if stream is None:  # closed by the caller: `>&-`
        return
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    try:
        for line in lines:
            stream.write(line + "\n")
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # or the interpreter complains when it flushes at exit
        if not isinstance(error, BrokenPipeError):
            if stream is not sys.stderr:
                _write(sys.stderr, [f"shapeguard: cannot write: {error.strerror or error}"])
            sys.exit(2)


def _refuse(message: str) -> int:
    _write(sys.stderr, [f"shapeguard: {plain(message)}"])
    return 2
