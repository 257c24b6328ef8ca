"""`python -m shapeguard`."""

from __future__ import annotations

from shapeguard.cli import main

main()
