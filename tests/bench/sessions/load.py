"""Many people at once on one server, with an import, an index build and a run of the worker beside them."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rerank_core.experiment import job_requests
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import ImportRequest, IndexRequest, Request, RunRequest
from rerank_core.retrieval.settings import MAX_DEPTH, MIN_DEPTH, RetrievalSettings
from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.workspace import VARIABLE
from rerank_core.types import Progress, no_progress
from tests.bench.sessions.judging import Seen, Shift, judge
from tests.bench.ui.browsing import ROOT, end, free_port, start_streamlit

LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Plan:
    """How many people grade for how many seconds, with how many seconds between two grades; passages of an import.

    `link`: more of the address that they open. `patience`: seconds after which a tab that waits gives up.
    """

    sessions: int
    seconds: float
    pause: float
    passages: int
    link: Mapping[str, str] = field(default_factory=dict)
    patience: float = 600.0


def put_under_load(
    experiment: Experiment, plan: Plan, folder: Path, progress: Progress = no_progress
) -> dict[str, Any]:
    """Serve the experiment's workspace, put the load on it, and return the figures: times in ms, memory in MB.

    `lost`: acknowledged, and not in the workspace afterwards; `errors`: what pages showed or a tab met, each counted.
    """
    space, dataset = experiment.workspace, experiment.dataset
    with space.open() as db:
        qids = [query.qid for query in datasets.get_queries(db, dataset.id)]
    env, port = {VARIABLE: str(space.path), "HF_HUB_OFFLINE": "1"}, free_port()
    process = start_streamlit(ROOT / "app.py", env, port, folder / "server.log")
    try:
        beside = Beside(experiment, _passages(folder / "more.jsonl", plan.passages))
        link = {"ds": dataset.name, **plan.link}
        work = _all(f"http://127.0.0.1:{port}", link, qids, plan, beside, process.pid, progress)
        # a thread of its own: a browser that is open in this one has a loop already
        with ThreadPoolExecutor(1) as pool:
            seen, memory = pool.submit(asyncio.run, work).result()
    finally:
        end(process)
    return {**figures_of(experiment, seen), "memory": memory, "beside": beside.ended()}


async def _all(
    url: str, link: Mapping[str, str], qids: list[str], plan: Plan, beside: Beside, server: int, progress: Progress
) -> tuple[list[Seen], dict[str, float]]:
    shift = Shift(plan.sessions, plan.seconds)
    people = [
        asyncio.create_task(judge(url, link, number, qids, plan.pause, plan.patience, shift))
        for number in range(plan.sessions)
    ]
    most = {"web": 0.0, "worker": 0.0}
    while not all(one.done() for one in people):
        if shift.begun.is_set():
            await asyncio.to_thread(beside.keep_busy)
        for name, now in _memory(server).items():
            most[name] = max(most[name], now)
        progress(int(plan.seconds - shift.left), int(plan.seconds), f"{plan.sessions} people grade")
        await asyncio.sleep(LOOK_SECONDS)
    return [one.result() for one in people], most


class Beside:
    """One job of each kind at a time, asked for again whenever it has ended: an import, an index build, a run."""

    def __init__(self, experiment: Experiment, passages: Path) -> None:
        self._space, self._experiment, self._passages = experiment.workspace, experiment, passages
        self._open: dict[str, int] = {}
        self._asked: list[int] = []

    def keep_busy(self) -> None:
        """Ask for what does not wait or run."""
        with self._space.open() as db:
            still = {job.id for job in jobs.open_jobs(db)}
        for kind in ("import", "index", "run"):
            if self._open.get(kind) not in still and (request := self._request(kind)) is not None:
                with self._space.write() as db:
                    self._open[kind] = job_requests.submit(db, request)
                self._asked.append(self._open[kind])

    def _request(self, kind: str) -> Request | None:
        number = len(self._asked)
        if kind == "import":
            return ImportRequest(name=f"more {number}", path=str(self._passages), options={})
        with self._space.open() as db:
            imported = [row.name for row in datasets.list_datasets(db) if row.name.startswith("more ")]
        if kind == "index":
            # other numbers of BM25: another index
            settings = RetrievalSettings(retrievers=("bm25",), k1=0.5 + number / 1000)
            return IndexRequest(dataset=imported[-1], settings=settings.to_json()) if imported else None
        depth = MIN_DEPTH + number % (MAX_DEPTH - MIN_DEPTH)
        return RunRequest.of(self._experiment.at_depth(depth))

    def ended(self) -> dict[str, str]:
        """Kind -> how many jobs of it ended how."""
        with self._space.open() as db:
            found = [jobs.get(db, job) for job in self._asked]
        said = {kind: Counter(job.state for job in found if job.kind == kind) for kind in ("import", "index", "run")}
        return {
            kind: ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
            for kind, states in said.items()
        }


def _passages(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            words = " ".join(f"word{(number * step) % 4_999}" for step in range(1, 40))
            file.write(f'{{"_id": "m{number}", "text": "{words}"}}\n')
    return path


def _memory(server: int) -> dict[str, float]:
    """MB that the web process and its children hold now; 0 where the system does not tell."""
    found = {"web": 0.0, "worker": 0.0}
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            pid, parent = int(folder.name), int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            held = int((folder / "statm").read_text().split()[1]) * page
        except (OSError, ValueError, IndexError):
            continue
        if pid == server:
            found["web"] = held
        elif parent == server:
            found["worker"] = held
    return found


def figures_of(experiment: Experiment, seen: list[Seen]) -> dict[str, Any]:
    """What the people saw, put together and looked up in the workspace; see `put_under_load`."""
    with experiment.workspace.open() as db:
        history = judgments.history(db, experiment.dataset.id)
    there = {(row["client_id"], row["judge"], row["seq"], row["qid"], row["docid"], row["grade"]) for row in history}
    kept = [(one.client, one.judge, *grade) for one in seen for grade in one.kept]
    return {
        "sent": sum(len(one.sent) for one in seen),
        "acknowledged": len(kept),
        "lost": sum(grade not in there for grade in kept),
        "errors": dict(Counter(error for one in seen for error in one.errors)),
        "grade by route": spread([time for one in seen for time in one.posts]),
        "grade by websocket": spread([time for one in seen for time in one.by_state]),
        "next query": spread([time for one in seen for time in one.queries]),
    }


def spread(seconds: list[float]) -> dict[str, float]:
    """How many there are, and their median, 95th percentile and largest in milliseconds; 0 where there are none."""
    import numpy as np

    values = np.quantile(seconds, [0.5, 0.95, 1.0]) * 1000 if seconds else np.zeros(3)
    return {"n": len(seconds), **dict(zip(("median", "p95", "max"), values.round(1).tolist(), strict=True))}
