"""Text that others wrote, made fit to be printed: it moves no cursor, turns no line around, and gives GitHub no command."""

from __future__ import annotations

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control, format (bidi, zero width), surrogates, ends of lines and paragraphs
_COMMAND = "##["  # begins a workflow command of GitHub, wherever it stands in a line


def plain(text: str) -> str:
    """One line that shows a text: what would not be seen, or would do something, as Python writes it in a string; all else as it is."""
    return text if text.isprintable() and _COMMAND not in text else "".join(pieces(text))


def pieces(text: str) -> list[str]:
    """What `plain` shows of each character."""
    shown = [char if char.isprintable() else _escaped(char) for char in text]
    at = text.find(_COMMAND)
    while at >= 0:
        shown[at + 1] = "\\x23"
        at = text.find(_COMMAND, at + 1)
    return shown


def at_start(text: str) -> str:
    """`plain` of the name of a file, for the start of a line: one that begins as a workflow command does is written with `./`."""
    shown = plain(text)
    return f"./{shown}" if shown.lstrip().startswith("::") else shown


def _escaped(char: str) -> str:
    import unicodedata

    if unicodedata.category(char) not in _ESCAPED:  # an unusual space, a private letter, one that is newer than this Python
        return char
    code = ord(char)
    return _SHORT.get(char) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
