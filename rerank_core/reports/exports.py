"""What can be taken out of a workspace: grades, rankings, the dataset, and what puts a chosen system to work."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

from rerank_core.corpus.formats.beir import write_beir
from rerank_core.corpus.formats.trec import write_qrels, write_run
from rerank_core.errors import NotFoundError
from rerank_core.experiment.dataset_language import language_of
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import all_rankings
from rerank_core.experiment.ranked_by_now import what_is_ranked
from rerank_core.judging.history import export_labels
from rerank_core.reports.deploy import deployment, write_deployment
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.systems.systems import System

EXPORTS = {
    "qrels": "the grades that count, as TREC qrels",
    "labels": "every grade, undo and note ever given, to a .csv file for people or a .jsonl file for tools",
    "run": "one system's rankings, as a TREC run",
    "beir": "passages, queries and grades, as a BEIR folder",
    "deploy": "one system and its settings, as a folder for OpenSearch and for a rerank server",
}
FOLDERS = ("beir", "deploy")
"""Those that are a folder; the others are one file."""
FILES = {"qrels": "qrels.txt", "run": "run.txt", "labels": "labels.csv", "beir": "beir.zip", "deploy": "deploy.zip"}
"""What the one file of an export is called."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is exported from. `system`: whose run and deployment.

    `top`: passages that a deployment returns; `server`: where the system is served, "" for nowhere.
    """

    experiment: Experiment
    system: System
    top: int = 10
    server: str = ""


def write_export(what: str, chosen: Chosen, path: Path) -> None:
    """Write one of EXPORTS to `path`, a file or a folder.

    Raises NotFoundError for the run of a system that has ranked nothing with these settings, BadInputError for an id
    that the format cannot hold, SettingsError as `deployment` does.
    """
    workspace, dataset, settings = chosen.experiment.workspace, chosen.experiment.dataset, chosen.experiment.settings
    if what == "deploy":
        settings = replace(settings, language=language_of(workspace, dataset, settings))
        write_deployment(path, deployment(dataset.name, settings, chosen.system, chosen.top, chosen.server))
        return
    if what == "labels":
        export_labels(workspace, dataset, path)
        return
    if what == "run":
        by_query = all_rankings(chosen.experiment, chosen.system)
        if not by_query:
            why = what_is_ranked(chosen.experiment.with_systems([chosen.system]), needs_grades=False)
            raise NotFoundError(f"'{chosen.system.id}' has ranked nothing with these settings. {why}".rstrip())
        write_run(path, by_query.values(), chosen.system.id)
        return
    with workspace.open() as db:
        qrels, queries = judgments.qrels(db, dataset.id), datasets.get_queries(db, dataset.id)
    if what == "qrels":
        write_qrels(path, qrels)
    else:
        write_beir(path, StoredCorpus(workspace, dataset).docs(), queries, {"test": qrels})


def packed_export(what: str, chosen: Chosen) -> bytes:
    """The same as the content of one file: a folder is a zip archive of itself. Raises as `write_export` does."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / (what if what in FOLDERS else FILES[what])
        write_export(what, chosen, path)
        if what not in FOLDERS:
            return path.read_bytes()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(member for member in path.rglob("*") if member.is_file()):
                archive.write(file, Path(what) / file.relative_to(path))
        return out.getvalue()
