"""Rankings of candidates, made once and kept: one query for somebody who looks, many for a whole-set run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rerank_core.errors import CancelledError, NotReadyError, RerankLensError, WorkspaceError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.runs import record_runs
from rerank_core.ranking.first_stages import FirstStages
from rerank_core.ranking.kept_passages import kept_passages
from rerank_core.ranking.libraries import wait_for_import
from rerank_core.ranking.loaded import HELD_SECONDS, Loaded
from rerank_core.ranking.query_writing import made_searches
from rerank_core.ranking.timing.other_work import OtherWork, Used
from rerank_core.ranking.witness import Witness
from rerank_core.rerankers.catalogue.model_key import model_key
from rerank_core.rerankers.family import Reranker
from rerank_core.rerankers.load import load
from rerank_core.rerankers.rerank import from_cache, rerank
from rerank_core.retrieval.engines.first_stage import EngineFirstStage
from rerank_core.retrieval.hybrid import HybridRetriever
from rerank_core.retrieval.settings import Filters, RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.evidence import set_warm
from rerank_core.store.rankings import StoredRanking
from rerank_core.store.scores import StoredScores
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.apply import apply, restricted
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.imported import IMPORTED, imported_ranking
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.types import Doc, Progress, Query, Ranking, no_progress

SERVICE_SCORES_HOLD = 30 * 86400.0
"""Seconds: after a month a service is asked again, its model may be another one under the same name."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query, its candidates and the key they are kept under, and their passages: what all members share."""

    dataset: DatasetRow
    query: Query
    key: str
    candidates: Ranking
    docs: Mapping[str, Doc]
    filters: Filters
    progress: Progress
    anew: bool = False
    """To be timed: no score that is kept is taken."""


class _MissingError(NotReadyError):
    """A model, key or library that is not there yet, in one line."""


class Pipeline:
    """The models that are loaded for one workspace, over its first stages: it lives in the worker, or in a shell verb.

    Not for several threads at once. Everything that it makes is written to the workspace, and is not made again
    while its inputs are the same.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._scorers: Loaded[str, Reranker | None] = Loaded()
        self._scores = StoredScores(workspace)
        self._service_scores = StoredScores(workspace, max_age=SERVICE_SCORES_HOLD)
        self._witness = Witness(workspace)
        self._others = OtherWork()
        self.first_stages = FirstStages(workspace, self._others)

    def retriever(
        self, dataset: DatasetRow, settings: RetrievalSettings, progress: Progress = no_progress, pay: bool = False
    ) -> HybridRetriever | EngineFirstStage:
        """See `FirstStages.retriever`."""
        return self.first_stages.retriever(dataset, settings, progress, pay)

    def candidates(self, experiment: Experiment, query: Query, progress: Progress = no_progress) -> tuple[str, Ranking]:
        """See `FirstStages.candidates`."""
        return self.first_stages.candidates(experiment, query, progress)

    def rank(
        self, experiment: Experiment, query: Query, system: System, progress: Progress = no_progress
    ) -> StoredRanking:
        """A system's ranking of a query's candidates. Its failure is an answer too, with the reason in one line.

        Raises CancelledError where `progress` does, WorkspaceError where the workspace cannot be written; then nothing
        of this ranking is kept.
        """
        try:
            return self._rank_or_raise(experiment, query, system, progress)
        except _MissingError as missing:
            # not kept: once the model, key or library is there, the next request goes well
            return StoredRanking(system.key, None, str(missing))

    def _rank_or_raise(self, experiment: Experiment, query: Query, system: System, progress: Progress) -> StoredRanking:
        """`rank`; raises _MissingError for what is not kept."""
        dataset = experiment.dataset
        key, candidates = self.candidates(experiment, query, progress)
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [key], [system.key]).get(key, {}).get(system.key)
            if kept is not None:
                return kept
            docs = datasets.get_docs(db, dataset.id, candidates.docids)
            datasets.refuse_changed(db, dataset)
        ranking, error = None, ""
        try:
            before = self._others.look()
            asked = _Asked(dataset, query, key, candidates, docs, experiment.settings.filters, progress)
            ranking = self._ranked(system, asked, candidates)
            ranking = replace(ranking, busy=self._busy_since(before, system, ranking))
        except (CancelledError, WorkspaceError):
            raise  # a full disk is no fault of the system's: once there is room, the ranking is made
        except NotReadyError as missing:
            raise _MissingError(_reason(missing)) from missing
        except Exception as failure:
            # one system's fault must not take the others' columns with it, whatever its library raises
            error = _reason(failure)
        with self.workspace.write() as db:
            rankings.put_ranking(db, key, system.key, ranking, error)
        return StoredRanking(system.key, ranking, error)

    def time_again(
        self, experiment: Experiment, query: Query, system: System | None, progress: Progress = no_progress
    ) -> float | None:
        """Time a kept ranking once more, and keep the new seconds in place of the old; None where nothing was timed.

        `system` None: the search. The model is loaded by then and scores every passage; what it keeps of passages, such
        as their vectors, it uses as for any later query. The ranking itself stays. Services and what is kept of no
        ranking are left alone. Raises CancelledError where `progress` does.
        """
        key, candidates = self.candidates(experiment, query, progress)
        if system is None and (experiment.settings.runs() or experiment.settings.is_elsewhere):
            return None  # its seconds are those of another machine, as they were when it was asked
        if system is None:
            retriever = self.retriever(experiment.dataset, experiment.settings, progress)
            settings = experiment.settings
            searches = made_searches(self.workspace, settings, query.text)
            # whatever is read for the first time
            retriever.retrieve(query.qid, query.text, settings, searches=searches)
            before = self._others.look()
            timed = retriever.retrieve(query.qid, query.text, settings, searches=searches)
            busy = self._others.share_since(before)
            for first_stage in (one for one in experiment.systems if one.model.family == FIRST_STAGE):
                self._put_time(key, first_stage.key, timed.seconds, busy)
            return self._put_time(key, "", timed.seconds, busy)
        if any(leaf.model.hosting == "api" for leaf in system.leaves) or system.model.family in (FIRST_STAGE, IMPORTED):
            return None
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [key], [system.key]).get(key, {}).get(system.key)
            docs = datasets.get_docs(db, experiment.dataset.id, candidates.docids)
        if kept is None or kept.ranking is None:
            return None
        self.warm(system)
        asked = _Asked(
            experiment.dataset, query, key, candidates, docs, experiment.settings.filters, progress, anew=True
        )
        before = self._others.look()
        timed = self._ranked(system, asked, candidates)
        return self._put_time(key, system.key, timed.seconds, self._busy_since(before, system, timed))

    def _put_time(self, key: str, system: str, seconds: float | None, busy: float | None) -> float | None:
        with self.workspace.write() as db:
            rankings.put_time(db, key, system, seconds, busy)
            set_warm(db, key, system)
        return seconds

    def _busy_since(self, before: Used | None, system: System, ranking: Ranking) -> float | None:
        """What others had of the machine; None where nothing was timed, or the time is that of somebody's server."""
        if system.model.family == FIRST_STAGE:
            return ranking.busy  # its time is that of the search
        timed_here = ranking.seconds is not None and system.model.hosting == "local"
        return self._others.share_since(before) if timed_here else None

    def run(
        self,
        experiment: Experiment,
        queries: Sequence[Query],
        progress: Progress = no_progress,
        because: Callable[[str, str], None] | None = None,
    ) -> dict[str, int]:
        """Rank `queries` with all systems; what is kept already is not made again, so a run that stopped goes on.

        A system that has then ranked every query of the dataset leaves a run as evidence (`store.runs`). Returns system
        id -> number of queries on which it failed; `because` is told (system id, reason) for each of those. Raises
        CancelledError where `progress` does.
        """
        systems = experiment.systems
        failed = dict.fromkeys(experiment.ids, 0)
        total, done = len(queries) * len(systems), 0
        for query in queries:
            self.first_stages.prepare(experiment, query, progress)
            for system in systems:
                progress(done, total, f"{system.label}: {query.text[:60]}")
                stored = self.witnessed(experiment, query, system, _within(progress, done, total))
                if stored.ranking is None:
                    failed[system.id] += 1
                    if because is not None:
                        because(system.id, stored.error)
                done += 1
        if len(queries) >= experiment.dataset.n_queries:
            record_runs(experiment)
        progress(done, total, "all queries are ranked")
        return failed

    def witnessed(
        self, experiment: Experiment, query: Query, system: System, progress: Progress = no_progress
    ) -> StoredRanking:
        """`rank`, with how the ranking was made written down beside it."""
        before = self._witness.look(experiment, query, system)
        stored = self.rank(experiment, query, system, progress)
        self._witness.note(before, experiment, query, system, stored, self._scorers.get(system.key))
        return stored

    def warm(self, system: System) -> None:
        """Load a system's model, or those of its members, now, so that the first query does not wait for it."""
        for leaf in system.leaves:
            self.scorer(leaf)

    def let_go(self, seconds: float = HELD_SECONDS) -> int:
        """Let go the models and indexes that nobody asked for in so many seconds; return how many those were.

        They are loaded again when they are asked for.
        """
        return self._scorers.let_go(seconds) + self.first_stages.let_go(seconds)

    def _ranked(self, system: System, asked: _Asked, given: Ranking) -> Ranking:
        """What the system makes of `given`: all of `asked.candidates`, or what a cascade left of them."""
        if system.model.family == IMPORTED:
            return imported_ranking(
                self.workspace, asked.dataset, asked.query, system.model, system.settings, system.key
            )
        if system.spec is None or system.problem:
            return self._scored(system, asked, given)
        if isinstance(system.spec, OwnFirstStage):
            return self._over_its_own(system, system.spec, asked)
        members = {member.id: member for member in system.members}

        def rank_member(member: str, part: Ranking) -> Ranking:
            if member == FIRST_STAGE:
                return restricted(asked.candidates, part)
            # a member that ranked all candidates as a column of its own is not paid for twice
            whole = part.docids == asked.candidates.docids and not asked.anew
            kept = self._kept(members[member], asked) if whole else None
            return kept or self._ranked(members[member], asked, part)

        return replace(apply(system.spec, asked.query, given, asked.docs, rank_member), system=system.key)

    def _over_its_own(self, system: System, spec: OwnFirstStage, asked: _Asked) -> Ranking:
        """What the system makes of the candidates that it finds itself, with the filters of the view.

        What ranks these candidates is kept under them too: as a column of its own, or in the matrix, it is not paid for
        twice.
        """
        member = system.members[0]
        own = Experiment(self.workspace, asked.dataset, replace(spec.settings, filters=asked.filters))
        if not asked.anew:
            stored = self._rank_or_raise(own, asked.query, member, asked.progress)
            if stored.ranking is None:
                raise RerankLensError(stored.error)
            return replace(stored.ranking, system=system.key)
        key, found = self.candidates(own, asked.query, asked.progress)
        with self.workspace.open() as db:
            docs = datasets.get_docs(db, asked.dataset.id, found.docids)
        inner = replace(asked, key=key, candidates=found, docs=docs)
        return replace(self._ranked(member, inner, found), system=system.key)

    def _scored(self, system: System, asked: _Asked, given: Ranking) -> Ranking:
        """What a model makes of `given`; the model is loaded only where a score is missing."""
        local = system.model.hosting == "local"
        if local and not asked.anew and not system.problem and self._is_ready_unloaded(system):
            name = model_key(system.model, system.settings)
            if found := from_cache(system.key, asked.query, given, asked.docs, self._scores, name):
                return found
        scorer = self.scorer(system, asked.progress)
        name, told = model_key(system.model, system.settings), _by_label(asked.progress, system)
        scores = None if asked.anew else self._scores if local else self._service_scores
        return rerank(scorer, system.key, asked.query, given, asked.docs, scores, name, told)

    def _is_ready_unloaded(self, system: System) -> bool:
        return system.key not in self._scorers and system.state.ready

    def _kept(self, system: System, asked: _Asked) -> Ranking | None:
        with self.workspace.open() as db:
            kept = rankings.get_rankings(db, [asked.key], [system.key]).get(asked.key, {}).get(system.key)
        return kept.ranking if kept is not None else None

    def scorer(self, system: System, progress: Progress = no_progress) -> Reranker | None:
        """A system's loaded model; None for the first stage as it is and for a composite. Raises NotReadyError."""
        if system.problem:
            raise NotReadyError(f"{system.label}: {system.problem}")
        if system.spec is not None:
            return None
        if system.key not in self._scorers:
            progress(0, 0, f"{system.label}: loading the model")
            if system.model.family != FIRST_STAGE:
                wait_for_import()
            kept = kept_passages(self.workspace, system.model, system.settings)
            # within the turn: a library that loads a model changes torch's defaults for the whole process
            self._scorers[system.key] = load(system.model, system.settings, kept=kept)
        return self._scorers[system.key]


def _within(progress: Progress, run_done: int, run_total: int) -> Progress:
    """Steps inside one ranking tell their own count in the message, and do not move the run's."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(run_done, run_total, f"{message} ({done:,} of {total:,})" if total else message)

    return inner


def _by_label(progress: Progress, system: System) -> Progress:
    """People read a system's label where its key would stand."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(done, total, message.replace(system.key, system.label))

    return inner


def _reason(failure: Exception) -> str:
    """One line for a person. Only our own errors speak for themselves; a foreign text might carry a key or a path."""
    if isinstance(failure, RerankLensError):
        return str(failure).splitlines()[0]
    text = str(failure).strip().splitlines()
    return f"{type(failure).__name__}: {text[0][:160] if text else 'no message'}"
