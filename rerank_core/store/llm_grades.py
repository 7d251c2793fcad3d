"""Grades by language models: apart from those of people, and kept by what was asked, so that it is asked once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlite_utils import Database

from rerank_core.store.workspace import now
from rerank_core.types import Query, text_hash

_READABLE = " AND ".join(
    (
        "typeof(grade) IN ('integer', 'null') AND coalesce(grade, 0) BETWEEN 0 AND 1000",
        *(f"typeof({name}) = 'text'" for name in ("qid", "docid", "prompt", "model", "problem", "reply", "at")),
        *(f"typeof({name}) IN ('integer', 'null')" for name in ("input_tokens", "output_tokens")),
    )
)
"""No version of ours has written another answer: it counts as not asked."""
Pair = tuple[str, str]
"""(qid, docid)."""


@dataclass(frozen=True, slots=True)
class LlmJudge:
    """Who gave a grade: `model` as asked, with the place that it was asked at, and the key of its prompt."""

    model: str
    prompt: str


@dataclass(frozen=True, slots=True)
class LlmGrade:
    """An answer to one pair. `grade` None: it could not be used, and `problem` says why, in words for a person.

    It belongs to the two texts by their hashes, whatever their ids. `reply`: the answer as it came. The tokens are all
    that this pair took, failed tries included; None where nothing was told. `at`: ISO 8601 in UTC, "" until it is kept.
    """

    qid: str
    docid: str
    query_hash: str
    text_hash: str
    grade: int | None
    problem: str = ""
    reply: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    at: str = ""


def query_hash(query: Query) -> str:
    """Names what a judge is told of a query: its text and its note."""
    return text_hash(f"{query.text}\x00{query.note}")


def put(db: Database, dataset_id: int, judge: LlmJudge, answers: Iterable[LlmGrade]) -> None:
    """Keep answers. A grade that is kept already stays; a failure gives way to a newer answer, and its tokens count on.

    Raises sqlite3.IntegrityError for an answer with both a grade and a problem, or with neither.
    """
    names = """dataset_id, model, prompt, qid, docid, query_hash, text_hash, grade, problem, reply, input_tokens,
               output_tokens, at"""
    rows = (
        (
            *(dataset_id, judge.model, judge.prompt, one.qid, one.docid, one.query_hash, one.text_hash),
            *(one.grade, one.problem, one.reply, one.input_tokens, one.output_tokens, one.at or now()),
        )
        for one in answers
    )
    db.conn.executemany(
        f"""INSERT INTO llm_grade ({names}) VALUES ({", ".join("?" * 13)})
            ON CONFLICT (query_hash, text_hash, prompt, model) DO UPDATE SET
              grade = excluded.grade, problem = excluded.problem, reply = excluded.reply, at = excluded.at,
              input_tokens = coalesce(input_tokens + excluded.input_tokens, excluded.input_tokens, input_tokens),
              output_tokens = coalesce(output_tokens + excluded.output_tokens, excluded.output_tokens, output_tokens)
            WHERE llm_grade.grade IS NULL""",
        rows,
    )


def answers(db: Database, judge: LlmJudge) -> dict[tuple[str, str], LlmGrade]:
    """(query hash, text hash) -> what this judge answered, in whatever dataset it was asked."""
    rows = db.query(
        f"SELECT * FROM llm_grade WHERE prompt = ? AND model = ? AND {_READABLE}", [judge.prompt, judge.model]
    )
    return {(row["query_hash"], row["text_hash"]): _answer(row) for row in rows}


def by_judge(db: Database, dataset_id: int, queries: Iterable[Query]) -> dict[LlmJudge, dict[Pair, LlmGrade]]:
    """Judge -> pair -> answer, for all pairs of the dataset whose texts, as they are now, were asked about.

    The judge with the newest answer comes first. A passage that is there twice has the answer twice.
    """
    asked: Mapping[str, list[str]] = defaultdict(list)
    for query in queries:
        asked[query_hash(query)].append(query.qid)
    sql = f"""SELECT g.*, d.docid AS here FROM (SELECT * FROM llm_grade WHERE {_READABLE}) g
             JOIN doc d ON d.dataset_id = ? AND d.text_hash = g.text_hash
             WHERE typeof(d.docid) = 'text' ORDER BY g.at DESC, g.id DESC"""
    found: dict[LlmJudge, dict[Pair, LlmGrade]] = {}
    for row in db.query(sql, [dataset_id]):
        for qid in asked.get(row["query_hash"], ()):
            own = found.setdefault(LlmJudge(row["model"], row["prompt"]), {})
            own[qid, row["here"]] = replace(_answer(row), qid=qid, docid=row["here"])
    return found


def last_change(db: Database) -> tuple[int, str]:
    """How many answers there are, and when the newest came: it changes with every one that is kept."""
    row = db.execute("SELECT count(*), coalesce(max(at), '') FROM llm_grade").fetchone()
    return int(row[0]), str(row[1])


def _answer(row: Mapping[str, Any]) -> LlmGrade:
    names = (
        *("qid", "docid", "query_hash", "text_hash", "grade", "problem", "reply"),
        *("input_tokens", "output_tokens", "at"),
    )
    return LlmGrade(**{name: row[name] for name in names})
