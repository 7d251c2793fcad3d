"""What a benchmark says of the machine that it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def machine(load: float, libraries: Sequence[str]) -> dict[str, Any]:
    """The load before (`load`) and after, processors, Python's version, and those of `libraries` that are installed."""
    return {
        "processors": os.cpu_count(),
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {name: own for name in libraries if (own := _version(name))},
    }


def load_line(facts: Mapping[str, Any]) -> str:
    """The load of a `machine` in words."""
    return f"load {facts['load_before']:.1f} to {facts['load_after']:.1f} on {facts['processors']} processors"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
