"""A workspace with rankings made by hand, and the report of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import figures
from rerank_core.reports.report import Report, build_report
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Judgment, Query, Ranking, ScoredDoc, text_hash

SETTINGS = RetrievalSettings(("bm25",), depth=10)
BASE, OTHER, THIRD = "first-stage", "minilm-cosine", "minilm-maxsim"
DOCS = [Doc(letter, f"text of {letter}", f"Title {letter}") for letter in "abcde"]


def ranked_dataset(
    workspace: Workspace,
    orders: Mapping[str, Mapping[str, str | None]],
    qrels: Mapping[str, Mapping[str, int]],
    *,
    name: str = "letters",
    docs: Sequence[Doc] = DOCS,
    queries: Sequence[Query] = (),
    seconds: Mapping[str, float] | None = None,
    judge: str = "ann",
) -> DatasetRow:
    """Keep a dataset; `orders`: system -> qid -> docids of one letter each, None: failed. Candidates: the first's."""
    asked = list(queries) or [
        Query(qid, f"text of {qid}") for qid in dict.fromkeys(q for o in orders.values() for q in o)
    ]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, name, "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        dataset = datasets.get_dataset(db, name)
        hashes = {doc.docid: doc.text_hash for doc in docs}
        grades = [
            Judgment(qid, docid, grade, judge, "import", "", "2026-01-01T00:00:00+00:00", hashes.get(docid, ""))
            for qid, row in qrels.items()
            for docid, grade in row.items()
        ]
        judgments.import_judgments(db, dataset_id, grades)
    first = next(iter(orders.values()))
    for query in asked:
        key = candidates_key(dataset.fingerprint, SETTINGS.key(), query.text)
        with workspace.write() as db:
            found = _ranking(query.qid, "first-stage", first.get(query.qid) or "", 0.01)
            rankings.put_candidates(db, key, dataset.id, SETTINGS.to_json(), found)
            for system, own in orders.items():
                if query.qid in own:
                    order, system_key = own[query.qid], get_system(workspace, system).key
                    made = (
                        None if order is None else _ranking(query.qid, system_key, order, (seconds or {}).get(system))
                    )
                    rankings.put_ranking(db, key, system_key, made, "" if made else "it <b>broke</b>")
    return dataset


def _ranking(qid: str, system: str, docids: str, seconds: float | None) -> Ranking:
    return Ranking(qid, system, tuple(ScoredDoc(d, -float(r), r) for r, d in enumerate(docids, 1)), seconds)


def report_of(
    workspace: Workspace,
    dataset: DatasetRow,
    systems: Sequence[str],
    measures: str = "nDCG@10,RR@10",
    price: float | None = None,
) -> Report:
    """The report as the page and the shell put it together."""
    experiment = Experiment.of(workspace, dataset.name, systems, baseline=systems[0], settings=SETTINGS)
    return build_report(figures(experiment, measures.split(",")), price)


def changed_text(workspace: Workspace, dataset: DatasetRow, docid: str) -> None:
    """As if the passage had been edited after it was graded."""
    with workspace.write() as db:
        db.execute(
            "UPDATE doc SET text = 'new', text_hash = ? WHERE dataset_id = ? AND docid = ?",
            [text_hash("new"), dataset.id, docid],
        )
