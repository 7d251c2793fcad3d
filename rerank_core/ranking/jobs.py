"""What a job of each kind does: the worker's table. Requests and results are plain JSON in the job's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from rerank_core.errors import NotFoundError, RerankLensError
from rerank_core.experiment.depth import DEPTHS, RECALL_DEPTHS
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import (
    CanaryRequest,
    ChangeRequest,
    CompareRequest,
    DenseDownloadRequest,
    DepthRequest,
    DownloadRequest,
    ImportRequest,
    IndexRequest,
    InspectRequest,
    LlmAnswersRequest,
    LlmGradeRequest,
    LookRequest,
    MeasureRequest,
    OccludeRequest,
    PairRequest,
    RecallRequest,
    RefreshRequest,
    Request,
    RunRequest,
    TrainRequest,
    TuneRequest,
    WarmRequest,
    WriteRequest,
)
from rerank_core.inference.caller import caller
from rerank_core.inference.device import describe_device
from rerank_core.ranking.libraries import import_at_leisure, import_for_words
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.side_by_side import rank_side_by_side
from rerank_core.retrieval.encoders import what_is_missing
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, query_states
from rerank_core.store.traffic_canaries import get_canary
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.systems import System, get_system
from rerank_core.types import Doc, Progress, Query

Job = Callable[[Pipeline, Mapping[str, Any], Progress], dict[str, Any]]
"""Does a job: (pipeline, params of the job's row, progress) -> result, both plain JSON."""
Asked = TypeVar("Asked", bound=Request)


def compare(pipeline: Pipeline, request: CompareRequest, progress: Progress) -> dict[str, Any]:
    """The job that ranks one query. A system that cannot run is a failed column, not a failed job."""
    experiment = request.experiment(pipeline.workspace, request.systems)
    with pipeline.workspace.open() as db:
        query = query_states.find_query(db, experiment.dataset.id, request.qid)
    if query is None:
        raise NotFoundError(f"There is no query '{request.qid}' in '{experiment.dataset.name}'.")
    return {"failed": rank_side_by_side(pipeline, experiment, query, progress)}


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
        tell = _part(progress, place, len(DEPTHS), a_depth, f"{size} candidates: ")
        now = pipeline.run(experiment.at_depth(size), chosen, tell)
        failed = {system: count + now[system] for system, count in failed.items()}
    return {"failed": failed}


def tune(pipeline: Pipeline, request: TuneRequest, progress: Progress) -> dict[str, Any]:
    """The job that ranks what a search of settings needs, and searches; what it found, as `tuning.record` writes it."""
    from rerank_core.ranking.tuning import rank_pool
    from rerank_core.tuning.record import record
    from rerank_core.tuning.search_space import SearchSpace
    from rerank_core.tuning.tune import check_graded
    from rerank_core.tuning.tune import tune as search

    experiment = replace(request.experiment(pipeline.workspace, request.systems), level=request.level)
    space = SearchSpace.from_dict(request.space)
    check_graded(experiment)
    rank_pool(pipeline, experiment, space, progress)
    found = search(
        experiment,
        request.measure,
        space,
        splits=request.splits,
        seed=request.seed,
        margin=request.margin,
        progress=progress,
    )
    return record(found)


def train(pipeline: Pipeline, request: TrainRequest, progress: Progress) -> dict[str, Any]:
    """The job that trains on the grades; what it found, as `training.record` writes it."""
    from rerank_core.ranking.training import train as do_train

    experiment = replace(request.experiment(pipeline.workspace, request.systems), level=request.level)
    return do_train(
        pipeline,
        experiment,
        request.model,
        request.measure,
        start=request.start,
        teacher=request.teacher,
        extras=request.extras,
        folds=request.folds,
        seed=request.seed,
        margin=request.margin,
        progress=progress,
    )


def _queries(experiment: Experiment) -> list[Query]:
    with experiment.workspace.open() as db:
        return datasets.get_queries(db, experiment.dataset.id)


def _part(progress: Progress, place: int, parts: int, steps: int, name: str) -> Progress:
    """One of a job's parts of `steps` each: its count goes on from those before, its messages begin with `name`.

    An index that is made first has steps of its own: they are told as they are.
    """

    def inner(done: int, total: int, message: str = "") -> None:
        if total == steps:
            progress(place * steps + done, parts * steps, name + message)
        else:
            progress(done, total, message)

    return inner


def measure(pipeline: Pipeline, request: MeasureRequest, progress: Progress) -> dict[str, Any]:
    """The job that takes times once more: all of one query, or the rough ones of all."""
    from rerank_core.ranking.timing.measure_again import measure_again

    experiment = request.experiment(pipeline.workspace, request.systems)
    chosen = [query for query in _queries(experiment) if request.qid in ("", query.qid)]
    return {"taken": measure_again(pipeline, experiment, chosen, bool(request.qid), progress)}


def index(pipeline: Pipeline, request: IndexRequest, progress: Progress) -> dict[str, Any]:
    """The job that builds a dataset's indexes."""
    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, request.dataset)
    pipeline.retriever(dataset, RetrievalSettings.from_json(request.settings), progress, request.pay)
    return {}


def write(pipeline: Pipeline, request: WriteRequest, progress: Progress) -> dict[str, Any]:
    """The job that has a language model write for queries."""
    from rerank_core.ranking.query_writing import write_queries
    from rerank_core.retrieval.query_variants.query_variant import QueryVariant

    texts = list(request.queries)
    if not texts:
        with pipeline.workspace.open() as db:
            dataset = datasets.get_dataset(db, request.dataset)
            texts = [query.text for query in datasets.get_queries(db, dataset.id)]
    return {"written": write_queries(pipeline.workspace, QueryVariant.from_dict(request.variant), texts, progress)}


def import_(pipeline: Pipeline, request: ImportRequest, progress: Progress) -> dict[str, Any]:
    """The job that imports a dataset."""
    from rerank_core.corpus.import_roots import refuse_outside
    from rerank_core.corpus.ingest import ImportOptions, import_dataset
    from rerank_core.corpus.uploaded import read_once

    source = Path(request.path)
    refuse_outside(source, pipeline.workspace)
    options = ImportOptions(**request.options)
    with read_once(pipeline.workspace, source):
        return import_dataset(pipeline.workspace, request.name, source, options, progress).to_dict()


def change(pipeline: Pipeline, request: ChangeRequest, progress: Progress) -> dict[str, Any]:
    """The job that changes a dataset's passages, or says what would change."""
    from rerank_core.corpus.changes import PassageChange, change_passages
    from rerank_core.corpus.import_roots import refuse_outside
    from rerank_core.corpus.ingest import ImportOptions
    from rerank_core.corpus.uploaded import named_as_uploaded

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
    with named_as_uploaded(pipeline.workspace):
        return change_passages(pipeline.workspace, request.name, wanted, progress).to_dict()


def look(pipeline: Pipeline, request: LookRequest, progress: Progress) -> dict[str, Any]:
    """The job that looks at a search engine; keeps nothing of it but what the job's row shows."""
    from rerank_core.ranking.connecting import look as look_at
    from rerank_core.retrieval.engines.source import EngineSource
    from rerank_core.retrieval.engines.template import Template

    source = EngineSource.from_dict(request.source)
    progress(0, 0, f"asking {source.label}")
    templates = [Template.from_dict(one) for one in request.templates]
    recall = [request.question] if request.recall and request.question else []
    return look_at(pipeline.workspace, source, templates, request.question, recall, progress).to_dict()


def refresh(pipeline: Pipeline, request: RefreshRequest, progress: Progress) -> dict[str, Any]:
    """The job that asks a connected dataset's engine again."""
    from rerank_core.ranking.refreshing import refresh as ask_again

    with pipeline.workspace.open() as db:
        dataset = datasets.get_dataset(db, request.dataset)
    return ask_again(pipeline.workspace, dataset, progress).to_dict()


def canary(pipeline: Pipeline, request: CanaryRequest, progress: Progress) -> dict[str, Any]:
    """The job that makes the canary of a system, or scores it again."""
    from rerank_core.ranking.canary_scores import CANDIDATES, make_canary, score_again

    system = get_system(pipeline.workspace, request.system)
    if request.dataset:
        experiment = Experiment.of(pipeline.workspace, request.dataset, [system.id], settings=CANDIDATES)
        return {"pairs": len(make_canary(pipeline, experiment, system, progress).pairs)}
    with pipeline.workspace.open() as db:
        kept = get_canary(db, system.id)
    if kept is None:
        raise NotFoundError(f"'{system.id}' has no canary yet. Make one.")
    score_again(pipeline, kept, system, progress)
    return {"pairs": len(kept.pairs)}


def download(pipeline: Pipeline, request: DownloadRequest, progress: Progress) -> dict[str, Any]:
    """The job that fetches a system's model, or those that its members need, from its hub. Somebody clicked for it."""
    from rerank_core.rerankers.catalogue.download import download as fetch

    system = get_system(pipeline.workspace, request.system)
    for leaf in system.leaves:
        if leaf is system or leaf.state.kind == "needs-download":
            fetch(leaf.model, progress)
    dense = system.spec.settings.dense() if isinstance(system.spec, OwnFirstStage) else None
    missing = what_is_missing(dense) if dense is not None else None
    if dense is not None and missing is not None and missing.kind == "needs-download":
        return dense_download(pipeline, DenseDownloadRequest(model=dense.name), progress)
    return {}


def dense_download(pipeline: Pipeline, request: DenseDownloadRequest, progress: Progress) -> dict[str, Any]:
    """The job that fetches a dense model from its hub. Somebody clicked for it."""
    from rerank_core.rerankers.catalogue.download import download as fetch
    from rerank_core.rerankers.catalogue.model import Model

    fetch(Model(request.model, request.model, "dense", request.model), progress)
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
        query = query_states.find_query(db, dataset.id, request.qid)
        docs = datasets.get_docs(db, dataset.id, [request.docid])
    if query is None or request.docid not in docs:
        raise NotFoundError(f"'{request.qid}' or '{request.docid}' is not in '{dataset.name}'.")
    return query, docs[request.docid], get_system(pipeline.workspace, request.system)


def warm(pipeline: Pipeline, request: WarmRequest, progress: Progress) -> dict[str, Any]:
    """The job that loads models before they are asked for, and says on which device."""
    progress(0, len(request.systems), "loading libraries")
    import_for_words()
    import_at_leisure(caller())
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
        try:
            asked = request.from_json(params)
        except TypeError as error:
            raise RerankLensError(f"This job is not known to this version: {error}.") from error
        return do(pipeline, asked, progress)

    return job


JOBS: dict[str, Job] = {
    CompareRequest.kind: _job(CompareRequest, compare),
    RunRequest.kind: _job(RunRequest, run),
    RecallRequest.kind: _job(RecallRequest, recall),
    DepthRequest.kind: _job(DepthRequest, depth),
    MeasureRequest.kind: _job(MeasureRequest, measure),
    TuneRequest.kind: _job(TuneRequest, tune),
    TrainRequest.kind: _job(TrainRequest, train),
    IndexRequest.kind: _job(IndexRequest, index),
    ImportRequest.kind: _job(ImportRequest, import_),
    ChangeRequest.kind: _job(ChangeRequest, change),
    DownloadRequest.kind: _job(DownloadRequest, download),
    DenseDownloadRequest.kind: _job(DenseDownloadRequest, dense_download),
    InspectRequest.kind: _job(InspectRequest, inspect),
    OccludeRequest.kind: _job(OccludeRequest, occlude),
    LlmGradeRequest.kind: _job(LlmGradeRequest, llm_grade),
    LlmAnswersRequest.kind: _job(LlmAnswersRequest, llm_answers),
    LookRequest.kind: _job(LookRequest, look),
    RefreshRequest.kind: _job(RefreshRequest, refresh),
    CanaryRequest.kind: _job(CanaryRequest, canary),
    WarmRequest.kind: _job(WarmRequest, warm),
    WriteRequest.kind: _job(WriteRequest, write),
}
"""Kind of job -> what does it."""
