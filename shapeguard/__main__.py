"""`python -m shapeguard`."""

from __future__ import annotations

import os
import sys

if not sys.flags.safe_path and sys.path and sys.path[0] != os.path.dirname(os.path.dirname(__file__)):
    del sys.path[0]  # Python puts the working directory there: a `click.py` of the tree that is checked would be run

from shapeguard.cli import main

main()
