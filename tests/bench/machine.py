"""What a benchmark says of the machine that it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def around(load: float, libraries: Sequence[str]) -> dict[str, Any]:
    """The load before (`load`) and after, Python's version, and those of the `libraries` that are installed."""
    return {
        "load_before": load,
        "load_after": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {name: found for name in libraries if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
