"""One query as several systems answer it, over the same candidates: what the workspace holds of it by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, rankings
from rerank_core.store.rankings import StoredRanking
from rerank_core.systems.systems import System
from rerank_core.types import Doc, Query, Ranking

NOT_HERE = "This passage is not in the dataset."


@dataclass(frozen=True, slots=True)
class Comparison:
    """A query's candidates and the answers to them, by system id and in the systems' order.

    `candidates` is None where they were not retrieved yet. `waiting`: ids of systems without an answer so far.
    `docs`: the passages of all candidates and answers; an imported run may name one that the dataset does not have, and
    then its text says so. `words_only`: these are what words alone find, to look at until the index of meaning is made;
    all systems are still waiting then.
    """

    query: Query
    candidates: Ranking | None
    answers: Mapping[str, StoredRanking]
    waiting: tuple[str, ...]
    docs: Mapping[str, Doc]
    words_only: bool = False

    @property
    def rankings(self) -> dict[str, Ranking]:
        """System id -> ranking, for those that succeeded."""
        return {system: answer.ranking for system, answer in self.answers.items() if answer.ranking is not None}

    @property
    def off_candidates(self) -> tuple[str, ...]:
        """Ids of systems that ranked passages which are not among the candidates: no fair comparison here."""
        known = set(self.candidates.docids) if self.candidates is not None else set()
        return tuple(system for system, ranking in self.rankings.items() if not known.issuperset(ranking.docids))


def load_comparison(experiment: Experiment, query: Query) -> Comparison:
    """Read a comparison; nothing is computed and no model is loaded."""
    key, dataset, systems = experiment.key(query), experiment.dataset, experiment.systems
    with experiment.workspace.open() as db:
        candidates = rankings.get_candidates(db, key)
        stored = rankings.get_rankings(db, [key], [system.key for system in systems]).get(key, {})
        answered = [answer.ranking.docids for answer in stored.values() if answer.ranking is not None]
        docids = dict.fromkeys(chain(candidates.docids if candidates is not None else (), *answered))
        docs = {docid: Doc(docid, NOT_HERE) for docid in docids} | datasets.get_docs(db, dataset.id, list(docids))
    answers = {system.id: stored[system.key] for system in systems if system.key in stored}
    waiting = tuple(system.id for system in systems if system.id not in answers)
    return Comparison(query, candidates, answers, waiting, docs)


def first_look(experiment: Experiment, query: Query) -> Comparison:
    """`load_comparison`; while there are no candidates yet, what words alone find, where that is there already."""
    comparison, by_words = load_comparison(experiment, query), experiment.by_words()
    if comparison.candidates is not None or by_words is None:
        return comparison
    found = load_comparison(by_words, query)
    return replace(found, waiting=experiment.ids, words_only=True) if found.candidates is not None else comparison


def all_rankings(experiment: Experiment, system: System) -> dict[str, Ranking]:
    """Qid -> ranking of one system, for the queries whose candidates it has ranked; failed ones left out."""
    with experiment.workspace.open() as db:
        keys = experiment.keys(datasets.get_queries(db, experiment.dataset.id))
        stored_rankings = rankings.get_rankings(db, keys.values(), [system.key])
    stored = {qid: stored_rankings.get(key, {}).get(system.key) for qid, key in keys.items()}
    return {qid: answer.ranking for qid, answer in stored.items() if answer is not None and answer.ranking is not None}
