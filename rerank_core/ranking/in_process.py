"""Ranks and retrieves in the process that asks, for notebooks and programs: there is no worker then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from threading import Lock, Timer

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.numbers import counted
from rerank_core.experiment.experiment import Experiment
from rerank_core.inference.free_memory import free_memory
from rerank_core.ranking.bar import bar as text_bar
from rerank_core.ranking.loaded import HELD_SECONDS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.query_writing import made_searches, write_queries
from rerank_core.ranking.training import train as train_any
from rerank_core.ranking.training import train_blend
from rerank_core.ranking.tuning import rank_pool
from rerank_core.store import datasets
from rerank_core.store.workspace import Workspace
from rerank_core.systems.query_variants import cost_of
from rerank_core.training.blend import Blended
from rerank_core.training.folds import FOLDS
from rerank_core.training.models.record import TrainedModel
from rerank_core.training.record import BLEND
from rerank_core.tuning.held_out import SPLITS
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.tune import Tuned, check_graded
from rerank_core.tuning.tune import tune as search
from rerank_core.types import Ranking, no_progress

_ALONE = Lock()
"""A pipeline is not for several threads at once."""
_timer: Timer | None = None


@lru_cache(maxsize=1)
def _kept(path: Path) -> Pipeline:
    return Pipeline(Workspace(path))


def _pipeline(path: Path) -> Pipeline:
    """Kept from call to call, so that indexes and models are loaded once; those of the last workspace alone.

    What nobody asked for in half an hour is let go.
    """
    _let_go_later(_kept(path))
    return _kept(path)


def _let_go_later(pipeline: Pipeline) -> None:
    global _timer

    def let_go() -> None:
        with _ALONE:
            if pipeline.let_go():
                free_memory()
        _let_go_later(pipeline)  # what a run of hours used last

    if _timer is not None:
        _timer.cancel()
    _timer = Timer(HELD_SECONDS + 1.0, let_go)
    _timer.daemon = True
    _timer.start()


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
    """The candidates that the experiment's first stage finds for a text, best first.

    Nothing is kept, but for what the search engine of a connected dataset answers.

    The index is built first where there is none yet. `docs` of the answer has docid, raw score, rank from 1 and, by
    retriever, the rank that it gave.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", depth=10)
    >>> rl.retrieve(experiment, "hunts voles").docids[0]
    'd2'
    """
    with _ALONE:
        searches = made_searches(experiment.workspace, experiment.settings, query)
        retriever = _pipeline(experiment.workspace.path.absolute()).retriever(experiment.dataset, experiment.settings)
        return retriever.retrieve("", query, experiment.settings, searches=searches)


def write_variants(experiment: Experiment, pay: bool = False, bar: bool = True) -> str:
    """Have the language model of the settings' variant write for all queries of the dataset, and say what was done.

    Without `pay` it says what that costs, and nothing is sent. What is written already is not asked for again. Raises
    SettingsError where the settings have no variant, NotReadyError without the key or the extra, ProviderError at the
    first query that has no answer of use; what was answered until then is kept.

    >>> import rerank_core as rl
    >>> settings = rl.RetrievalSettings(depth=10, variant=rl.QueryVariant("hyde", "qwen3", "http://gpu-1:8000/v1"))
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", settings=settings)
    >>> rl.write_variants(experiment).partition(",")[0]
    '2 queries to write'
    """
    variant = experiment.settings.variant
    if variant is None:
        raise SettingsError("The experiment's settings have no query variant.")
    with experiment.workspace.open() as db:
        queries = [query.text for query in datasets.get_queries(db, experiment.dataset.id)]
    if not pay:
        return cost_of(experiment.workspace, variant, queries).sentence()
    with _ALONE, text_bar() if bar else nullcontext(no_progress) as progress:
        asked = write_queries(experiment.workspace, variant, queries, progress)
    return f"{variant.label}: {counted(asked, 'query', 'queries')} written, of {len(set(queries)):,}."


def tune(
    experiment: Experiment,
    measure: str = "nDCG@10",
    space: SearchSpace | None = None,
    *,
    splits: int = SPLITS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    bar: bool = True,
) -> Tuned:
    """Find the best settings of the first stage, alone and under each system, and say whether they hold.

    What the search needs is ranked first: every list on its own, and all passages of the lists by each system; what is
    kept is not made again. Then settings are chosen on one half of the graded queries and measured on the other,
    `splits` times. `space` None: fusions, weights, depths to 100, blends. `margin`: the smallest difference that
    matters. The answer shows itself as a sentence and a table. Raises SettingsError where fewer than 20 queries are
    graded, and for a measure or a system that cannot be searched.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-maxsim"], depth=10)
    >>> rl.tune(experiment, bar=False)
    Traceback (most recent call last):
    rerank_core.errors.SettingsError: Nothing can be held out: 2 queries have grades, and 20 are needed. Grade 18 more.
    """
    wanted = space or SearchSpace()
    check_graded(experiment)
    with _ALONE, text_bar() if bar else nullcontext(no_progress) as progress:
        rank_pool(_pipeline(experiment.workspace.path.absolute()), experiment, wanted, progress)
        return search(experiment, measure, wanted, splits=splits, seed=seed, margin=margin, progress=progress)


def train(
    experiment: Experiment,
    measure: str = "nDCG@10",
    model: str = BLEND,
    *,
    start: str = "",
    teacher: str = "",
    extras: Collection[str] = (),
    folds: int = FOLDS,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
    bar: bool = True,
) -> Blended | TrainedModel:
    """Learn from the grades, and say what it reaches on queries not seen.

    What it needs is ranked first; what is kept is not made again. `model` "blend": a weight for each system and what
    the texts share; each query is placed by weights that were fitted and chosen without it, over a first stage that was
    tuned without it. "encoder", "late-interaction", "cross-encoder" (goes on from the system `start`) and "distilled"
    (the system `teacher` teaches first) are trained on three quarters of the queries and measured on the others.
    `extras` of these: "curve", "folds". The answer shows itself as a sentence and a table; `save(name)` keeps it as a
    system. Raises SettingsError where fewer than 20 queries are graded, NotReadyError without the libraries.

    >>> import rerank_core as rl
    >>> experiment = rl.Experiment.of(rl.Workspace(), "birds", ["first-stage", "minilm-maxsim"], depth=10)
    >>> rl.train(experiment, bar=False)
    Traceback (most recent call last):
    rerank_core.errors.SettingsError: Nothing can be held out: 2 queries have grades, and 20 are needed. Grade 18 more.
    """
    with _ALONE, text_bar() if bar else nullcontext(no_progress) as progress:
        pipeline = _pipeline(experiment.workspace.path.absolute())
        if model == BLEND:
            return train_blend(pipeline, experiment, measure, folds=folds, seed=seed, margin=margin, progress=progress)
        found = train_any(
            pipeline,
            experiment,
            model,
            measure,
            start=start,
            teacher=teacher,
            extras=extras,
            seed=seed,
            margin=margin,
            progress=progress,
        )
        return TrainedModel(experiment.workspace, experiment.dataset.name, found)
