"""What a job of each kind does: the worker's table of verbs. Params and results are plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rerank_core.errors import NotFoundError
from rerank_core.experiment.depth import DEPTHS, RECALL_DEPTHS
from rerank_core.experiment.experiment import Experiment
from rerank_core.inference.device import describe_device
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import System, get_system
from rerank_core.types import Doc, Progress, Query

Verb = Callable[[Pipeline, Mapping[str, Any], Progress], dict[str, Any]]


def _asked(pipeline: Pipeline, params: Mapping[str, Any]) -> tuple[Experiment, list[Query]]:
    """What a job is about, and all queries of its dataset."""
    settings = RetrievalSettings.from_json(params["settings"])
    experiment = Experiment.of(pipeline.workspace, params["dataset"], params.get("systems", ()), settings=settings)
    with pipeline.workspace.open() as db:
        return experiment, datasets.get_queries(db, experiment.dataset.id)


def compare(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Rank one query: dataset, qid, settings, systems. One that cannot run is a failed column, not a failed job."""
    experiment, queries = _asked(pipeline, params)
    chosen = [query for query in queries if query.qid == params["qid"]]
    if not chosen:
        raise NotFoundError(f"There is no query '{params['qid']}' in '{experiment.dataset.name}'.")
    return {"failed": rank_side_by_side(pipeline, experiment, chosen[0], progress)}


def run(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Rank all queries: dataset, settings, systems."""
    experiment, queries = _asked(pipeline, params)
    return {"failed": pipeline.run(experiment, queries, progress)}


def recall(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Retrieve the candidates of all queries at the depths of the recall curve: dataset, settings."""
    experiment, queries = _asked(pipeline, params)
    for done, query in enumerate(queries):
        progress(done, len(queries), f"recall: {query.text[:60]}")
        for depth in RECALL_DEPTHS:
            pipeline.candidates(experiment.at_depth(depth), query)
    return {}


def depth(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Rank the graded queries at the depths of the depth curve: dataset, settings, systems.

    The deepest first: whatever keeps its scores then scores nothing again for the others.
    """
    experiment, queries = _asked(pipeline, params)
    with pipeline.workspace.open() as db:
        graded = judgments.qrels(db, experiment.dataset.id)
    chosen = [query for query in queries if graded.get(query.qid)]
    a_depth = len(chosen) * len(experiment.systems)
    failed = dict.fromkeys(experiment.ids, 0)
    for place, size in enumerate(sorted(DEPTHS, reverse=True)):
        tell = _part(progress, place * a_depth, len(DEPTHS) * a_depth, f"{size} candidates: ")
        now = pipeline.run(experiment.at_depth(size), chosen, tell)
        failed = {system: count + now[system] for system, count in failed.items()}
    return {"failed": failed}


def _part(progress: Progress, before: int, whole: int, name: str) -> Progress:
    """Work that is a part of a job: its count goes on from `before`, its messages begin with `name`."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(before + done, whole, name + message)

    return inner


def index(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Build a dataset's indexes: dataset, settings."""
    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, params["dataset"])
    pipeline.retriever(dataset, RetrievalSettings.from_json(params["settings"]), progress)
    return {}


def import_(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Import a dataset from a path: name, path, options."""
    from rerank_core.corpus.ingest import ImportOptions, import_dataset

    options = ImportOptions(**params.get("options", {}))
    return import_dataset(pipeline.workspace, params["name"], Path(params["path"]), options, progress).to_dict()


def change(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Change a dataset's passages: name, path or null, remove, remove_path or null, options, preview, fingerprint."""
    from rerank_core.corpus.changes import PassageChange, change_passages
    from rerank_core.corpus.ingest import ImportOptions

    wanted = PassageChange(
        source=Path(params["path"]) if params.get("path") else None,
        remove=tuple(params.get("remove", ())),
        remove_file=Path(params["remove_path"]) if params.get("remove_path") else None,
        options=ImportOptions(**params.get("options", {})),
        preview=params.get("preview", False),
        fingerprint=params.get("fingerprint", ""),
    )
    return change_passages(pipeline.workspace, params["name"], wanted, progress).to_dict()


def download(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Fetch a system's model, or those that its members need, from its hub: system. Somebody clicked for it."""
    from rerank_core.rerankers.catalogue.download import download as fetch

    system = get_system(pipeline.workspace, params["system"])
    for leaf in system.leaves:
        if leaf is system or leaf.state.kind == "needs-download":
            fetch(leaf.model, progress)
    return {}


def inspect(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Ask a system's model about one pair: dataset, qid, docid, system."""
    from rerank_core.ranking.one_pair import inspect_pair

    return inspect_pair(pipeline, *_pair(pipeline, params), progress).to_dict()


def occlude(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Score one pair with each sentence left out in turn: dataset, qid, docid, system."""
    from rerank_core.ranking.one_pair import occlude as occlude_pair

    return occlude_pair(pipeline, *_pair(pipeline, params), progress).to_dict()


def _pair(pipeline: Pipeline, params: Mapping[str, Any]) -> tuple[Query, Doc, System]:
    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, params["dataset"])
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        docs = datasets.get_docs(db, dataset.id, [params["docid"]])
    if params["qid"] not in queries or params["docid"] not in docs:
        raise NotFoundError(f"'{params['qid']}' or '{params['docid']}' is not in '{dataset.name}'.")
    return queries[params["qid"]], docs[params["docid"]], get_system(pipeline.workspace, params["system"])


def warm(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Load models before they are asked for, and say on which device: systems."""
    for done, system_id in enumerate(params["systems"]):
        progress(done, len(params["systems"]), "loading models")
        pipeline.warm(get_system(pipeline.workspace, system_id))
    return {"device": describe_device()}


def llm_grade(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Have a language model grade: dataset, settings, systems, k, graded, judge, retry (`llm_grading.grade_job`)."""
    from rerank_core.judging.llm.grading import grade_job

    return grade_job(pipeline.workspace, params, progress)


def llm_answers(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Have a language model answer a query from several contexts: `llm_answers.answers_job` says which params."""
    from rerank_core.judging.llm.answers import answers_job

    return answers_job(pipeline.workspace, params, progress)


VERBS: dict[str, Verb] = {
    "compare": compare,
    "run": run,
    "recall": recall,
    "depth": depth,
    "index": index,
    "import": import_,
    "change": change,
    "download": download,
    "inspect": inspect,
    "occlude": occlude,
    "llm-grade": llm_grade,
    "llm-answers": llm_answers,
    "warm": warm,
}
