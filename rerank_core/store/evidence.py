"""How each ranking and each search came about: what its seconds mean. Written as soon as it was made."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from sqlite_utils import Database

from rerank_core.store import row_values

SEARCH = ""
"""The name, in the place of a system's key, under which the finding of the candidates is kept."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`cold`: it was the first after its model or index was loaded; None: not known.

    `tokenize_seconds`: the tokenizer alone over the same query and passages, None where that was not timed. `device`
    as a person reads it. `versions`: library -> version.
    """

    cold: bool | None
    tokenize_seconds: float | None = None
    device: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


def installed_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Library -> version, in the order given, for those that are installed."""
    versions = {}
    for name in libraries:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def put_evidence(db: Database, candidates_key: str, system_key: str, evidence: Evidence) -> None:
    """Keep how a ranking was made; `system_key` SEARCH: how the candidates were found."""
    versions = json.dumps(dict(evidence.versions), sort_keys=True)
    db.execute(
        "INSERT OR REPLACE INTO evidence (candidates_key, system, cold, tokenize_seconds, device, versions)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [candidates_key, system_key, evidence.cold, evidence.tokenize_seconds, evidence.device, versions],
    )


def set_warm(db: Database, candidates_key: str, system_key: str) -> None:
    """The time that is kept now was taken with the model or index loaded; nothing changes without evidence."""
    db.execute("UPDATE evidence SET cold = 0 WHERE candidates_key = ? AND system = ?", [candidates_key, system_key])


def get_evidence(db: Database, candidates_keys: Iterable[str], system_key: str) -> dict[str, Evidence]:
    """Candidates key -> evidence of this system (or SEARCH), for those that are kept."""
    found: dict[str, Evidence] = {}
    sql = """SELECT candidates_key, cold, tokenize_seconds, device, versions FROM evidence
             WHERE system = ? AND candidates_key IN (SELECT value FROM json_each(?))"""
    for key, cold, seconds, device, versions in db.execute(sql, [system_key, json.dumps(list(candidates_keys))]):
        with suppress(*row_values.UNREADABLE):  # nothing is then known of how it came about
            tokenized, libraries = row_values.number_or_none(seconds), row_values.mapping(versions)
            names = {name: str(version) for name, version in libraries.items()}
            found[key] = Evidence(None if cold is None else bool(cold), tokenized, row_values.text(device), names)
    return found


@dataclass(frozen=True, slots=True)
class Made:
    """A kept ranking without its places. `seconds` None: a score came from the cache, or nothing was timed."""

    seconds: float | None
    usage: Mapping[str, float]
    at: str


def rankings_made(db: Database, candidates_keys: Iterable[str], system_key: str) -> dict[str, Made]:
    """Candidates key -> facts of this system's ranking, for those that it ranked without failing."""
    sql = """SELECT candidates_key, seconds, usage, at FROM ranking
             WHERE system = ? AND state = 'ready' AND candidates_key IN (SELECT value FROM json_each(?))"""
    rows = db.execute(sql, [system_key, json.dumps(list(candidates_keys))])
    found = {}
    for key, seconds, usage, at in rows:
        with suppress(*row_values.UNREADABLE):  # as `rankings` has it, that is no answer
            found[key] = Made(row_values.number_or_none(seconds), row_values.numbers(usage), row_values.text(at))
    return found


def search_seconds(db: Database, candidates_keys: Iterable[str]) -> dict[str, float | None]:
    """Candidates key -> how long they took to find, for those that are kept."""
    sql = "SELECT key, seconds FROM candidates WHERE key IN (SELECT value FROM json_each(?))"
    rows = db.execute(sql, [json.dumps(list(candidates_keys))])
    return {key: seconds if isinstance(seconds, float) else None for key, seconds in rows}
