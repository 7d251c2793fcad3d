"""Scores pairs on the machines of a Ray cluster; this process alone writes them into the workspace.

Each worker is a Ray actor that holds one model. What it scores is put among the kept scores, so that the run that
follows makes its rankings of them here, by the one code that makes them: order, ties and tokens cut are the same.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rerank_core.errors import NotReadyError, RerankLensError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.catalogue.model import Model
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import score_checked
from rerank_core.store import datasets
from rerank_core.store.scores import StoredScores
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Progress, Query, no_progress, text_hash

LOCAL = "local"
EXTRA = 'pip install "rerank-lens[ray]"'
SHARD = 128
"""Texts of one query that are sent at once: a multiple of the batches of every model, so that they are the same."""
AHEAD = 2
"""Shards that a worker has at a time: it need not wait for the next one."""
MOST_DEATHS = 5
"""Workers that may die one after the other without a shard between them."""
_LOOK = 0.5  # seconds after which a stop is heard


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where pairs are scored. `address`: "local", or "ray://host:10001". `gpus`: of each worker, parts too.

    Raises SettingsError for what is no address, and for no worker.
    """

    address: str = LOCAL
    workers: int = 2
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if self.address != LOCAL and not self.address.startswith("ray://"):
            raise SettingsError(f"A cluster is '{LOCAL}' or ray://HOST:10001, not {self.address[:80]!r}.")
        if not 1 <= self.workers <= 1000 or self.gpus < 0:
            raise SettingsError("A cluster has 1 to 1,000 workers, with 0 GPUs or more for each.")


@dataclass(frozen=True, slots=True)
class Shard:
    """Texts of one query, by their hashes."""

    query: str
    keys: tuple[str, ...]
    texts: tuple[str, ...]


class PairScorer:
    """What a worker is: one model, loaded where it runs. The weights must lie there as they lie here."""

    def __init__(self, model: Model, settings: Mapping[str, Any]) -> None:
        loaded = load(model, settings)
        if not isinstance(loaded, Scorer) or loaded.together:
            raise SettingsError(f"{model.label} gives no scores that hold for each pair alone.")
        self._scorer = loaded

    def score(self, shard: Shard) -> list[tuple[float, int]]:
        """(raw score, tokens cut) of each text."""
        step = self._scorer.chunk or len(shard.texts)
        found: list[tuple[float, int]] = []
        for at in range(0, len(shard.texts), step):
            found += score_checked(self._scorer, "a worker", shard.query, shard.texts[at : at + step])
        return found


def score_on_cluster(
    pipeline: Pipeline,
    experiment: Experiment,
    queries: Sequence[Query],
    cluster: Cluster,
    progress: Progress = no_progress,
    worker: type[Any] | None = None,
) -> int:
    """Have the cluster score what is not scored yet by the experiment's local models; how many pairs that were.

    Systems that are made of others, services and what gives an order are left to the run. Progress counts a query with
    a system. A worker that dies is replaced, and what it had not answered is asked again: each pair is kept once.
    Raises NotReadyError without the extra or where a worker has no model, RerankLensError where workers die again and
    again or a model fails, CancelledError where `progress` does: what was answered until then is kept, and the next
    call goes on from there. A cluster that this process is connected to already is used, and stays. `worker`: what a
    worker is, None: a `PairScorer`.
    """
    systems = [one for one in experiment.systems if _is_scored_there(one)]
    total, scored = len(systems) * len(queries), 0
    if not systems or not queries:
        return 0
    with _connected(cluster) as ray:
        for place, system in enumerate(systems):
            told = _part(progress, place * len(queries), total, f"{system.label} on {cluster.address}")
            work = _Work(pipeline, experiment, system, StoredScores(pipeline.workspace), told)
            scored += _Workers(ray, cluster, system, worker or PairScorer).run(work, queries)
    return scored


def _part(progress: Progress, before: int, whole: int, what: str) -> Progress:
    """One system's queries as a part of all."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(before + done, whole, what + message)

    return inner


def _is_scored_there(system: System) -> bool:
    is_model = system.spec is None and not system.problem and system.model.family != FIRST_STAGE
    return is_model and system.model.hosting == "local" and system.state.ready


@contextmanager
def _connected(cluster: Cluster) -> Iterator[Any]:
    try:
        import ray
    except ImportError as error:
        raise NotReadyError(f"A Ray cluster needs a library: {EXTRA}") from error
    if ray.is_initialized():
        yield ray
        return
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if cluster.address == LOCAL:
        options |= {"num_cpus": cluster.workers, "include_dashboard": False}
    else:
        options["address"] = cluster.address
    try:
        ray.init(**options)
    except Exception as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise RerankLensError(f"The cluster at {cluster.address} cannot be reached: {reason}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


@dataclass
class _Work:
    """What one system has to score, and where it is kept."""

    pipeline: Pipeline
    experiment: Experiment
    system: System
    scores: StoredScores
    progress: Progress
    done: int = 0
    pairs: int = 0
    _open: dict[str, int] = field(default_factory=dict)  # query's text -> shards that are not answered

    @property
    def key(self) -> str:
        """Under what the model's scores are kept."""
        return model_key(self.system.model, self.system.settings)

    def shards(self, queries: Sequence[Query]) -> Iterator[Shard]:
        """What is not kept, query by query: its candidates are found here, first."""
        seen: set[str] = set()
        for query in queries:
            if query.text in seen:
                self.done += 1  # what a query of the same text has scored is found again
                continue
            seen.add(query.text)
            texts = self._missing(query)
            # like lengths share a batch, as in `rerank`
            keys = sorted(texts, key=lambda key: (-len(texts[key]), key))
            parts = [keys[at : at + SHARD] for at in range(0, len(keys), SHARD)]
            self._open[query.text] = len(parts)
            if not parts:
                self.done += 1
            for part in parts:
                yield Shard(query.text, tuple(part), tuple(texts[key] for key in part))

    def keep(self, shard: Shard, found: Sequence[tuple[float, int]]) -> None:
        """Write down what a worker answered."""
        self.scores.put_many(self.key, text_hash(shard.query), dict(zip(shard.keys, found, strict=True)))
        self.pairs += len(shard.keys)
        self._open[shard.query] -= 1
        self.done += not self._open[shard.query]

    def _missing(self, query: Query) -> dict[str, str]:
        _, candidates = self.pipeline.candidates(self.experiment, query)
        with self.pipeline.workspace.open() as db:
            docs = datasets.get_docs(db, self.experiment.dataset.id, candidates.docids)
        texts = {doc.text_hash: doc.content for doc in docs.values()}
        known = self.scores.get_many(self.key, text_hash(query.text), list(texts)) if texts else {}
        return {key: text for key, text in texts.items() if key not in known}


class _Workers:
    """The actors of one system. Whoever leaves `run` ends them."""

    def __init__(self, ray: Any, cluster: Cluster, system: System, worker: type[Any]) -> None:
        self._ray, self._cluster, self._system = ray, cluster, system
        self._actor_class = ray.remote(num_cpus=1, num_gpus=cluster.gpus)(worker)
        self._actors: list[Any] = []
        self._under_way: dict[Any, tuple[int, Shard]] = {}  # answer to come -> (place of the actor, shard)
        self._again: deque[Shard] = deque()
        self._deaths = 0

    def run(self, work: _Work, queries: Sequence[Query]) -> int:
        """Score all of the work; how many pairs that were."""
        left = work.shards(queries)
        try:
            while True:
                self._hand_out(left)
                work.progress(work.done, len(queries), f", {work.pairs:,} pairs scored")
                if not self._under_way:
                    return work.pairs
                ready, _ = self._ray.wait(list(self._under_way), num_returns=1, timeout=_LOOK)
                for answer in ready:
                    self._take(answer, work)
        finally:
            for actor in self._actors:
                self._ray.kill(actor)

    def _hand_out(self, left: Iterator[Shard]) -> None:
        while len(self._under_way) < AHEAD * self._cluster.workers:
            shard = self._again.popleft() if self._again else next(left, None)
            if shard is None:
                return
            place = self._least_busy()
            self._under_way[self._actors[place].score.remote(shard)] = (place, shard)

    def _least_busy(self) -> int:
        """The place of the actor with the fewest shards; a new one as long as there are fewer than were asked for."""
        if len(self._actors) < self._cluster.workers:
            self._actors.append(self._new())
            return len(self._actors) - 1
        busy = [place for place, _ in self._under_way.values()]
        return min(range(len(self._actors)), key=busy.count)

    def _new(self) -> Any:
        return self._actor_class.remote(self._system.model, dict(self._system.settings))

    def _take(self, answer: Any, work: _Work) -> None:
        place, shard = self._under_way.pop(answer)
        try:
            found = self._ray.get(answer)
        except self._ray.exceptions.RayActorError as error:
            self._replace(place, shard, error)
            return
        except self._ray.exceptions.RayError as error:
            raise RerankLensError(f"{self._system.label} on {self._cluster.address}: {_reason(error)}") from error
        self._deaths = 0
        work.keep(shard, found)

    def _replace(self, place: int, shard: Shard, error: Exception) -> None:
        """Put another actor in the place of a dead one, once, and what it had not answered back into the queue."""
        cause = getattr(error, "cause", None) or error.__cause__
        if isinstance(cause, RerankLensError):  # it died of what it cannot load, as every other one would
            raise NotReadyError(f"{self._system.label} on {self._cluster.address}: {cause}") from error
        self._deaths += 1
        if self._deaths > MOST_DEATHS * self._cluster.workers:
            raise RerankLensError(
                f"{self._system.label} on {self._cluster.address}: workers die one after the other: {_reason(error)}"
            ) from error
        self._again.append(shard)
        lost = [one for one, (its_place, _) in self._under_way.items() if its_place == place]
        self._again.extend(self._under_way.pop(one)[1] for one in lost)
        self._actors[place] = self._new()


def _reason(error: Exception) -> str:
    """The last line that says something: Ray puts the worker's traceback before it."""
    cause = getattr(error, "cause", None)
    lines = str(cause or error).strip().splitlines()
    return next((line.strip()[:200] for line in reversed(lines) if line.strip()), type(error).__name__)
