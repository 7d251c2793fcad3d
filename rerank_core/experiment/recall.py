"""Recall of the candidates at several depths: what a reranker cannot mend."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from rerank_core.evaluation.oracle import recall_ceiling
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace

DEPTHS = (10, 20, 50, 100, 200)


def at_depth(settings: RetrievalSettings, depth: int) -> RetrievalSettings:
    """The same settings at another depth. Not a prefix: each retriever is asked for as many as the depth says."""
    return replace(settings, depth=depth)


def recall_by_depth(
    workspace: Workspace,
    dataset: DatasetRow,
    settings: RetrievalSettings,
    depths: Sequence[int] = DEPTHS,
    level: int = 1,
    only: Collection[str] | None = None,
) -> tuple[dict[int, float], int]:
    """Depth -> mean recall of the candidates that were retrieved at that depth, and over how many queries.

    Over the queries that have a passage of grade >= `level` (of `only`, where it is given); a depth at which one of
    them was not retrieved yet is left out. ({}, 0) where nothing is graded.
    """
    with workspace.open() as db:
        labels = judgments.qrels(db, dataset.id)
        queries = datasets.get_queries(db, dataset.id)
        texts = {query.qid: query.text for query in queries if only is None or query.qid in only}
        relevant = {qid: own for qid, own in labels.items() if qid in texts and any(g >= level for g in own.values())}
        means = {}
        for depth in depths:
            settings_key = at_depth(settings, depth).key()
            keys = {qid: candidates_key(dataset.fingerprint, settings_key, texts[qid]) for qid in relevant}
            values = _recalls(rankings.get_docids(db, keys.values()), keys, relevant, depth, level)
            if relevant and len(values) == len(relevant):
                means[depth] = sum(values) / len(values)
    return means, len(relevant)


def _recalls(
    found: Mapping[str, Sequence[str]],
    keys: Mapping[str, str],
    relevant: Mapping[str, Mapping[str, int]],
    depth: int,
    level: int,
) -> list[float]:
    values = []
    for qid, grades in relevant.items():
        if keys[qid] in found:
            ceiling = recall_ceiling(found[keys[qid]], grades, [depth], level)
            values += [] if ceiling is None else [ceiling[depth]]
    return values
