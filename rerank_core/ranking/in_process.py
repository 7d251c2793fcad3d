"""Ranks and retrieves in the process that asks, for notebooks and programs: there is no worker then."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from threading import Lock

from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.bar import bar as text_bar
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.types import Ranking, no_progress

_ALONE = Lock()
"""A pipeline is not for several threads at once."""


@lru_cache(maxsize=1)
def _pipeline(path: Path) -> Pipeline:
    """Kept from call to call, so that indexes and models are loaded once; those of the last workspace alone."""
    return Pipeline(Workspace(path))


def run(experiment: Experiment, bar: bool = True) -> dict[str, dict[str, int]]:
    """Rank all queries of the dataset with all systems of the experiment; what is ranked already is kept.

    Each ranking is written to the workspace at once, so a run that was stopped goes on where it was. `bar`: draw one on
    stderr. Returns what failed, system id -> reason -> number of queries; {} where every system ranked every query. A
    model needs what its catalogue row says: nothing is downloaded.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-maxsim"], depth=10)
    >>> rl.run(experiment, bar=False)
    {}
    """
    failed: dict[str, Counter[str]] = {}
    with _ALONE, text_bar() if bar else nullcontext(no_progress) as progress:
        with experiment.workspace.open() as db:
            queries = datasets.get_queries(db, experiment.dataset.id)
        _pipeline(experiment.workspace.path.absolute()).run(
            experiment, queries, progress, lambda system, reason: failed.setdefault(system, Counter()).update([reason])
        )
    return {system: dict(reasons.most_common()) for system, reasons in failed.items()}


def retrieve(experiment: Experiment, query: str) -> Ranking:
    """The candidates that the experiment's first stage finds for a text, best first; nothing is kept.

    The index is built first where there is none yet. `docs` of the answer has docid, raw score, rank from 1 and, by
    retriever, the rank that it gave.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", depth=10)
    >>> rl.retrieve(experiment, "hunts voles").docids[0]
    'd2'
    """
    with _ALONE:
        retriever = _pipeline(experiment.workspace.path.absolute()).retriever(experiment.dataset, experiment.settings)
        return retriever.retrieve("", query, experiment.settings)
