"""Datasets whose passages lie in a search engine: its source, its templates, and what refreshes found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.store import row_values
from rerank_core.store.workspace import now
from rerank_core.types import text_hash


@dataclass(frozen=True, slots=True)
class StoredSource:
    """`source`: plain JSON values. `epoch` counts from 1, and up with each refresh that changed something.

    `at`: when the epoch began, ISO 8601 in UTC.
    """

    source: Mapping[str, Any]
    epoch: int
    at: str


def put_source(db: Database, dataset_id: int, source: Mapping[str, Any]) -> None:
    """Say where a dataset's passages lie; to be called before anything of it is asked."""
    text = json.dumps(source, ensure_ascii=False, sort_keys=True)
    db.execute("INSERT INTO engine_source (dataset_id, source, at) VALUES (?, ?, ?)", [dataset_id, text, now()])
    set_fingerprint(db, dataset_id)


def get_source(db: Database, dataset_id: int) -> StoredSource | None:
    """Where a dataset's passages lie; None: here. Raises RerankLensError where this version cannot read it."""
    for source, epoch, at in db.execute(
        "SELECT source, epoch, at FROM engine_source WHERE dataset_id = ?", [dataset_id]
    ):
        try:
            return StoredSource(row_values.mapping(source), row_values.whole(epoch), row_values.text(at))
        except row_values.UNREADABLE as error:
            raise RerankLensError(
                f"The source of this dataset is not known to this version: it reads {row_values.shown(source)}."
            ) from error
    return None


def set_fingerprint(db: Database, dataset_id: int) -> None:
    """Name the state of a connected dataset by its source and epoch: passages that are seen later do not change it."""
    row = db.execute(
        """SELECT d.created_at, s.source, s.epoch FROM dataset d JOIN engine_source s ON s.dataset_id = d.id
           WHERE d.id = ?""",
        [dataset_id],
    ).fetchone()
    fingerprint = text_hash("\x00".join(map(str, row)))[:16]
    db.execute("UPDATE dataset SET fingerprint = ? WHERE id = ?", [fingerprint, dataset_id])


def begin_epoch(db: Database, dataset_id: int) -> None:
    """Begin another epoch, in which nothing was asked yet."""
    db.execute("UPDATE engine_source SET epoch = epoch + 1, at = ? WHERE dataset_id = ?", [now(), dataset_id])
    set_fingerprint(db, dataset_id)


def put_template(db: Database, dataset_id: int, name: str, template: Mapping[str, Any]) -> None:
    """Keep a template. Raises SettingsError where the name stands for another one: what it found is kept under it."""
    text = json.dumps(template, ensure_ascii=False, sort_keys=True)
    sql = "SELECT template FROM engine_template WHERE dataset_id = ? AND name = ?"
    row = db.execute(sql, [dataset_id, name]).fetchone()
    if row is not None:
        if row[0] != text:
            raise SettingsError(f"There is another template '{name}' already. Choose another name.")
        return
    db.execute(
        """INSERT INTO engine_template SELECT ?, ?, ?, coalesce(max(place), 0) + 1 FROM engine_template
           WHERE dataset_id = ?""",
        [dataset_id, name, text, dataset_id],
    )


def get_templates(db: Database, dataset_id: int) -> list[dict[str, Any]]:
    """The templates of a dataset, oldest first; those that this version cannot read are left out."""
    sql = "SELECT template FROM engine_template WHERE dataset_id = ? ORDER BY place"
    found = []
    for (text,) in db.execute(sql, [dataset_id]):
        try:
            found.append(dict(row_values.mapping(text)))
        except row_values.UNREADABLE:
            continue
    return found


def put_refresh(db: Database, dataset_id: int, found: Mapping[str, Any]) -> None:
    """Keep what a refresh found, beside the epoch that it began, or that it found unchanged."""
    db.execute(
        """INSERT INTO engine_refresh (dataset_id, epoch, found, at)
           SELECT dataset_id, epoch, ?, ? FROM engine_source WHERE dataset_id = ?""",
        [json.dumps(found, ensure_ascii=False), now(), dataset_id],
    )


def latest_refresh(db: Database, dataset_id: int) -> tuple[str, dict[str, Any]] | None:
    """(when, what it found) of the newest refresh; None without one that can be read."""
    sql = "SELECT at, found FROM engine_refresh WHERE dataset_id = ? ORDER BY id DESC LIMIT 1"
    for at, found in db.execute(sql, [dataset_id]):
        try:
            return row_values.text(at), dict(row_values.mapping(found))
        except row_values.UNREADABLE:
            return None
    return None
