"""Grades that clicks make: apart from those of people and of language models, and counted as neither."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlite_utils import Database

from rerank_core.store import row_values
from rerank_core.store.workspace import now


class ClickGrade(NamedTuple):
    """What the clicks say of a pair, under a `method`: shown and clicked so often, and its attraction, 0 to 1.

    `attraction` is what is left of the clicks without the advantage of a high place. It is no step of the dataset's
    scale. `text_hash`: of the passage as it was then, "" where it was not in the dataset.
    """

    qid: str
    docid: str
    method: str
    shown: int
    clicks: int
    attraction: float
    text_hash: str = ""


def put_click_grades(db: Database, dataset_id: int, grades: Iterable[ClickGrade], method: str) -> None:
    """Keep the grades of a method; they take the place of all that it gave in this dataset before."""
    db.execute("DELETE FROM click_grade WHERE dataset_id = ? AND method = ?", [dataset_id, method])
    rows = [
        (dataset_id, one.qid, one.docid, one.method, one.shown, one.clicks, one.attraction, one.text_hash, now())
        for one in grades
    ]
    db.conn.executemany(
        """INSERT INTO click_grade (dataset_id, qid, docid, method, shown, clicks, attraction, text_hash, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )


def click_grades(db: Database, dataset_id: int) -> list[ClickGrade]:
    """All that this version can read, by query, the most attractive passage first."""
    sql = """SELECT qid, docid, method, shown, clicks, attraction, text_hash FROM click_grade WHERE dataset_id = ?
             ORDER BY qid, attraction DESC, docid"""
    found = []
    for row in db.execute(sql, [dataset_id]):
        qid, docid, method, shown, clicks, attraction, text_hash = row
        try:
            names = tuple(map(row_values.own_text, (qid, docid, method, text_hash)))
            counts, worth = (row_values.whole(shown), row_values.whole(clicks)), row_values.number(attraction)
        except row_values.UNREADABLE:
            continue
        if counts[0] > 0 and counts[1] >= 0 and 0.0 <= worth <= 1.0:
            found.append(ClickGrade(names[0], names[1], names[2], *counts, worth, names[3]))
    return found
