"""How long each system takes for a query and what 1,000 queries cost, from what was measured while it ranked them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rerank_core.evaluation.cost import cost_on_gpu
from rerank_core.evaluation.latency import Latency, Timed, latencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.measured import is_rough
from rerank_core.experiment.runs import run_latencies, seconds_a_query, staleness
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.rerankers.catalogue.pricing import cost_per_1000
from rerank_core.store import evidence, runs
from rerank_core.systems.systems import System
from rerank_core.types import Query, Ranking


@dataclass(frozen=True, slots=True)
class Efficiency:
    """One system. `stages`: its times, stage by stage, cold and warm apart; empty where nothing was timed.

    `run_id`: the run that they are from; None: no run covers all queries, so they are of single rankings, and nobody
    knows which were cold. `stale`: why that run no longer speaks for the system, "" where it does. `device`: where it
    ran. `service_cost`: US dollars for 1,000 queries by use of a service, None where nothing is paid by use or the
    price is not known. `local`: whether it runs on own hardware. `scoring`: mean seconds per query, warm.
    `rough`: of so many queries the time was taken while the machine was busy with other work.
    """

    label: str
    stages: tuple[Latency, ...]
    run_id: int | None
    stale: str
    device: str
    local: bool
    service_cost: float | None
    scoring: float | None
    rough: int = 0

    @property
    def whole(self) -> Latency | None:
        """Finding and reranking together: warm where that is known, else whatever there is but cold."""
        by_warmth = {stage.warmth: stage for stage in self.stages if stage.stage == "total"}
        return by_warmth.get("warm") or by_warmth.get("not known")

    def cost(self, price_an_hour: float | None) -> float | None:
        """1,000 queries in US dollars: by use, or as a share of a machine's hour that is never idle; None: not known.

        Raises SettingsError for a negative price.
        """
        if not self.local:
            return self.service_cost
        if not price_an_hour or not self.scoring:
            return None
        return cost_on_gpu(price_an_hour, self.scoring)


def efficiencies(experiment: Experiment, whole: WholeSet) -> dict[str, Efficiency]:
    """System id -> its efficiency. `whole`: of the same experiment; its queries are those timed."""
    workspace, systems, settings_key = experiment.workspace, experiment.systems, experiment.settings.key()
    searches = _Searches(experiment, whole.queries.values())
    with workspace.open() as db:
        run_of = {system.id: runs.latest_run(db, experiment.dataset.id, system.id, settings_key) for system in systems}
    result = {}
    for system in systems:
        rankings, run = whole.rankings(system.id), run_of[system.id]
        part = None if run is None else replace(run, queries=tuple(q for q in run.queries if q.qid in whole.queries))
        stages = run_latencies(part) if part is not None else _unwitnessed(system, rankings, searches.of(system))
        result[system.id] = Efficiency(
            label=system.label,
            stages=tuple(stages),
            run_id=run.id if run is not None else None,
            stale=staleness(workspace, run) if run is not None else "",
            device=", ".join(run.devices) if run is not None else "",
            local=system.model.hosting != "api",
            service_cost=cost_per_1000(system.model.id, [ranking.usage for ranking in rankings.values()]),
            scoring=seconds_a_query(part) if part is not None else _mean(stages),
            rough=sum(is_rough(ranking) for ranking in rankings.values()),
        )
    return result


class _Searches:
    """The seconds of the searches that systems have their candidates from; each first stage is read once."""

    def __init__(self, experiment: Experiment, queries: Iterable[Query]) -> None:
        self._experiment, self._queries = experiment, tuple(queries)
        self._kept: dict[str, Mapping[str, float | None]] = {}

    def of(self, system: System) -> Mapping[str, float | None]:
        """qid -> seconds, None where they are not known."""
        found_by = self._experiment.found_by(system)
        name = found_by.settings.key()
        if name not in self._kept:
            keys = found_by.keys(self._queries)
            with found_by.workspace.open() as db:
                seconds = evidence.search_seconds(db, keys.values())
            self._kept[name] = {qid: seconds.get(key) for qid, key in keys.items()}
        return self._kept[name]


def _unwitnessed(
    system: System, rankings: Mapping[str, Ranking], searches: Mapping[str, float | None]
) -> list[Latency]:
    """The times of single rankings."""
    timed: dict[str, list[Timed]] = {"retrieve": [], "score": [], "total": []}
    for qid, ranking in rankings.items():
        search, pairs = searches.get(qid), len(ranking.docs)
        score = ranking.seconds if system.scores else 0.0
        if search is not None:
            timed["retrieve"].append(Timed(search, None, pairs))
        if score is not None and system.scores:
            timed["score"].append(Timed(score, None, pairs))
        if search is not None and score is not None:
            timed["total"].append(Timed(search + score, None, pairs))
    return [latency for stage, times in timed.items() for latency in latencies(stage, times)]


def _mean(stages: Sequence[Latency]) -> float | None:
    return next((stage.mean for stage in stages if stage.stage == "score"), None)
