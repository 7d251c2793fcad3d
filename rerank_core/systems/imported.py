"""Runs made elsewhere as systems: a TREC run under a name stands beside our own rerankers, on its own candidates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from rerank_core.corpus.additions import RunReport, check_run, import_run_file
from rerank_core.corpus.formats.trec import Ties
from rerank_core.corpus.report import Listed
from rerank_core.errors import BadInputError, NotReadyError
from rerank_core.rerankers.catalogue.model import Model, Setting
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.imported_runs import imported_rankings, list_imported, put_imported
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query, Ranking

IMPORTED = "imported"
"""The family of systems that are an imported run. Their candidates are their own: what they rank need not be among the
candidates of the view, and a comparison with others is marked (`WholeSet.off_candidates`)."""

_NAME = re.compile(r"[\w.+-]{1,80}")


def import_trec_run(
    workspace: Workspace, dataset: str, path: Path, name: str | None = None, ties: Ties = "file"
) -> tuple[str, RunReport]:
    """Keep the run of a TREC file and return the id of its system, "run:NAME", and how it fits the dataset.

    `name` None: the file's name without its ending. All of the run is kept with its raw scores, also what the dataset
    does not have; ids are as the dataset has them where only the Unicode form differs. Equal scores: see
    `corpus.trec.read_run_file`. Where ranks and scores disagree, the report and the note of the system say so. Raises
    NotFoundError, and BadInputError for a file that is no run or has no query of the dataset, and for a name that is
    taken or not one plain word.
    """
    chosen = (name if name is not None else path.stem).strip()
    if not _NAME.fullmatch(chosen):
        raise BadInputError("run name", None, f"{chosen[:80]!r} is no plain word", "letters, digits and . _ + -")
    run = import_run_file(workspace, dataset, path, chosen, ties)
    odd = len(run.rank_column.against)
    source = f"{path.name} (read by score; on {odd:,} queries its ranks disagree)" if odd else path.name
    with workspace.write() as db:
        put_imported(db, datasets.get_dataset(db, dataset).id, chosen, source, run.rankings)
    report = check_run(workspace, dataset, run.rankings)
    return f"run:{chosen}", replace(report, rank_column=run.rank_column, met_by_form=Listed.of(run.met_by_form))


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
        found = imported_rankings(db, int(settings["run"]), query.qid).get(query.qid)
    if found is None:
        return Ranking(query.qid, system, (), notes=("The imported run has nothing for this query.",))
    return Ranking(query.qid, system, found.docs)


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
