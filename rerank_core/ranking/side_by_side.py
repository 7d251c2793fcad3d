"""One query for somebody who looks: no column waits for another one's slow server."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait

from rerank_core.errors import CancelledError
from rerank_core.experiment.experiment import Experiment
from rerank_core.inference.caller import caller
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Progress, Query, no_progress

LOOK_SECONDS = 0.1


def rank_side_by_side(
    pipeline: Pipeline, experiment: Experiment, query: Query, progress: Progress = no_progress
) -> dict[str, int]:
    """Rank a query with all systems; each answer is kept as soon as it is there.

    Systems that run on somebody else's server wait in threads of their own, beside the local ones, which take turns on
    this machine; those that are local in part come last. Returns system id -> 1 where it failed, else 0. Raises
    CancelledError where `progress` does; a request that is under way then ends by itself.
    """
    _rank_by_words_first(pipeline, experiment, query, progress)
    pipeline.candidates(experiment, query, progress)
    systems = experiment.systems
    remote = [system for system in systems if _hosts(system) == {"api"}]
    local = sorted((one for one in systems if one not in remote), key=lambda one: "api" in _hosts(one))
    stopped = threading.Event()
    pool = ThreadPoolExecutor(max(1, len(remote)), thread_name_prefix="server")
    asked = {
        system.id: pool.submit(pipeline.witnessed, experiment, query, system, _unless(stopped)) for system in remote
    }
    try:
        failed = pipeline.run(experiment.with_systems(local), [query], progress)
        while waiting := [future for future in asked.values() if not future.done()]:
            progress(len(systems) - len(waiting), len(systems), "waiting for a server")
            with caller().aside():
                wait(waiting, LOOK_SECONDS)
        return failed | {system: int(future.result().ranking is None) for system, future in asked.items()}
    finally:
        stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _rank_by_words_first(pipeline: Pipeline, experiment: Experiment, query: Query, progress: Progress) -> None:
    """Something to look at while meaning is still waited for: what words alone find.

    While an index is made, which may take long, ranked by all systems of this machine, as what services answer is paid
    for; while the model is read, which takes seconds, as they were found. Nothing where meaning is there at once.
    """
    by_words = experiment.by_words()
    wait_for = pipeline.first_stages.waits_for(experiment, query) if by_words is not None else ""
    if by_words is None or not wait_for:
        return
    pipeline.candidates(by_words, query, progress)
    local = [system for system in experiment.systems if _hosts(system) == {"local"}]
    if wait_for == "model":
        local = [system for system in local if system.model.family == FIRST_STAGE]
    pipeline.run(by_words.with_systems(local), [query], progress)


def _hosts(system: System) -> set[str]:
    """Where the models run that a system is made of: "local", "api" or both."""
    return {leaf.model.hosting for leaf in system.leaves}


def _unless(stopped: threading.Event) -> Progress:
    """A Progress for a thread: it tells nobody, and stops the thread's work once the others have ended."""

    def look(done: int, total: int, message: str = "") -> None:
        if stopped.is_set():
            raise CancelledError("stopped on request")

    return look
