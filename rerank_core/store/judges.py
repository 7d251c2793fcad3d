"""What each judge says now, one by one: their grades, skips and notes; and how each grade came to be what it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlite_utils import Database

from rerank_core.store.judgments import READABLE, voices
from rerank_core.text import person_key
from rerank_core.types import Judgment


@dataclass(frozen=True, slots=True)
class JudgeRow:
    """A judge of a dataset. `grades`: pairs that they grade now; `skipped`: that they skipped and did not grade since.

    `adjudicated`: pairs that they settled. `sources`: where their grades came from (human, import). `first`, `last`:
    when they said anything, ISO 8601 in UTC.
    """

    judge: str
    grades: int
    skipped: int
    adjudicated: int
    sources: tuple[str, ...]
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Change:
    """A row of the history, with what it changed. `old` and `new`: this judge's grade before and after; None: none.

    A skip or a note changes no grade. An adjudication follows only adjudications of the same judge. `rule`: one of
    `judgments.RULES`.
    """

    event: int
    at: str
    judge: str
    qid: str
    docid: str
    kind: str
    old: int | None
    new: int | None
    source: str
    rule: str
    note: str
    text_hash: str


def current(
    db: Database, dataset_id: int, qid: str | None = None, without_rules: Collection[str] = ()
) -> list[Judgment]:
    """Each judge's grade of each pair as it is now, oldest first; adjudications too, and no language model.

    A grade that an undo brought back is as old as it was. An adjudication has the source 'adjudication'. `at` and
    `note` are those of the newest row, which may be an undo; pairs whose newest row came by one of `without_rules` are
    left out.
    """
    said = {voice.event: pair for pair, heard in voices(db, dataset_id, qid).items() for voice in heard.values()}
    sql = """SELECT id, grade, judge, source, note, at, text_hash FROM judgment
             WHERE id IN (SELECT value FROM json_each(?)) AND rule NOT IN (SELECT value FROM json_each(?))
             ORDER BY coalesce(restores, id)"""
    rows = db.execute(sql, [json.dumps(list(said)), json.dumps(list(without_rules))])
    return [Judgment(*said[event], *found) for event, *found in rows]


def judges(db: Database, dataset_id: int) -> list[JudgeRow]:
    """Everybody who ever said something about this dataset, by name; no language model."""
    graded: dict[str, int] = {}
    settled: dict[str, int] = {}
    for heard in voices(db, dataset_id).values():
        for judge, adjudicated in heard:
            counts = settled if adjudicated else graded
            counts[judge] = counts.get(judge, 0) + 1
    sql = f"""SELECT judge, json_group_array(DISTINCT source), min(at), max(at) FROM judgment
             WHERE dataset_id = ? AND source <> 'llm' AND {READABLE} GROUP BY judge ORDER BY judge"""
    return [
        JudgeRow(
            judge, graded.get(judge, 0), len(skipped(db, dataset_id, judge)), settled.get(judge, 0),
            tuple(source for source in sorted(json.loads(sources)) if source != "adjudication"), first, last,
        )
        for judge, sources, first, last in db.execute(sql, [dataset_id]).fetchall()
    ]  # fmt: skip


def known_spelling(db: Database, name: str) -> str:
    """The spelling under which this person graded or voted, in any dataset; "" where nobody of this name did.

    Of several spellings (they came before names were matched) the one with the most grades and votes.
    """
    sql = """SELECT said, sum(n) FROM (
               SELECT judge AS said, count(*) AS n FROM judgment
               WHERE source IN ('human', 'adjudication') GROUP BY judge
               UNION ALL SELECT voter, count(*) FROM vote GROUP BY voter)
             GROUP BY said ORDER BY 2 DESC, 1"""
    key = person_key(name)
    return next((said for said, _ in db.execute(sql).fetchall() if person_key(said) == key), "") if key else ""


def graded_since(db: Database, dataset_id: int, judge: str, since: str) -> int:
    """How many pairs a judge has graded since a time (ISO 8601 in UTC) and not taken back."""
    sql = """SELECT count(*) FROM (SELECT DISTINCT qid, docid FROM judgment g
               WHERE dataset_id = ? AND judge = ? AND kind = 'grade' AND source = 'human' AND at >= ?
               AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id))"""
    return int(db.execute(sql, [dataset_id, judge, since]).fetchone()[0])


def skipped(db: Database, dataset_id: int, judge: str) -> list[tuple[str, str]]:
    """The (qid, docid) pairs that a judge skipped and does not grade, in the order of skipping."""
    sql = f"""SELECT qid, docid FROM judgment s WHERE dataset_id = ? AND judge = ? AND kind = 'skip' AND {READABLE}
             AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = s.id) ORDER BY id"""
    pairs = dict.fromkeys(tuple(row) for row in db.execute(sql, [dataset_id, judge]))
    if not pairs:
        return []
    graded = voices(db, dataset_id)
    return [(qid, docid) for qid, docid in pairs if (judge, False) not in graded.get((qid, docid), {})]


def grades_by_rule(db: Database, dataset_id: int) -> dict[str, int]:
    """Rule, see `judgments.RULES` -> how many grades people gave by it and did not take back, the most first."""
    sql = """SELECT rule, count(*) FROM judgment g WHERE dataset_id = ? AND kind = 'grade' AND source = 'human'
             AND NOT EXISTS (SELECT 1 FROM judgment u WHERE u.undoes = g.id) GROUP BY rule ORDER BY 2 DESC, 1"""
    return dict(db.execute(sql, [dataset_id]).fetchall())


def notes(db: Database, dataset_id: int) -> dict[tuple[str, str, str], str]:
    """(qid, docid, judge) -> their newest note on the pair, with a grade or alone; none that was taken away.

    An adjudicator's reason stands beside the adjudication (`current`) and is not among these.
    """
    sql = f"""SELECT qid, docid, judge, note FROM judgment WHERE dataset_id = ? AND source IN ('human', 'import')
             AND (kind = 'note' OR (kind IN ('grade', 'skip') AND note <> '' AND rule <> 'mapped')) AND {READABLE}
             ORDER BY id"""
    found = {(qid, docid, judge): note for qid, docid, judge, note in db.execute(sql, [dataset_id])}
    return {key: note for key, note in found.items() if note}


def changes(db: Database, dataset_id: int) -> Iterator[Change]:
    """The whole history with old and new grades, oldest first; of language models too where there are any."""
    now: dict[tuple[str, str, str, str], int | None] = {}
    sql = f"""SELECT id, judge, qid, docid, kind, grade, source, at, rule, note, text_hash FROM judgment
             WHERE dataset_id = ? AND {READABLE} ORDER BY id"""
    for event, judge, qid, docid, kind, grade, source, *words in db.execute(sql, [dataset_id]):
        at, rule, note, text_hash = (word if isinstance(word, str) else "" for word in words)
        # a file may have been imported under the judge's own name; an adjudication or a model speaks beside them
        lane = (qid, docid, judge, source if source in ("adjudication", "llm") else "")
        old = now.get(lane)
        new = now[lane] = grade if kind in ("grade", "undo") else old
        yield Change(event, at, judge, qid, docid, kind, old, new, source, rule, note, text_hash)
