"""All queries of a dataset as several systems answer them, over the same candidates: what there is by now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.rankings import StoredRanking
from rerank_core.types import Qrels, Query, Ranking

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class WholeSet:
    """Everything that figures over all queries are made from; nothing in it changes.

    `queries`: qid -> query, in their order of import. `qrels`: the grades in force. `candidates`: qid -> docids, best
    first, where they were retrieved. `labels`: system id -> its name for people, in the order of choice. `answers`:
    system id -> qid -> ranking or failure, where there is one.
    """

    queries: Mapping[str, Query]
    qrels: Qrels
    candidates: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    answers: Mapping[str, Mapping[str, StoredRanking]]

    def only(self, qids: Collection[str]) -> WholeSet:
        """The same over those of its queries that are in `qids`, as if there were no others."""
        wanted = set(qids)
        return WholeSet(
            _part(self.queries, wanted),
            _part(self.qrels, wanted),
            _part(self.candidates, wanted),
            self.labels,
            {system: _part(answers, wanted) for system, answers in self.answers.items()},
        )

    def rankings(self, system: str) -> dict[str, Ranking]:
        """qid -> ranking, where the system succeeded."""
        return {qid: answer.ranking for qid, answer in self.answers[system].items() if answer.ranking is not None}

    def ranking(self, system: str, qid: str) -> Ranking:
        """One query's ranking; raises KeyError where the system did not rank it, or failed."""
        ranking = self.answers[system][qid].ranking
        if ranking is None:
            raise KeyError(qid)
        return ranking

    def failures(self, system: str) -> dict[str, str]:
        """qid -> why the system failed on it, in one line."""
        return {qid: answer.error for qid, answer in self.answers[system].items() if answer.ranking is None}

    def off_candidates(self, system: str) -> list[str]:
        """The qids whose ranking holds a passage that is not among the candidates: no fair comparison there."""
        return [
            qid for qid, ranking in self.rankings(system).items()
            if not set(ranking.docids) <= set(self.candidates.get(qid, ()))
        ]  # fmt: skip

    @property
    def own_passages(self) -> tuple[str, ...]:
        """The qids for which a system ranks the passage that has the query's own id, in the order of the queries."""
        by_system = [self.rankings(system) for system in self.labels]
        return tuple(
            qid
            for qid in self.queries
            if any(qid in by_query and qid in by_query[qid].docids for by_query in by_system)
        )

    def without_own_passages(self) -> WholeSet:
        """The same without these passages in rankings and candidates, as BEIR leaves them out; grades stay.

        What stood below moves up by one rank. An answer with nothing left counts 0.
        """
        candidates = {qid: tuple(docid for docid in docids if docid != qid) for qid, docids in self.candidates.items()}
        answers = {
            system: {qid: _without(answer, qid) for qid, answer in by_query.items()}
            for system, by_query in self.answers.items()
        }
        return replace(self, candidates=candidates, answers=answers)


def load_whole_set(experiment: Experiment) -> WholeSet:
    """Read the whole set; nothing is computed and no model is loaded."""
    dataset, systems = experiment.dataset, experiment.systems
    with experiment.workspace.open() as db:
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        keys = experiment.keys(queries.values())
        docids_of = rankings.get_docids(db, keys.values())
        stored = rankings.get_rankings(db, keys.values(), [system.key for system in systems])
        qrels = judgments.qrels(db, dataset.id)
    answers = {
        system.id: {qid: stored[key][system.key] for qid, key in keys.items() if system.key in stored.get(key, {})}
        for system in systems
    }
    candidates = {qid: tuple(docids_of[key]) for qid, key in keys.items() if key in docids_of}
    return WholeSet(queries, qrels, candidates, {system.id: system.label for system in systems}, answers)


def _without(answer: StoredRanking, docid: str) -> StoredRanking:
    if answer.ranking is None or docid not in answer.ranking.docids:
        return answer
    kept = [doc for doc in answer.ranking.docs if doc.docid != docid]
    docs = tuple(replace(doc, rank=rank) for rank, doc in enumerate(kept, 1))
    return replace(answer, ranking=replace(answer.ranking, docs=docs))


def _part(kept: Mapping[str, Kept], qids: Collection[str]) -> dict[str, Kept]:
    return {qid: value for qid, value in kept.items() if qid in qids}
