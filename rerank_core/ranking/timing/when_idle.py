"""Times that were taken while the machine was busy are taken again once it is idle: unasked, once, below all else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from sqlite_utils import Database

from rerank_core.errors import RerankLensError
from rerank_core.experiment import job_requests
from rerank_core.experiment.job_requests import CompareRequest, MeasureRequest, RunRequest
from rerank_core.experiment.measured import BUSY_SHARE
from rerank_core.ranking.timing.other_work import OtherWork, Used
from rerank_core.store import datasets, jobs, rankings
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system

LOOK_SECONDS = 2.0
QUIET_SECONDS = 60.0
"""So long nobody asks for anything and others leave the processors alone, before times are taken again."""
MOST_TIMES = 300
"""More rough times than these are not taken again unasked: that would be an hour of work, and there is a button."""
_MOST_JOBS = 10


class WhenIdle:
    """Asks for times to be taken again when the machine is idle. For the loop that takes jobs: one thread."""

    def __init__(
        self, workspace: Workspace, others: OtherWork | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._workspace, self._others, self._clock = workspace, others or OtherWork(), clock
        self._before: Used | None = None
        self._looked = self._quiet_since = float("-inf")
        self._asked = False

    def work(self) -> None:
        """To be called where a job is taken: whatever it times may be rough, and the waiting begins anew."""
        self._quiet_since, self._asked = float("-inf"), False

    def rest(self) -> None:
        """To be called again and again while there is no job. Does nothing where the system does not tell of others."""
        now = self._clock()
        if self._asked or now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        share, self._before = self._others.share_since(self._before), self._others.look()
        if share is None or share >= BUSY_SHARE:
            self._quiet_since = float("-inf")
        elif self._quiet_since == float("-inf"):
            self._quiet_since = now
        elif now - self._quiet_since >= QUIET_SECONDS:
            self._asked = True
            self._ask()

    def _ask(self) -> None:
        with self._workspace.open() as db:
            request = next(_wanted(db, self._workspace), None)
        if request is not None:
            with self._workspace.write() as db:
                job_requests.submit(db, request)


def _wanted(db: Database, workspace: Workspace) -> Iterator[MeasureRequest]:
    """For what was ranked last, newest first: the request, where some times are rough and none was made since."""
    ranked = [*jobs.recent(db, RunRequest.kind, _MOST_JOBS), *jobs.recent(db, CompareRequest.kind, _MOST_JOBS)]
    seen = set()
    for job in sorted(ranked, key=lambda job: job.id, reverse=True):
        request = _request(job)
        if request is None or (key := json.dumps(request.to_json(), sort_keys=True)) in seen:
            continue
        seen.add(key)
        made = job_requests.latest(db, request)
        if (made is None or made.id < job.id) and 0 < _rough(db, workspace, request) <= MOST_TIMES:
            yield request


def _request(job: Job) -> MeasureRequest | None:
    """To time again what this job ranked; None for one that did not end well, or that this version cannot read."""
    names = ("dataset", "settings", "fingerprint", "systems")
    if job.state != "done" or not set(names) <= job.params.keys():
        return None
    values = {name: job.params[name] for name in names}
    return MeasureRequest(**{**values, "systems": tuple(values["systems"])})


def _rough(db: Database, workspace: Workspace, request: MeasureRequest) -> int:
    """How many times of this experiment are rough; 0 where the passages or a system are no longer so."""
    try:
        dataset = datasets.get_dataset(db, request.dataset)
        keys = [get_system(workspace, name).key for name in request.systems]
    except RerankLensError:
        return 0
    if dataset.fingerprint != request.fingerprint:
        return 0
    return rankings.count_rough(db, dataset.id, request.settings, keys, BUSY_SHARE)
