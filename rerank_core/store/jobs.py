"""Long work as rows: pages write a job and watch it; the worker takes it and tells where it stands."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotFoundError
from rerank_core.store import bell, row_values
from rerank_core.store.workspace import now

WORKING, STANDING, PREPARING = DOING = ("", "standing", "preparing")
"""It works; it waits for its turn with the models; it makes an index, or waits for one that another job makes."""
URGENT, MODELS, FILES, NETWORK = LANES = ("urgent", "models", "files", "network")
"""Jobs of different lanes are done side by side; in a lane but the urgent one there is one at a time."""
_OF_LANE = {FILES: ("import", "change"), NETWORK: ("download", "dense-download", "llm-grade", "write")}


def lane(kind: str, urgent: bool = False) -> str:
    """The lane of a job: what only reads files, or waits for a network, does not wait for the models."""
    return next((name for name, kinds in _OF_LANE.items() if kind in kinds), URGENT if urgent else MODELS)


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work. `total` 0 means that nobody knows yet; `message` is for people; `result` once it is done.

    `urgent`: somebody is looking at the screen. `doing`: of a running job, one of `DOING`. `seconds_left`: by its own
    pace so far, without what it stands still; None: nobody knows yet. `problem`: why this version cannot make out what
    is asked, "": it can; then `params` is empty.
    """

    id: int
    kind: str
    params: dict[str, Any]
    urgent: bool
    state: str
    done: int
    total: int
    message: str
    cancel: bool
    result: dict[str, Any]
    doing: str = ""
    seconds_left: float | None = None
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def lane(self) -> str:
        """The one of `LANES` that it waits in."""
        return lane(self.kind, self.urgent)


def submit(db: Database, kind: str, params: Mapping[str, Any], urgent: bool = False) -> int:
    """Ask for work and return the job's id; an open job of the same kind and params serves both askers.

    Urgent jobs go before the others, and between the steps of a running one. Inside `Workspace.write()` the worker is
    woken once the job is committed.
    """
    text = json.dumps(params, sort_keys=True, ensure_ascii=False)
    sql = "SELECT id FROM job WHERE kind = ? AND params = ? AND state IN ('waiting', 'running') AND cancel = 0"
    if row := db.execute(sql, [kind, text]).fetchone():
        return int(row[0])
    cursor = db.execute(
        "INSERT INTO job (kind, params, urgent, state, created_at) VALUES (?, ?, ?, 'waiting', ?)",
        [kind, text, int(urgent), now()],
    )
    bell.ring_after(db)
    return int(cursor.lastrowid or 0)


def take(db: Database, lanes: Collection[str] = LANES) -> Job | None:
    """The next waiting job of these lanes, now marked as running; None without one.

    To be called inside `Workspace.write()`.
    """
    found = _first_waiting(db, lanes)
    if found is None:
        return None
    sql = """UPDATE job SET state = 'running', attempts = attempts + 1, heartbeat = ?, doing = '', seconds_left = NULL
             WHERE id = ?"""
    db.execute(sql, [time.time(), found])
    return get(db, found)


def any_waiting(db: Database, lanes: Collection[str] = LANES) -> bool:
    """Whether `take` would find a job."""
    return _first_waiting(db, lanes) is not None


def _first_waiting(db: Database, lanes: Collection[str]) -> int | None:
    rows = db.execute("SELECT id, kind, urgent FROM job WHERE state = 'waiting' ORDER BY urgent DESC, id")
    return next((int(row[0]) for row in rows if lane(row[1], bool(row[2])) in lanes), None)


def tell(
    db: Database,
    job_id: int,
    done: int,
    total: int,
    message: str,
    doing: str = WORKING,
    seconds_left: float | None = None,
) -> bool:
    """Write where a job stands; return whether somebody asked to stop it."""
    sql = "UPDATE job SET done = ?, total = ?, message = ?, doing = ?, seconds_left = ?, heartbeat = ? WHERE id = ?"
    db.execute(sql, [done, total, message, doing, seconds_left, time.time(), job_id])
    return _is_cancelled(db, job_id)


def stand(db: Database, job_id: int) -> bool:
    """Write that a running job waits for its turn; return whether somebody asked to stop it."""
    db.execute("UPDATE job SET doing = ?, heartbeat = ? WHERE id = ?", [STANDING, time.time(), job_id])
    return _is_cancelled(db, job_id)


def _is_cancelled(db: Database, job_id: int) -> bool:
    return bool(db.execute("SELECT cancel FROM job WHERE id = ?", [job_id]).fetchone()[0])


def finish(db: Database, job_id: int, state: str, message: str = "", result: Mapping[str, Any] | None = None) -> None:
    """End a job as done, failed or cancelled."""
    text = json.dumps(result or {}, ensure_ascii=False)
    db.execute("UPDATE job SET state = ?, message = ?, result = ? WHERE id = ?", [state, message, text, job_id])


def cancel(db: Database, job_id: int) -> None:
    """Ask a job to stop: a waiting one ends now, a running one at its next step."""
    db.execute("UPDATE job SET cancel = 1 WHERE id = ?", [job_id])
    db.execute("UPDATE job SET state = 'cancelled', message = 'stopped' WHERE id = ? AND state = 'waiting'", [job_id])


MOST_ATTEMPTS = 2
_GIVEN_UP = (
    "The worker ended twice in the middle of this, perhaps for want of memory; its log has what is known. "
    "It is not tried again unless you ask for it."
)


def requeue_interrupted(db: Database) -> None:
    """Put back what workers left running that are gone; to be called by the one worker there is, as it starts.

    What somebody asked to stop is cancelled, and what was taken up twice has failed. Clocks play no part.
    """
    stopped = "UPDATE job SET state = 'cancelled', message = 'stopped' WHERE state = 'running' AND cancel = 1"
    given_up = "UPDATE job SET state = 'failed', message = ? WHERE state = 'running' AND attempts >= ?"
    db.execute(stopped)
    db.execute(given_up, [_GIVEN_UP, MOST_ATTEMPTS])
    db.execute("UPDATE job SET state = 'waiting' WHERE state = 'running'")


def give_back(db: Database) -> None:
    """Put back all that runs, uncounted: its worker ends in good order."""
    db.execute("UPDATE job SET state = 'waiting', attempts = max(0, attempts - 1) WHERE state = 'running'")


def get(db: Database, job_id: int) -> Job:
    """A job by its id. Raises NotFoundError."""
    for row in db.query("SELECT * FROM job WHERE id = ?", [job_id]):
        return _job(row)
    raise NotFoundError(f"There is no job {job_id} in this workspace.")


def open_jobs(db: Database, kind: str | None = None) -> list[Job]:
    """Jobs that wait or run, oldest first."""
    rows = db.query("SELECT * FROM job WHERE state IN ('waiting', 'running') ORDER BY id")
    return [job for job in map(_job, rows) if kind is None or job.kind == kind]


def latest(db: Database, kind: str, params: Mapping[str, Any]) -> Job | None:
    """The newest job of this kind with just these params, in whatever state; None without one."""
    text = json.dumps(params, sort_keys=True, ensure_ascii=False)
    for row in db.query("SELECT * FROM job WHERE kind = ? AND params = ? ORDER BY id DESC LIMIT 1", [kind, text]):
        return _job(row)
    return None


def recent(db: Database, kind: str, most: int = 20) -> list[Job]:
    """The newest jobs of this kind, in whatever state, newest first."""
    return [_job(row) for row in db.query("SELECT * FROM job WHERE kind = ? ORDER BY id DESC LIMIT ?", [kind, most])]


def _job(row: dict[str, Any]) -> Job:
    params, problem = _object(row["params"])
    return Job(
        id=row["id"],
        kind=str(row["kind"]),
        params=params,
        urgent=bool(row["urgent"]),
        state=row["state"],
        done=_count(row["done"]),
        total=_count(row["total"]),
        message=row["message"] if isinstance(row["message"], str) else row_values.shown(row["message"]),
        cancel=bool(row["cancel"]),
        result=_object(row["result"])[0],
        doing=row["doing"] if row["state"] == "running" and row["doing"] in DOING else WORKING,
        seconds_left=_seconds(row["seconds_left"]) if row["state"] == "running" else None,
        problem=problem,
    )


def _object(value: Any) -> tuple[dict[str, Any], str]:
    try:
        return row_values.mapping(value), ""
    except row_values.UNREADABLE:
        return {}, f"This job is not known to this version: it reads {row_values.shown(value)}."


def _count(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def _seconds(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and 0 <= value < 2**53 else None
