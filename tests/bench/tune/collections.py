"""A known collection in a workspace, ranked as deep as a search needs, and what the search finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from rerank_core.corpus.additions import import_trec_run
from rerank_core.corpus.ingest import import_dataset
from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.tuning import rank_pool
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.imported_runs import list_imported
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import FIRST_STAGE, get_system
from rerank_core.tuning.inputs import RUN
from rerank_core.tuning.record import record
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.tune import tune
from rerank_core.types import Progress

ROOT = Path(__file__).resolve().parents[3]
COLLECTIONS = ROOT.parent / "shared" / "collections"
DEMO = ROOT / "data" / "demo"
RUNS = "trec-dl-2019"
"""Here the lists are the runs that lie beside it: no model is asked."""


def workspace_with(name: str, path: Path) -> tuple[Workspace, datasets.DatasetRow]:
    """The collection in the workspace at `path`, imported where it is not there yet."""
    workspace = Workspace(path)
    folder = DEMO if name == "demo" else COLLECTIONS / name
    if not folder.is_dir():
        raise SettingsError(f"there is no collection at {folder}")
    with workspace.open() as db:
        there = {row.name for row in datasets.list_datasets(db)}
    if name not in there:
        import_dataset(workspace, name, folder)
    with workspace.open() as db:
        row = datasets.get_dataset(db, name)
        runs = {run.name for run in list_imported(db)}
    if name == RUNS:
        for file in sorted((folder / "runs").glob("first-*.trec")):
            if file.stem not in runs:
                import_trec_run(workspace, name, file)
    return workspace, row


def searched(
    name: str, path: Path, systems: Sequence[str], depths: tuple[int, ...], seed: int, progress: Progress
) -> dict[str, Any]:
    """The record of a search of the collection. Raises SettingsError for a collection or a system that is not there."""
    workspace, row = workspace_with(name, path)
    space = SearchSpace(depths=depths)
    if name == RUNS:
        with workspace.open() as db:
            lists = [RUN + run.name for run in list_imported(db)]
        default = next(one for one in lists if one.endswith("first-bm25"))
        # the last one counts as what is set now
        singles = [(one,) for one in lists if one != default]
        space = replace(space, lists=(*singles, *combinations(lists, 2), (default,)))
    try:
        asked = tuple(get_system(workspace, system) for system in systems)
    except NotFoundError as error:
        raise SettingsError(str(error)) from error
    experiment = Experiment(workspace, row, RetrievalSettings(), asked, FIRST_STAGE)
    rank_pool(Pipeline(workspace), experiment, space, progress)
    return record(tune(experiment, space=space, seed=seed, progress=progress))
