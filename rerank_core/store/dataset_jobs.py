"""The jobs of a dataset: those that run, and what becomes of the rest when it is renamed or removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlite_utils import Database

from rerank_core.store import row_values

_BY_NAME = ("import", "change")
"""The kinds that name their dataset `name`; all others call it `dataset`."""


def running_kinds(db: Database, name: str) -> list[str]:
    """The kinds of the jobs of this dataset that run now."""
    return [kind for _, kind, _, state in _of_dataset(db, name) if state == "running"]


def rename_in_jobs(db: Database, before: str, after: str) -> None:
    """Have jobs speak of the dataset by its new name: a request finds its result again by what it says."""
    for job_id, kind, params, _ in list(_of_dataset(db, before)):
        text = json.dumps({**params, _field(kind): after}, sort_keys=True, ensure_ascii=False)
        db.execute("UPDATE job SET params = ? WHERE id = ?", [text, job_id])


def drop_jobs(db: Database, name: str) -> None:
    """Remove the jobs of this dataset, their results with them; those that wait are never done."""
    for job_id, *_ in list(_of_dataset(db, name)):
        db.execute("DELETE FROM job WHERE id = ?", [job_id])


def _of_dataset(db: Database, name: str) -> Iterator[tuple[int, str, dict[str, Any], str]]:
    for job_id, kind, text, state in db.execute("SELECT id, kind, params, state FROM job ORDER BY id").fetchall():
        try:
            params = row_values.mapping(text)
        except row_values.UNREADABLE:
            continue
        if params.get(_field(kind)) == name:
            yield job_id, kind, params, state


def _field(kind: str) -> str:
    return "name" if kind in _BY_NAME else "dataset"
