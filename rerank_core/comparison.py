"""One query as several systems answer it, over the same candidates: what the workspace holds of it by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import StoredRanking, candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems import System
from rerank_core.types import Doc, Query, Ranking


@dataclass(frozen=True, slots=True)
class Comparison:
    """A query's candidates and the answers to them, by system id and in the systems' order.

    `candidates` is None where they were not retrieved yet. `waiting`: ids of systems without an answer so far.
    `docs`: the passages of all candidates.
    """

    query: Query
    candidates: Ranking | None
    answers: Mapping[str, StoredRanking]
    waiting: tuple[str, ...]
    docs: Mapping[str, Doc]

    @property
    def rankings(self) -> dict[str, Ranking]:
        """System id -> ranking, for those that succeeded."""
        return {system: answer.ranking for system, answer in self.answers.items() if answer.ranking is not None}


def load_comparison(
    workspace: Workspace, dataset: DatasetRow, query: Query, settings: RetrievalSettings, systems: Sequence[System]
) -> Comparison:
    """Read a comparison; nothing is computed and no model is loaded."""
    key = candidates_key(dataset.fingerprint, settings.key(), query.text)
    with workspace.open() as db:
        candidates = rankings.get_candidates(db, key)
        stored = rankings.get_rankings(db, [key], [system.key for system in systems]).get(key, {})
        docs = datasets.get_docs(db, dataset.id, candidates.docids if candidates is not None else ())
    answers = {system.id: stored[system.key] for system in systems if system.key in stored}
    waiting = tuple(system.id for system in systems if system.id not in answers)
    return Comparison(query, candidates, answers, waiting, docs)
