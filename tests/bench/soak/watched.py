"""What two processes and a workspace take, looked at from outside: memory, open files, and the sizes of files."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, fields
from pathlib import Path

from rerank_core.store.workspace import Workspace

MIB = 2**20


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `seconds`: since the start; memory and files in MiB, descriptors counted; None: it was not there.

    `web`, `worker`: memory of their own (USS: what ends with them), without files that are only mapped. `kept`: the
    data files of what models made of passages. `rows`: of the workspace's tables that grow by themselves.
    """

    seconds: float
    web: float | None
    worker: float | None
    web_handles: int | None
    worker_handles: int | None
    workspace: float
    wal: float
    logs: float
    kept: float
    rows: Mapping[str, int]


NUMBERS = tuple(field.name for field in fields(Look) if field.name not in ("seconds", "rows"))
_GROW = ("job", "vector", "score", "idle_event", "judgment", "query", "candidates", "ranking", "dataset")


def look(workspace: Workspace, web: int, log: Path, started: float) -> Look:
    """Look at the web process `web` (a pid), its worker, and the files."""
    worker = next((pid for pid in children(web) if "rerank_core.ranking.worker" in _command(pid)), None)
    path = workspace.path
    logs = [log, path.with_name(f"{path.name}.worker.log")]
    return Look(
        time.monotonic() - started,
        _own_memory(web),
        _own_memory(worker) if worker is not None else None,
        _handles(web),
        _handles(worker) if worker is not None else None,
        _size(path),
        _size(path.with_name(f"{path.name}-wal")),
        sum(_size(one) for one in logs),
        sum(_size(one) for one in (workspace.index_folder / "passages").glob("*.bin")),
        _rows(path),
    )


def _rows(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        return {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in _GROW}


def children(pid: int) -> Iterator[int]:
    """The processes that this one has started."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        yield from map(int, task.read_text().split())


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def _own_memory(pid: int) -> float | None:
    """Private memory that is no file: a mapped file's pages belong to the system, which takes them back at need."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    kib = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines[1:])}
    return kib["Anonymous"] / 1024


def _handles(pid: int) -> int | None:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return None


def _size(path: Path) -> float:
    try:
        return path.stat().st_size / MIB
    except OSError:
        return 0.0
