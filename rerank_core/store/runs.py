"""Runs as evidence: all queries of a dataset with one system, and everything that made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import row_values
from rerank_core.types import text_hash


@dataclass(frozen=True, slots=True)
class Inputs:
    """What decides the result of a run.

    `fingerprint`: of the passages. `queries`: a hash over all qids and texts. `retrieval`: the key of the retrieval
    settings. `candidates`: a hash over every query's candidate docids in their order. `model`: the text that names the
    model, its revision and all settings that change a score. The device and the libraries' versions are not among them:
    they change a score by rounding only, and stand beside it as facts.
    """

    fingerprint: str
    queries: str
    retrieval: str
    candidates: str
    model: str

    @property
    def key(self) -> str:
        """32 hex digits: alike for equal inputs, in whatever workspace and under whatever name."""
        return text_hash("\x00".join(astuple(self)))


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """One query of a run. None in a number: not measured (a score came from the cache); in a flag: not known.

    `pairs`: how many passages were ranked. `cold`: the first after its model (or index) was loaded. `tokenize_seconds`
    is a part of `score_seconds` and timed for a sample of queries. `usage`: what a service counted, by name.
    """

    qid: str
    pairs: int
    retrieve_seconds: float | None = None
    retrieve_cold: bool | None = None
    score_seconds: float | None = None
    score_cold: bool | None = None
    tokenize_seconds: float | None = None
    usage: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is whole: no query is missing and none failed.

    `settings`: the retrieval settings as JSON; `system_settings` those of the system, by name. `devices` and `versions`
    (library -> version): each that had a part, more than one where the run went on elsewhere. `started` and `finished`:
    when its first and its last ranking was kept, ISO 8601 in UTC. `id` None: not kept yet.
    """

    dataset: str
    system: str
    system_key: str
    inputs: Inputs
    settings: str
    system_settings: Mapping[str, Any]
    devices: tuple[str, ...]
    versions: tuple[Mapping[str, str], ...]
    started: str
    finished: str
    queries: tuple[QueryFacts, ...]
    id: int | None = None

    @property
    def key(self) -> str:
        """The key of its inputs."""
        return self.inputs.key


def stale_reason(run: Run, now: Inputs) -> str:
    """Which input changed since the run, as a sentence; "" where none did. `now`: as the same run would have them."""
    then = run.inputs
    for name, sentence in (
        ("fingerprint", "The dataset's passages changed since."),
        ("queries", "Queries were added or changed since."),
        ("retrieval", "The retrieval settings mean something else since."),
        ("candidates", "The candidates changed since, or are gone."),
        ("model", "The model, its revision or its settings changed since."),
    ):
        if getattr(then, name) != getattr(now, name):
            return sentence
    return ""


def put_run(db: Database, dataset_id: int, run: Run) -> Run:
    """Keep a run and return it with its id; equal inputs are one run, and the one that was kept first stays."""
    facts = {
        "inputs": asdict(run.inputs),
        "settings": run.settings,
        "system_settings": dict(run.system_settings),
        "devices": run.devices,
        "versions": [dict(one) for one in run.versions],
    }
    row = {
        "dataset_id": dataset_id,
        "system": run.system,
        "system_key": run.system_key,
        "key": run.key,
        "facts": json.dumps(facts, ensure_ascii=False),
        "queries": json.dumps([_dump(one) for one in run.queries], ensure_ascii=False, separators=(",", ":")),
        "started": run.started,
        "finished": run.finished,
    }
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT OR IGNORE INTO run ({names}) VALUES ({marks})", row)
    where = "WHERE r.dataset_id = ? AND r.system = ? AND r.key = ?"
    return _runs(db, where, [dataset_id, run.system, run.key])[0]


def drop_run(db: Database, run_id: int) -> None:
    """Remove a run; the rankings that it was put together from stay."""
    db.execute("DELETE FROM run WHERE id = ?", [run_id])


def list_runs(db: Database, dataset_id: int | None = None, system: str | None = None) -> list[Run]:
    """The runs that are kept and can be read, newest first; of one dataset, of one system id, where these are given."""
    where = "WHERE (? IS NULL OR r.dataset_id = ?) AND (? IS NULL OR r.system = ?)"
    return _runs(db, where, [dataset_id, dataset_id, system, system])


def get_run(db: Database, run_id: int) -> Run:
    """A run by its id. Raises NotFoundError."""
    if found := _runs(db, "WHERE r.id = ?", [run_id]):
        return found[0]
    raise NotFoundError(f"There is no run {run_id} in this workspace.")


def latest_run(db: Database, dataset_id: int, system: str, retrieval: str | None = None) -> Run | None:
    """The newest run of a system id on a dataset, None without one; `retrieval`: only of that settings' key."""
    runs = list_runs(db, dataset_id, system)
    return next((run for run in runs if retrieval is None or run.inputs.retrieval == retrieval), None)


def _runs(db: Database, where: str, parameters: list[Any]) -> list[Run]:
    sql = f"SELECT r.*, d.name AS dataset FROM run r JOIN dataset d ON d.id = r.dataset_id {where} ORDER BY r.id DESC"
    return [run for row in db.query(sql, parameters) if (run := _run(row)) is not None]


def unreadable_runs(db: Database) -> list[int]:
    """The ids of the runs that this version cannot read, newest first; a newer version may have written them."""
    sql = "SELECT r.*, d.name AS dataset FROM run r JOIN dataset d ON d.id = r.dataset_id ORDER BY r.id DESC"
    return [int(row["id"]) for row in db.query(sql) if _run(row) is None]


def _run(row: Mapping[str, Any]) -> Run | None:
    try:
        return _read(row)
    except row_values.UNREADABLE:
        return None


def _read(row: Mapping[str, Any]) -> Run:
    facts = row_values.mapping(row["facts"])
    inputs = Inputs(**facts["inputs"])
    inputs.key.isalnum()  # raises where a part of it is no text
    return Run(
        **{name: row_values.text(row[name]) for name in ("dataset", "system", "system_key", "started", "finished")},
        inputs=inputs,
        settings=row_values.text(facts["settings"]),
        system_settings=dict(facts["system_settings"]),
        devices=tuple(map(row_values.text, facts["devices"])),
        versions=tuple(map(dict, facts["versions"])),
        queries=tuple(_query(*one) for one in row_values.listed(row["queries"])),
        id=row["id"],
    )


def _query(
    qid: Any, pairs: Any, found: Any, found_cold: Any, scored: Any, cold: Any, tokenized: Any, usage: Any
) -> QueryFacts:
    times = [row_values.number_or_none(seconds) for seconds in (found, scored, tokenized)]
    counts = {name: row_values.number(value) for name, value in usage.items()}
    return QueryFacts(
        row_values.text(qid), row_values.whole(pairs), times[0], found_cold, times[1], cold, times[2], counts
    )


def _dump(one: QueryFacts) -> list[Any]:
    return [
        one.qid, one.pairs, one.retrieve_seconds, one.retrieve_cold, one.score_seconds, one.score_cold,
        one.tokenize_seconds, dict(one.usage),
    ]  # fmt: skip
