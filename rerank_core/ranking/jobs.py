"""What a job of each kind does: the worker's table. Requests and results are plain JSON in the job's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from rerank_core.errors import NotFoundError
from rerank_core.experiment.depth import DEPTHS, RECALL_DEPTHS
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import (
    ChangeRequest,
    CompareRequest,
    DepthRequest,
    DownloadRequest,
    ImportRequest,
    IndexRequest,
    InspectRequest,
    LlmAnswersRequest,
    LlmGradeRequest,
    OccludeRequest,
    PairRequest,
    RecallRequest,
    Request,
    RunRequest,
    WarmRequest,
)
from rerank_core.inference.device import describe_device
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import System, get_system
from rerank_core.types import Doc, Progress, Query

Job = Callable[[Pipeline, Mapping[str, Any], Progress], dict[str, Any]]
"""Does a job: (pipeline, params of the job's row, progress) -> result, both plain JSON."""
Asked = TypeVar("Asked", bound=Request)


def compare(pipeline: Pipeline, request: CompareRequest, progress: Progress) -> dict[str, Any]:
    """The job that ranks one query. A system that cannot run is a failed column, not a failed job."""
    experiment = request.experiment(pipeline.workspace, request.systems)
    chosen = [query for query in _queries(experiment) if query.qid == request.qid]
    if not chosen:
        raise NotFoundError(f"There is no query '{request.qid}' in '{experiment.dataset.name}'.")
    return {"failed": rank_side_by_side(pipeline, experiment, chosen[0], progress)}


def run(pipeline: Pipeline, request: RunRequest, progress: Progress) -> dict[str, Any]:
    """The job that ranks all queries."""
    experiment = request.experiment(pipeline.workspace, request.systems)
    return {"failed": pipeline.run(experiment, _queries(experiment), progress)}


def recall(pipeline: Pipeline, request: RecallRequest, progress: Progress) -> dict[str, Any]:
    """The job that retrieves the candidates of all queries at the depths of the recall curve."""
    experiment = request.experiment(pipeline.workspace)
    queries = _queries(experiment)
    for done, query in enumerate(queries):
        progress(done, len(queries), f"recall: {query.text[:60]}")
        for depth in RECALL_DEPTHS:
            pipeline.candidates(experiment.at_depth(depth), query)
    return {}


def depth(pipeline: Pipeline, request: DepthRequest, progress: Progress) -> dict[str, Any]:
    """The job that ranks the graded queries at the depths of the depth curve.

    The deepest first: whatever keeps its scores then scores nothing again for the others.
    """
    experiment = request.experiment(pipeline.workspace, request.systems)
    with pipeline.workspace.open() as db:
        graded = judgments.qrels(db, experiment.dataset.id)
    chosen = [query for query in _queries(experiment) if graded.get(query.qid)]
    a_depth = len(chosen) * len(experiment.systems)
    failed = dict.fromkeys(experiment.ids, 0)
    for place, size in enumerate(sorted(DEPTHS, reverse=True)):
        tell = _part(progress, place * a_depth, len(DEPTHS) * a_depth, f"{size} candidates: ")
        now = pipeline.run(experiment.at_depth(size), chosen, tell)
        failed = {system: count + now[system] for system, count in failed.items()}
    return {"failed": failed}


def _queries(experiment: Experiment) -> list[Query]:
    with experiment.workspace.open() as db:
        return datasets.get_queries(db, experiment.dataset.id)


def _part(progress: Progress, before: int, whole: int, name: str) -> Progress:
    """Work that is a part of a job: its count goes on from `before`, its messages begin with `name`."""

    def inner(done: int, total: int, message: str = "") -> None:
        progress(before + done, whole, name + message)

    return inner


def index(pipeline: Pipeline, request: IndexRequest, progress: Progress) -> dict[str, Any]:
    """The job that builds a dataset's indexes."""
    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, request.dataset)
    pipeline.retriever(dataset, RetrievalSettings.from_json(request.settings), progress)
    return {}


def import_(pipeline: Pipeline, request: ImportRequest, progress: Progress) -> dict[str, Any]:
    """The job that imports a dataset."""
    from rerank_core.corpus.import_roots import refuse_outside
    from rerank_core.corpus.ingest import ImportOptions, import_dataset

    refuse_outside(Path(request.path), pipeline.workspace)
    options = ImportOptions(**request.options)
    return import_dataset(pipeline.workspace, request.name, Path(request.path), options, progress).to_dict()


def change(pipeline: Pipeline, request: ChangeRequest, progress: Progress) -> dict[str, Any]:
    """The job that changes a dataset's passages, or says what would change."""
    from rerank_core.corpus.changes import PassageChange, change_passages
    from rerank_core.corpus.import_roots import refuse_outside
    from rerank_core.corpus.ingest import ImportOptions

    for path in (request.path, request.remove_path):
        if path:
            refuse_outside(Path(path), pipeline.workspace)
    wanted = PassageChange(
        source=Path(request.path) if request.path else None,
        remove=request.remove,
        remove_file=Path(request.remove_path) if request.remove_path else None,
        options=ImportOptions(**request.options),
        preview=request.preview,
        fingerprint=request.fingerprint,
    )
    return change_passages(pipeline.workspace, request.name, wanted, progress).to_dict()


def download(pipeline: Pipeline, request: DownloadRequest, progress: Progress) -> dict[str, Any]:
    """The job that fetches a system's model, or those that its members need, from its hub. Somebody clicked for it."""
    from rerank_core.rerankers.catalogue.download import download as fetch

    system = get_system(pipeline.workspace, request.system)
    for leaf in system.leaves:
        if leaf is system or leaf.state.kind == "needs-download":
            fetch(leaf.model, progress)
    return {}


def inspect(pipeline: Pipeline, request: InspectRequest, progress: Progress) -> dict[str, Any]:
    """The job that asks a system's model about one pair."""
    from rerank_core.ranking.one_pair import inspect_pair

    return inspect_pair(pipeline, *_pair(pipeline, request), progress).to_dict()


def occlude(pipeline: Pipeline, request: OccludeRequest, progress: Progress) -> dict[str, Any]:
    """The job that scores one pair with each sentence left out in turn."""
    from rerank_core.ranking.one_pair import occlude as occlude_pair

    return occlude_pair(pipeline, *_pair(pipeline, request), progress).to_dict()


def _pair(pipeline: Pipeline, request: PairRequest) -> tuple[Query, Doc, System]:
    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, request.dataset)
        queries = {query.qid: query for query in datasets.get_queries(db, dataset.id)}
        docs = datasets.get_docs(db, dataset.id, [request.docid])
    if request.qid not in queries or request.docid not in docs:
        raise NotFoundError(f"'{request.qid}' or '{request.docid}' is not in '{dataset.name}'.")
    return queries[request.qid], docs[request.docid], get_system(pipeline.workspace, request.system)


def warm(pipeline: Pipeline, request: WarmRequest, progress: Progress) -> dict[str, Any]:
    """The job that loads models before they are asked for, and says on which device."""
    for done, system_id in enumerate(request.systems):
        progress(done, len(request.systems), "loading models")
        pipeline.warm(get_system(pipeline.workspace, system_id))
    return {"device": describe_device()}


def llm_grade(pipeline: Pipeline, request: LlmGradeRequest, progress: Progress) -> dict[str, Any]:
    """The job that has a language model grade; counts as `judging.llm.grading.grade_job` says."""
    from rerank_core.judging.llm.grading import grade_job

    return grade_job(pipeline.workspace, request, progress)


def llm_answers(pipeline: Pipeline, request: LlmAnswersRequest, progress: Progress) -> dict[str, Any]:
    """The job that has a language model answer a query from several contexts; as `answers_job` says."""
    from rerank_core.judging.llm.answers import answers_job

    return answers_job(pipeline.workspace, request, progress)


def _job(request: type[Asked], do: Callable[[Pipeline, Asked, Progress], dict[str, Any]]) -> Job:
    """`do`, given the request that the job's row holds."""

    def job(pipeline: Pipeline, params: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        return do(pipeline, request.from_json(params), progress)

    return job


JOBS: dict[str, Job] = {
    CompareRequest.kind: _job(CompareRequest, compare),
    RunRequest.kind: _job(RunRequest, run),
    RecallRequest.kind: _job(RecallRequest, recall),
    DepthRequest.kind: _job(DepthRequest, depth),
    IndexRequest.kind: _job(IndexRequest, index),
    ImportRequest.kind: _job(ImportRequest, import_),
    ChangeRequest.kind: _job(ChangeRequest, change),
    DownloadRequest.kind: _job(DownloadRequest, download),
    InspectRequest.kind: _job(InspectRequest, inspect),
    OccludeRequest.kind: _job(OccludeRequest, occlude),
    LlmGradeRequest.kind: _job(LlmGradeRequest, llm_grade),
    LlmAnswersRequest.kind: _job(LlmAnswersRequest, llm_answers),
    WarmRequest.kind: _job(WarmRequest, warm),
}
"""Kind of job -> what does it."""
