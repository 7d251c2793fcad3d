"""Systems that a search chose or a training made, and the queries that it read: figures on those are too good."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlite_utils import Database

from rerank_core.store.workspace import now
from rerank_core.types import Query, text_hash

TRAINING = "training"
"""What `by` says in the facts of a system that was trained; a search that chose settings says nothing."""


def put_tuned(
    db: Database, system: str, queries: Iterable[Query], found: Mapping[str, Any], before: Iterable[str] = ()
) -> None:
    """Keep that `system` was chosen or trained on these queries; `found`: what was said of it, plain JSON.

    `before`: hashes of the queries that what it was made from had seen already.
    """
    row = [system, _hashes(queries, before), json.dumps(dict(found), ensure_ascii=False), now()]
    db.execute("INSERT OR REPLACE INTO tuned_system (system, queries, found, at) VALUES (?, ?, ?, ?)", row)


def put_trained_model(db: Database, model: str, queries: Iterable[Query], found: Mapping[str, Any]) -> None:
    """The same of a dense model, by its name or folder: no system, but what a first stage is made of."""
    row = [model, _hashes(queries), json.dumps(dict(found), ensure_ascii=False), now()]
    db.execute("INSERT OR REPLACE INTO trained_model (model, queries, found, at) VALUES (?, ?, ?, ?)", row)


def chosen_on(db: Database, systems: Iterable[str]) -> dict[str, frozenset[str]]:
    """System -> hashes of the texts of the queries that chose it; those that no search chose are not there."""
    sql = "SELECT system, queries FROM tuned_system WHERE system IN (SELECT value FROM json_each(?))"
    return _read(db, sql, systems)


def trained_on(db: Database, models: Iterable[str]) -> dict[str, frozenset[str]]:
    """Dense model -> hashes of the texts of the queries that it was trained on here; others are not there."""
    return _read(db, "SELECT model, queries FROM trained_model WHERE model IN (SELECT value FROM json_each(?))", models)


def _hashes(queries: Iterable[Query], more: Iterable[str] = ()) -> str:
    return json.dumps(sorted({*more, *(text_hash(query.text) for query in queries)}))


def _read(db: Database, sql: str, names: Iterable[str]) -> dict[str, frozenset[str]]:
    found = {}
    for name, hashes in db.execute(sql, [json.dumps(list(names))]):
        try:
            found[name] = frozenset(map(str, json.loads(hashes)))
        except (ValueError, TypeError):
            # a row that no version of ours has written warns of nothing
            continue
    return found


def tuned_facts(db: Database, system: str) -> dict[str, Any] | None:
    """What the search said of the system when it was saved; None where no search chose it."""
    for (found,) in db.execute("SELECT found FROM tuned_system WHERE system = ?", [system]):
        try:
            facts = json.loads(found)
        except (ValueError, TypeError):
            return None
        return facts if isinstance(facts, dict) else None
    return None
