"""Pairs whose scores were kept, to be scored again later: another score means another model behind the name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlite_utils import Database

from rerank_core.store import row_values
from rerank_core.store.workspace import now


class CanaryPair(NamedTuple):
    """A query and a passage's text, as they were: they stay, whatever becomes of the dataset."""

    query: str
    text: str


Scores = Mapping[str, Sequence[float]]
"""Model of the system -> a score per pair, in their order; of a model that gives an order alone, minus the rank."""


@dataclass(frozen=True, slots=True)
class Canary:
    """The pairs of a system, and their scores when it was made, at `at`. `made_of`: what the system was made of then.

    `noise`: how far two scorings of the same pairs were apart, at most.
    """

    id: int
    system: str
    made_of: str
    noise: float
    pairs: tuple[CanaryPair, ...]
    scores: Scores
    at: str


def put_canary(
    db: Database, system: str, made_of: str, noise: float, pairs: Sequence[CanaryPair], scores: Scores
) -> Canary:
    """Keep the canary of a system; it takes the place of the one before, with all that was checked by that."""
    db.execute("DELETE FROM canary WHERE system = ?", [system])
    plain = json.dumps({"pairs": pairs, "scores": scores}, ensure_ascii=False)
    at = now()
    cursor = db.execute(
        "INSERT INTO canary (system, made_of, noise, pairs, at) VALUES (?, ?, ?, ?, ?)",
        [system, made_of, noise, plain, at],
    )
    return Canary(int(cursor.lastrowid or 0), system, made_of, noise, tuple(pairs), scores, at)


def get_canary(db: Database, system: str) -> Canary | None:
    """The canary of a system; None where there is none that this version can read."""
    sql = "SELECT id, system, made_of, noise, pairs, at FROM canary WHERE system = ?"
    for canary_id, name, made_of, noise, plain, at in db.execute(sql, [system]):
        try:
            own = row_values.mapping(plain)
            pairs = tuple(CanaryPair(*map(row_values.text, pair)) for pair in own["pairs"])
            texts = row_values.text(made_of), row_values.text(at)
            return Canary(canary_id, name, texts[0], row_values.number(noise), pairs, _scores(own["scores"]), texts[1])
        except row_values.UNREADABLE:
            return None
    return None


def list_canaries(db: Database) -> list[Canary]:
    """All that this version can read, by system."""
    names = [row[0] for row in db.execute("SELECT system FROM canary ORDER BY system")]
    return [found for name in names if (found := get_canary(db, name)) is not None]


def put_check(db: Database, canary: Canary, scores: Scores) -> None:
    """Keep what a later scoring gave."""
    plain = json.dumps(dict(scores))
    db.execute("INSERT INTO canary_check (canary_id, scores, at) VALUES (?, ?, ?)", [canary.id, plain, now()])


def list_checks(db: Database, canary: Canary) -> list[tuple[str, Scores]]:
    """(when, scores) of each later scoring, oldest first."""
    found = []
    for at, plain in db.execute("SELECT at, scores FROM canary_check WHERE canary_id = ? ORDER BY id", [canary.id]):
        try:
            found.append((row_values.text(at), _scores(row_values.mapping(plain))))
        except row_values.UNREADABLE:
            continue
    return found


def _scores(plain: Mapping[str, Sequence[float]]) -> Scores:
    return {name: [row_values.number(one) for one in own] for name, own in plain.items()}
