"""A dataset of which two systems have ranked every query, made without a model: to vote on, and to present."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.plan import LabelPlan, save_plan
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

SETTINGS = RetrievalSettings(("bm25",), depth=20)
SYSTEMS = ("first-stage", "minilm-cosine")
LINK = "ret=BM25+(words)&depth=20&sys=first-stage&sys=minilm-cosine"
WORDS = ("parcel", "refund", "invoice", "password", "delivery", "warranty")
MANY_WORDS = (
    *WORDS,
    *("account", "address", "basket", "coupon", "discount", "exchange", "gift", "newsletter", "order", "package"),
    *("payment", "receipt", "return", "shipping", "subscription", "voucher"),
)


def make_presented(
    workspace: Workspace, name: str = "shop", passages: int = 6, words: Sequence[str] = WORDS
) -> DatasetRow:
    """A query per word, passages about each word, the second system the other way round, one grade per query."""
    docs = [
        Doc(
            f"{word}-{number}",
            f"This passage says what to do with a {word}. " * (1 + number)
            + "It goes on for a while, as such texts do.",
            f"About the {word}, part {number}",
        )
        for word in words
        for number in range(passages)
    ]
    queries = [Query(f"q-{word}", f"What do I do with my {word}?") for word in words]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, queries)
        datasets.finish_dataset(db, dataset_id, {})
        dataset = datasets.get_dataset(db, name)
    experiment = Experiment(workspace, dataset, SETTINGS)
    pipeline, first, second = Pipeline(workspace), *(get_system(workspace, system) for system in SYSTEMS)
    for number, query in enumerate(queries, 1):
        found = pipeline.rank(experiment, query, first).ranking
        assert found is not None
        turned = tuple(ScoredDoc(docid, 1.0 / rank, rank) for rank, docid in enumerate(found.docids[::-1], 1))
        with workspace.write() as db:
            rankings.put_ranking(db, experiment.key(query), second.key, Ranking(query.qid, second.key, turned, 0.01))
            event = GradeEvent(f"presented-{name}", number, "grade", query.qid, turned[0].docid, 3)
            judgments.record(db, dataset.id, "Lead", [event], dataset.scale)
    save_plan(workspace, dataset, LabelPlan(SYSTEMS, SETTINGS.to_json(), depth=3, overlap=1.0))
    return dataset
