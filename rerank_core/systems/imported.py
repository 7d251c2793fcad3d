"""Runs made elsewhere as systems: a TREC run under a name stands beside our own rerankers, on its own candidates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlite_utils import Database

from rerank_core.errors import NotReadyError
from rerank_core.rerankers.catalogue.model import Model, Setting
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query, Ranking

IMPORTED = "imported"
"""The family of systems that are an imported run. Their candidates are their own: what they rank need not be among the
candidates of the view, and a comparison with others is marked (`WholeSet.off_candidates`)."""


def imported_models(db: Database) -> list[tuple[Model, dict[str, Any]]]:
    """Each imported run as a row of the catalogue, with the settings that say which run it is."""
    return [(_model(run.name, run.dataset, run.source), {"run": run.id, "content": run.content})
            for run in list_imported(db)]  # fmt: skip


def imported_ranking(
    workspace: Workspace, dataset: DatasetRow, query: Query, model: Model, settings: Mapping[str, Any], system: str
) -> Ranking:
    """What the run has for a query, under the name `system`; without a passage where it has nothing, as in trec_eval.

    Raises NotReadyError where the run belongs to another dataset.
    """
    with workspace.open() as db:
        owners = [run.dataset for run in list_imported(db) if run.id == settings["run"]]
        if owners != [dataset.name]:
            raise NotReadyError(f"{model.label} is a run over the dataset {owners[0] if owners else 'that is gone'}.")
        ranking = imported_rankings(db, int(settings["run"]), query.qid).get(query.qid)
    if ranking is None:
        return Ranking(query.qid, system, (), notes=("The imported run has nothing for this query.",))
    return Ranking(query.qid, system, ranking.docs)


def _model(name: str, dataset: str, source: str) -> Model:
    return Model(
        f"run:{name}",
        name,
        IMPORTED,
        hosting="local",
        score_scale="as in the run's file",
        cost="not known",
        settings=(
            Setting("run", 0, "The imported run's number in this workspace.", scores=False),
            Setting("content", "", "A hash over its rankings."),
        ),
        note=f"Imported from {source} for the dataset {dataset}. It ranks its own candidates, not those of the view.",
    )
