"""Rates that were measured on this machine, kept in one file of the user's cache. The file is never needed.

Where it is damaged, cannot be read or cannot be written, rates are measured again.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TypeVar

VARIABLE = "RERANK_LENS_CACHE"
"""The environment variable that names another folder."""
FILE = "runners.json"
Name = TypeVar("Name", bound=str)
_FORM = 1
_MOST = 200
"""Entries that are kept: those written first go first."""


def cache_folder() -> Path:
    """RERANK_LENS_CACHE, else rerank-lens in the user's cache folder. Raises RuntimeError where there is no home."""
    if named := os.environ.get(VARIABLE):
        return Path(os.path.expanduser(named))  # Path's own raises for a user that there is not
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "rerank-lens"


def kept_rates(key: str, names: Iterable[Name]) -> dict[Name, float] | None:
    """The rates that are kept under `key`, in the order of `names`; None where there are none, or those of others."""
    own = _read().get(key)
    if not isinstance(own, dict) or not all(_is_rate(rate) for rate in own.values()):
        return None
    found = {name: float(own[name]) for name in names if name in own}
    return found if found and len(found) == len(own) else None


def keep_rates(key: str, rates: Mapping[Name, float]) -> None:
    """Keep them beside the others, whole or not at all. What another process keeps at this moment may be lost."""
    with suppress(OSError, RuntimeError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        others = {name: one for name, one in _read().items() if name != key}
        entries = dict([*others.items(), (key, dict(rates))][-_MOST:])
        with NamedTemporaryFile("w", encoding="utf-8", dir=folder, prefix=FILE, delete=False) as file:
            try:
                json.dump({"form": _FORM, "gflops_a_core": entries}, file, indent=1)
                file.close()
                os.replace(file.name, folder / FILE)
            except BaseException:
                file.close()
                Path(file.name).unlink(missing_ok=True)
                raise


def _read() -> dict[str, object]:
    try:
        told = json.loads((cache_folder() / FILE).read_text("utf-8"))
    except (OSError, ValueError, RuntimeError):  # too deep a nesting is a RuntimeError too
        return {}
    entries = told.get("gflops_a_core") if isinstance(told, dict) and told.get("form") == _FORM else None
    return entries if isinstance(entries, dict) else {}


def _is_rate(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
