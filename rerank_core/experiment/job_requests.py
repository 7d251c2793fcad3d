"""What a page asks of the worker: one request per kind of job, and how it is written into the job's row and read back.

Equal requests share one job, and a request finds its job again by what it says: so what `to_json` writes stays as it
is, also for the jobs of older workspaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

from sqlite_utils import Database

from rerank_core.experiment.depth import RECALL_DEPTHS
from rerank_core.experiment.experiment import Experiment
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import jobs
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.jobs import Job
from rerank_core.store.workspace import Workspace
from rerank_core.types import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What every request can do. Its fields are plain values, under the names that they have in the job's row."""

    kind: ClassVar[str]
    """The kind of job; `ranking.jobs.JOBS` says who does it."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal request."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @classmethod
    def from_json(cls, params: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote; a value that is not there has its default, what is not known is left out.

        Raises TypeError where a value without a default is not there.
        """
        values = {each.name: params[each.name] for each in fields(cls) if each.name in params}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def submit(db: Database, request: Request, urgent: bool = False) -> int:
    """Ask for it and return the job's id, see `store.jobs.submit`: an open job of an equal request serves both."""
    return jobs.submit(db, request.kind, request.to_json(), urgent)


def latest(db: Database, request: Request) -> Job | None:
    """The newest job of an equal request, in whatever state; None without one."""
    return jobs.latest(db, request.kind, request.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatesRequest(Request):
    """What is asked of the candidates that one first stage finds.

    `dataset`: its name. `settings`: the RetrievalSettings, as JSON. `fingerprint`: of the passages, so that with others
    it is another request.
    """

    dataset: str
    settings: str
    fingerprint: str = ""

    def experiment(self, workspace: Workspace, systems: tuple[str, ...] = ()) -> Experiment:
        """The experiment that it is about. Raises NotFoundError for a dataset or a system that is not there."""
        settings = RetrievalSettings.from_json(self.settings)
        return Experiment.of(workspace, self.dataset, systems, settings=settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequest(CandidatesRequest):
    """Rank one query with some systems. `systems`: ids."""

    kind: ClassVar[str] = "compare"
    systems: tuple[str, ...]
    qid: str

    @classmethod
    def of(cls, experiment: Experiment, query: Query) -> Self:
        """The request for a query of an experiment."""
        return cls(**_candidates(experiment), systems=experiment.ids, qid=query.qid)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest(CandidatesRequest):
    """Rank all queries with some systems. `queries`: how many there are; with one more it is another run."""

    kind: ClassVar[str] = "run"
    systems: tuple[str, ...]
    queries: int = 0

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The request for all queries of an experiment."""
        return cls(**_candidates(experiment), systems=experiment.ids, queries=experiment.dataset.n_queries)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRequest(CandidatesRequest):
    """Find the candidates of all queries at the depths of the recall curve; `queries`: how many there are."""

    kind: ClassVar[str] = "recall"
    queries: int = 0

    @classmethod
    def of(cls, experiment: Experiment) -> Self:
        """The request for an experiment, whatever its own depth is: those of the curve are fixed."""
        deepest = experiment.at_depth(max(RECALL_DEPTHS))
        return cls(**_candidates(deepest), queries=experiment.dataset.n_queries)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthRequest(CandidatesRequest):
    """Rank the graded queries at all depths. `queries`, `graded`: how many there are; with one more it is another."""

    kind: ClassVar[str] = "depth"
    systems: tuple[str, ...]
    queries: int = 0
    graded: int = 0

    @classmethod
    def of(cls, experiment: Experiment, system: str, graded: int) -> Self:
        """The request for the depth curve of one system of an experiment, whatever its own depth is."""
        deepest = experiment.at_depth(max(RECALL_DEPTHS))
        queries = experiment.dataset.n_queries
        return cls(**_candidates(deepest), systems=(system,), queries=queries, graded=graded)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRequest(CandidatesRequest):
    """Time again what was timed while the machine was busy. `qid`: of one query, all of it; "": of all queries."""

    kind: ClassVar[str] = "measure"
    systems: tuple[str, ...]
    qid: str = ""

    @classmethod
    def of(cls, experiment: Experiment, query: Query | None = None) -> Self:
        """The request for a query of an experiment, or for all."""
        return cls(**_candidates(experiment), systems=experiment.ids, qid=query.qid if query is not None else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneRequest(CandidatesRequest):
    """Search the settings of the first stage, alone and under each of some systems.

    `settings`: where the search starts. `space`: the values that are tried, by the fields of `tuning.SearchSpace`.
    `measure`: its name. `level`: the lowest relevant grade. `graded`: how many queries have a grade; with one more it
    is another search.
    """

    kind: ClassVar[str] = "tune"
    systems: tuple[str, ...]
    measure: str
    level: int
    splits: int
    seed: int
    margin: float
    space: Mapping[str, Any]
    graded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRequest(CandidatesRequest):
    """Learn from the grades: a blend of some systems, or a model of one's own, measured on queries that it did not see.

    `settings`: of the first stage. `model`: what is trained, one of `training.KINDS`. `measure`, `level`, `graded`: as
    of `TuneRequest`. `folds`: of a blend. `start`, `teacher`: ids of systems, of a cross-encoder that goes on and of a
    distillation. `extras`: of `training.models.extras`, in the order of the alphabet.
    """

    kind: ClassVar[str] = "train"
    systems: tuple[str, ...]
    model: str
    measure: str
    level: int
    folds: int
    seed: int
    margin: float
    graded: int = 0
    start: str = ""
    teacher: str = ""
    extras: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal request."""
        later: dict[str, Any] = {"start": "", "teacher": "", "extras": []}
        return {name: value for name, value in Request.to_json(self).items() if later.get(name) != value}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRequest(Request):
    """Build the indexes of a dataset, by its name. `settings`: the RetrievalSettings, as JSON.

    `pay`: somebody has read the cost and asked a service to embed the passages. `fingerprint`: of the passages then.
    """

    kind: ClassVar[str] = "index"
    dataset: str
    settings: str
    pay: bool = False
    fingerprint: str = ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal request."""
        later = {"pay": False, "fingerprint": ""}
        return {name: value for name, value in Request.to_json(self).items() if later.get(name) != value}


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest(Request):
    """Have a language model write for queries: somebody has read what it costs.

    `dataset`: its name. `variant`: plain values as `QueryVariant` writes them, never a key. `queries`: texts, () for
    all of the dataset's. `count`: how many nothing was written for; with another number it is another request.
    """

    kind: ClassVar[str] = "write"
    dataset: str
    variant: Mapping[str, Any]
    queries: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest(Request):
    """Import a dataset under a name, from a path. `options`: those of `corpus.ingest.ImportOptions`, by name."""

    kind: ClassVar[str] = "import"
    name: str
    path: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest(Request):
    """Change the passages of the dataset `name`.

    `path`: of what is added or replaces, None: nothing. `remove`: ids. `remove_path`: of a file with an id per line,
    None: no file. `options`: those of `corpus.ingest.ImportOptions`, by name. `preview`: say what would change, and
    change nothing. `fingerprint`: change only passages that are as they were under it, "": as they are.
    """

    kind: ClassVar[str] = "change"
    name: str
    path: str | None = None
    remove: tuple[str, ...] = ()
    remove_path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    preview: bool = False
    fingerprint: str = ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal request."""
        # super() without arguments knows no class whose slots a decorator made
        values = Request.to_json(self)
        return values if self.fingerprint else {name: value for name, value in values.items() if name != "fingerprint"}

    def in_earnest(self, fingerprint: str) -> ChangeRequest:
        """The same change, made and not only looked at, if the passages still are as they were when it was."""
        return replace(self, preview=False, fingerprint=fingerprint)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRequest(Request):
    """Look at a search engine, of which nothing is kept.

    `source`, `templates`: plain values as `EngineSource` and `Template` write them; never a key. `question`: a query
    whose first hits are shown, "" for none. `recall`: also measure with it what a vector index misses.
    """

    kind: ClassVar[str] = "look"
    source: Mapping[str, Any]
    templates: tuple[Mapping[str, Any], ...] = ()
    question: str = ""
    recall: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back to an equal request."""
        return {name: value for name, value in Request.to_json(self).items() if name != "recall" or value}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRequest(Request):
    """Ask the engine of a connected dataset again. `fingerprint`: of what was asked before."""

    kind: ClassVar[str] = "refresh"
    dataset: str
    fingerprint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryRequest(Request):
    """Score the canary of a system again. `dataset`: make a new one of its pairs instead, "": the one that is kept."""

    kind: ClassVar[str] = "canary"
    system: str
    dataset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadRequest(Request):
    """Fetch the model of a system, or those that its members need, from its hub. `system`: its id."""

    kind: ClassVar[str] = "download"
    system: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseDownloadRequest(Request):
    """Fetch a dense model from its hub. `model`: its name there."""

    kind: ClassVar[str] = "dense-download"
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRequest(Request):
    """What is asked of one query, one passage and one system, by their ids; `dataset`: its name.

    `query`: its text. With another text, or other passages under another `fingerprint`, it is another request.
    """

    dataset: str
    qid: str
    docid: str
    system: str
    fingerprint: str = ""
    query: str = ""

    @classmethod
    def of(cls, dataset: DatasetRow, query: Query, docid: str, system: str) -> Self:
        """The request for a pair and a system of a dataset."""
        names = {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "qid": query.qid, "query": query.text}
        return cls(**names, docid=docid, system=system)


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectRequest(PairRequest):
    """Ask a system's model about one pair."""

    kind: ClassVar[str] = "inspect"


@dataclass(frozen=True, slots=True, kw_only=True)
class OccludeRequest(PairRequest):
    """Score one pair with each sentence left out in turn."""

    kind: ClassVar[str] = "occlude"


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmRequest(Request):
    """Load the models of these systems, by their ids, before they are asked for."""

    kind: ClassVar[str] = "warm"
    systems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmGradeRequest(CandidatesRequest):
    """Have a language model grade the first `k` passages of some systems.

    `graded`: also what people graded. `judge`: the model's settings: the name of the variable that holds the key, and
    never a key. `retry`: ask again where an answer was unusable.
    """

    kind: ClassVar[str] = "llm-grade"
    systems: tuple[str, ...]
    k: int
    graded: bool
    judge: Mapping[str, Any]
    retry: bool

    @classmethod
    def of(cls, experiment: Experiment, k: int, graded: bool, judge: Mapping[str, Any], retry: bool) -> Self:
        """The request for the systems of an experiment."""
        names = _candidates(experiment)
        return cls(**names, systems=experiment.ids, k=k, graded=graded, judge=dict(judge), retry=retry)


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmAnswersRequest(CandidatesRequest):
    """Have a language model answer a query from the first `k` passages of each of some systems.

    `query`: its text; with another one it is another request. `chat`: the model's settings: the name of the variable
    that holds the key, and never a key.
    """

    kind: ClassVar[str] = "llm-answers"
    systems: tuple[str, ...]
    qid: str
    k: int
    chat: Mapping[str, Any]
    query: str = ""

    @classmethod
    def of(
        cls, experiment: Experiment, query: Query, systems: tuple[str, ...], k: int, chat: Mapping[str, Any]
    ) -> Self:
        """The request for a query and some systems of an experiment, in this order."""
        names = _candidates(experiment)
        return cls(**names, systems=systems, qid=query.qid, k=k, chat=dict(chat), query=query.text)


def _candidates(experiment: Experiment) -> dict[str, Any]:
    dataset = experiment.dataset
    return {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "settings": experiment.settings.to_json()}
