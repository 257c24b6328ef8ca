"""Runs the small language on facts; importing the package reads every file that has rows of the language."""

from __future__ import annotations

import importlib
import pkgutil

FOLDERS = ("expressions", "statements", "values")  # a new file in one of them is found

for _folder in FOLDERS:
    _package = importlib.import_module(f"{__name__}.{_folder}")
    for _found in pkgutil.iter_modules(_package.__path__):
        importlib.import_module(f"{_package.__name__}.{_found.name}")
importlib.import_module(f"{__name__}.builtin_functions")
