"""The name under which a system is saved: never by accident that of another one."""

from __future__ import annotations

from collections.abc import Collection

from rerank_core.errors import NameTakenError, SettingsError

IMPORTED_PREFIX = "run:"
"""How the ids of imported runs begin."""


def own_name(wanted: str, replaceable: Collection[str], others: Collection[str], replace: bool) -> str:
    """The id to save a system under: `wanted`, without needless spaces, or that of the system which it replaces.

    Names that differ in capitals or spaces alone are one name. `replaceable`: ids of systems of the same sort that
    people saved. `others`: all other ids. Raises NameTakenError where a system would be replaced and `replace` is
    False; SettingsError for an empty name and for one of the others.
    """
    name = " ".join(wanted.split())
    if not name or name.startswith(IMPORTED_PREFIX) or _alike(name, others) is not None:
        raise SettingsError(f"A system needs a name of its own, not '{name}'.")
    taken = _alike(name, replaceable)
    if taken is not None and not replace:
        raise NameTakenError(taken)
    return name if taken is None else taken


def _alike(name: str, ids: Collection[str]) -> str | None:
    return next((one for one in ids if " ".join(one.split()).casefold() == name.casefold()), None)
