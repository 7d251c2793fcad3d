"""What a search engine answered: ids, ranks, scores and text hashes, kept so that it is not asked again."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlite_utils import Database

from rerank_core.errors import RerankLensError
from rerank_core.store import datasets, row_values
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import Workspace, now
from rerank_core.types import Doc, Ranking, ScoredDoc


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `hashes`: docid -> hash of the text as the engine gave it then. `request`: the request's hash."""

    template: str
    query: str
    k: int
    ranking: Ranking
    hashes: Mapping[str, str]
    request: str
    at: str


class StoredAnswers:
    """The answers of a connected dataset in its epoch, under what was asked."""

    def __init__(self, workspace: Workspace, dataset: DatasetRow) -> None:
        self._workspace, self._dataset = workspace, dataset

    def get(self, template: str, query: str, k: int) -> Ranking | None:
        """The ranking, named by the template; None where it was not asked yet, or cannot be read."""
        with self._workspace.open() as db:
            datasets.refuse_changed(db, self._dataset)
            sql = f"{_SELECT} AND a.template = ? AND a.query = ? AND a.k = ?"
            answers = _answers(db, sql, [self._dataset.id, template, query, k])
            return next((answer.ranking for answer in answers), None)

    def put(self, template: str, query: str, k: int, ranking: Ranking, docs: Sequence[Doc], request: str) -> None:
        """Keep an answer and the passages that it names, all or nothing.

        A passage that is there keeps the text it was seen with first: until a refresh, one docid is one text.
        """
        with self._workspace.write() as db:
            datasets.refuse_changed(db, self._dataset)
            add_seen(db, self._dataset.id, docs)
            answer = Answer(template, query, k, ranking, {doc.docid: doc.text_hash for doc in docs}, request, now())
            put_answer(db, self._dataset.id, answer)

    def all(self) -> list[Answer]:
        """Every answer of the epoch, in the order in which they came."""
        with self._workspace.open() as db:
            return list(_answers(db, f"{_SELECT} ORDER BY a.id", [self._dataset.id]))


_SELECT = """SELECT a.template, a.query, a.k, a.docs, a.request, a.seconds, a.at FROM engine_answer a
    JOIN engine_source s ON s.dataset_id = a.dataset_id AND s.epoch = a.epoch WHERE a.dataset_id = ?"""


def add_seen(db: Database, dataset_id: int, docs: Sequence[Doc]) -> None:
    """Store passages that were not seen before, and count them."""
    there = datasets.text_hashes(db, dataset_id, [doc.docid for doc in docs])
    fresh = [doc for doc in docs if doc.docid not in there]
    datasets.add_docs(db, dataset_id, fresh)
    db.execute("UPDATE dataset SET n_docs = n_docs + ? WHERE id = ?", [len(fresh), dataset_id])


def put_answer(db: Database, dataset_id: int, answer: Answer) -> None:
    """Keep an answer in the dataset's epoch. Raises RerankLensError where the dataset is not connected any more."""
    docs = [[doc.docid, doc.score, answer.hashes.get(doc.docid, "")] for doc in answer.ranking.docs]
    cursor = db.execute(
        """INSERT OR REPLACE INTO engine_answer (dataset_id, epoch, template, query, k, docs, request, seconds, at)
           SELECT ?, epoch, ?, ?, ?, ?, ?, ?, ? FROM engine_source WHERE dataset_id = ?""",
        [
            dataset_id, answer.template, answer.query, answer.k, json.dumps(docs, ensure_ascii=False),
            answer.request, answer.ranking.seconds, answer.at, dataset_id,
        ],
    )  # fmt: skip
    if cursor.rowcount != 1:
        raise RerankLensError("This dataset is not connected to a search engine any more.")


def count_answers(db: Database, dataset_id: int) -> tuple[int, int]:
    """(answers of the epoch, places in them whose text differs from the passage that is kept)."""
    held = f"({_SELECT} AND json_valid(a.docs))"
    asked = db.execute(f"SELECT count(*) FROM {held}", [dataset_id]).fetchone()[0]
    sql = f"""SELECT count(*) FROM {held} AS held, json_each(held.docs) AS place
              JOIN doc ON doc.dataset_id = ? AND doc.docid = json_extract(place.value, '$[0]')
              WHERE doc.text_hash IS NOT json_extract(place.value, '$[2]')"""
    return int(asked), int(db.execute(sql, [dataset_id, dataset_id]).fetchone()[0])


def _answers(db: Database, sql: str, parameters: Sequence[object]) -> Iterator[Answer]:
    for template, query, k, docs, request, seconds, at in db.execute(sql, list(parameters)):
        try:
            rows = [
                (row_values.text(docid), row_values.number_or_none(score), row_values.text(seen))
                for docid, score, seen in row_values.listed(docs)
            ]
            took, many = row_values.number_or_none(seconds), row_values.whole(k)
            named, asked, sent, when = map(row_values.text, (template, query, request, at))
        except row_values.UNREADABLE:
            continue
        scored = tuple(ScoredDoc(docid, score, rank) for rank, (docid, score, _) in enumerate(rows, start=1))
        ranking = Ranking("", named, scored, took)
        hashes = {docid: seen for docid, _, seen in rows}
        yield Answer(named, asked, many, ranking, hashes, sent, when)
