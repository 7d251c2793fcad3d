"""Threads that share a product sleep while they wait for each other, and leave the processor to whoever has work."""

from __future__ import annotations

import os

WAITING = {"OMP_WAIT_POLICY": "PASSIVE"}
"""For the environment of a process, before it imports torch: OpenMP reads it once, and spins without it."""


def sleep_while_waiting() -> None:
    """Have this process do so, unless its environment says otherwise."""
    for name, value in WAITING.items():
        os.environ.setdefault(name, value)
