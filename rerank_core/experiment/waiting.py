"""Open work as people read it: how far it is and how long it will take, or what it waits for."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.experiment.job_requests import (
    CanaryRequest,
    ChangeRequest,
    CompareRequest,
    DenseDownloadRequest,
    DepthRequest,
    DownloadRequest,
    ImportRequest,
    IndexRequest,
    InspectRequest,
    LlmAnswersRequest,
    LlmGradeRequest,
    LookRequest,
    MeasureRequest,
    OccludeRequest,
    RecallRequest,
    RefreshRequest,
    RunRequest,
    WarmRequest,
    WriteRequest,
)
from rerank_core.rerankers.catalogue.model import readable_bytes
from rerank_core.store.jobs import FILES, MODELS, NETWORK, PREPARING, STANDING, URGENT, Job

_NAMES = {
    CompareRequest.kind: "a query on {dataset}",
    RunRequest.kind: "ranking all queries of {dataset}",
    RecallRequest.kind: "finding candidates for all queries of {dataset}",
    DepthRequest.kind: "ranking {dataset} at all depths",
    MeasureRequest.kind: "measuring {dataset} again",
    IndexRequest.kind: "preparing {dataset}",
    ImportRequest.kind: "importing {name}",
    ChangeRequest.kind: "changing {name}",
    DownloadRequest.kind: "downloading {system}",
    DenseDownloadRequest.kind: "downloading {model}",
    InspectRequest.kind: "a look at one passage of {dataset}",
    OccludeRequest.kind: "a look at one passage of {dataset}",
    LlmGradeRequest.kind: "a language model grading {dataset}",
    LlmAnswersRequest.kind: "a language model answering on {dataset}",
    WriteRequest.kind: "a language model writing queries for {dataset}",
    LookRequest.kind: "a look at a search engine",
    RefreshRequest.kind: "asking the engine of {dataset} again",
    CanaryRequest.kind: "scoring the canary of {system}",
    WarmRequest.kind: "loading the models",
}
_WHOLE_SETS = (RunRequest.kind, RecallRequest.kind, DepthRequest.kind)


def name_of(job: Job) -> str:
    """What a job does, as a part of a sentence: "preparing clinical-kb", "a query on demo"."""
    if job.doing == PREPARING and "dataset" in job.params:
        return f"preparing {job.params['dataset']}"
    named = {part: str(job.params.get(part, "…")) for part in ("dataset", "name", "system", "model")}
    return _NAMES.get(job.kind, job.kind).format(**named)


def is_working(job: Job) -> bool:
    """Whether it goes on now; else it waits until it is taken up, or for its turn with the models."""
    return job.state == "running" and job.doing != STANDING


def ahead_of(job: Job, open_jobs: Sequence[Job]) -> list[Job]:
    """What has to end, or to make room, before `job` goes on: what works now first, then what waits before it.

    `open_jobs`: all of the workspace. [] for a job that works, and where nothing is in its way.
    """
    if is_working(job):
        return []
    lanes = {FILES: (FILES,), NETWORK: (NETWORK,)}.get(job.lane, (URGENT, MODELS))
    others = [other for other in open_jobs if other.id != job.id and other.lane in lanes]
    working = [other for other in others if is_working(other) and not _gives_way(other, job)]
    before = [
        other
        for other in others
        if not is_working(other) and other.lane == job.lane and other.id < job.id and job.lane != URGENT
    ]
    return [*working, *before]


def _gives_way(other: Job, job: Job) -> bool:
    """Whether `other` lets `job` in at its next step; then it is no line to stand in."""
    return job.urgent and job.state == "waiting" and (not other.urgent or other.doing == PREPARING)


def sentence(job: Job, open_jobs: Sequence[Job]) -> str:
    """How far a job is, or what it waits for: plain text, which may hold names and queries of the user's."""
    return _progress(job) if is_working(job) else _line(ahead_of(job, open_jobs))


def _line(ahead: Sequence[Job]) -> str:
    if not ahead:
        return "Starting"
    more = f" and {len(ahead) - 1} more" if len(ahead) > 1 else ""
    lefts = [other.seconds_left for other in ahead]
    known = [left for left in lefts if left is not None]
    length = f", {about(sum(known))}" if len(known) == len(lefts) else ""
    return f'In line behind "{name_of(ahead[0])}"{more}{length}'


def _progress(job: Job) -> str:
    left = f", {about(job.seconds_left)} left" if job.seconds_left is not None and job.done < job.total else ""
    whole_set = job.kind in _WHOLE_SETS and job.doing != PREPARING
    head = _sentence_case(name_of(job)) if whole_set or not job.message else job.message
    count = f": {_count(job)}" if job.total else ""
    now = f" · {job.message}" if whole_set and job.message else ""
    return f"{head}{count}{left}{now}"


def _count(job: Job) -> str:
    if job.kind in (DownloadRequest.kind, DenseDownloadRequest.kind):
        return f"{readable_bytes(job.done)} of {readable_bytes(job.total)}"
    unit = " passages" if job.doing == PREPARING else " systems" if job.kind == CompareRequest.kind else ""
    return f"{job.done:,} of {job.total:,}{unit}"


def about(seconds: float) -> str:
    """A length of time, no more exact than it is known: "a few seconds", "about 20 s", "about 6 min"."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 90:
        return f"about {5 * round(seconds / 5)} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"


def _sentence_case(text: str) -> str:
    return text[:1].upper() + text[1:]
