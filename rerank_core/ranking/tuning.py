"""Makes what a search of settings reads: every list on its own, and the scores of all passages that one holds."""

from __future__ import annotations

from collections import Counter

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, judgments
from rerank_core.tuning.inputs import list_experiments, models_of, pool_experiments, searched
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.types import Progress, no_progress


def rank_pool(
    pipeline: Pipeline, experiment: Experiment, space: SearchSpace, progress: Progress = no_progress
) -> dict[str, int]:
    """Retrieve and rank what is missing for the graded queries; what is kept is not made again.

    Returns system id -> queries on which it failed. Raises SettingsError for a system whose scores cannot be searched,
    CancelledError where `progress` does: a search that was stopped goes on where it was.
    """
    models = models_of(searched(experiment.systems))
    lists = list_experiments(experiment, space)
    with experiment.workspace.open() as db:
        graded = judgments.qrels(db, experiment.dataset.id)
        queries = [query for query in datasets.get_queries(db, experiment.dataset.id) if graded.get(query.qid)]
    for done, query in enumerate(queries):
        progress(done, len(queries), f"lists: {query.text[:60]}")
        for one in lists.values():
            pipeline.candidates(one, query)
    failed: Counter[str] = Counter()
    for pool in pool_experiments(experiment, space, models) if models else ():
        failed.update(pipeline.run(pool, queries, progress))
    return dict(failed)
