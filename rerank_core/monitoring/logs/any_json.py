"""Any JSON lines, one request each, by a schema that says where what stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rerank_core.errors import BadInputError
from rerank_core.monitoring.logs.rows import (
    LONGEST_QUERY,
    Row,
    RowError,
    as_number,
    as_time,
    count_at,
    docid_of,
    flag_at,
    get,
    has_moved,
    number_at,
    refuse_many,
    text_at,
    without_repeats,
)
from rerank_core.store.traffic_requests import (
    FAILED,
    LISTED,
    OUTCOMES,
    RERANKED,
    ROLES,
    SERVED,
    SKIPPED,
    LoggedDoc,
    LoggedRequest,
    hash_of,
)


@dataclass(frozen=True, slots=True)
class Schema:
    """Where a row holds what: names with dots between them ("response.hits"); "" where it has no such thing.

    `docs` is a list, best first, of objects, or of ids alone. `docid`, `score` and `before` (the rank from 1 before the
    reranker) are names within such an object. `scores`: a list of numbers beside `docs`, instead of `score`.
    `outcome`: a text, one of reranked, skipped, failed. `skipped`: true where the reranker was left out. `error`:
    anything where the request failed. `ms` is milliseconds; `seconds` stands for it where the log has those.
    """

    request: str = ""
    time: str = "time"
    query: str = "query"
    system: str = ""
    role: str = ""
    docs: str = "results"
    docid: str = "id"
    score: str = "score"
    scores: str = ""
    before: str = ""
    outcome: str = ""
    skipped: str = ""
    error: str = ""
    ms: str = ""
    seconds: str = ""
    pairs: str = ""
    kept: str = ""
    moved: str = ""
    made_of: str = ""

    def to_json(self) -> str:
        """As the page and the verb show it."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str, source: str = "schema") -> Schema:
        """Raises BadInputError for what is no schema."""
        expected = f"an object of texts; names: {', '.join(one.name for one in fields(cls))}"
        try:
            plain = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadInputError(source, None, "it is not JSON", expected) from error
        known = {one.name for one in fields(cls)}
        if not isinstance(plain, dict) or not all(isinstance(value, str) for value in plain.values()):
            raise BadInputError(source, None, "it is no object of texts", expected)
        if unknown := sorted(plain.keys() - known):
            raise BadInputError(source, None, f"it names {', '.join(unknown[:3])}", expected)
        return cls(**{"docid": "", "score": "", "docs": "", "time": "", "query": "", **plain})


_USUAL: Mapping[str, Sequence[str]] = {
    "request": ("request", "request_id", "requestId", "query_id", "search_id", "trace_id", "id"),
    "time": ("time", "timestamp", "@timestamp", "ts", "at", "date"),
    "query": ("query", "q", "query_text", "user_query", "search_query", "request.query"),
    "system": ("system", "reranker", "model", "ranker", "model_name"),
    "role": ("role",),
    "docs": ("results", "ranking", "docs", "documents", "hits", "reranked", "response.results", "response.hits"),
    "scores": ("scores",),
    "outcome": ("outcome",),
    "skipped": ("skipped", "rerank_skipped"),
    "error": ("error", "exception"),
    "ms": ("ms", "latency_ms", "took_ms", "duration_ms", "elapsed_ms", "took"),
    "seconds": ("seconds", "latency_s", "duration_s"),
    "pairs": ("pairs",),
    "kept": ("kept", "cache_hits", "cached"),
    "moved": ("moved", "order_changed"),
    "made_of": ("made_of", "key", "model_version", "version", "revision"),
}
_USUAL_OF_A_DOC: Mapping[str, Sequence[str]] = {
    "docid": ("id", "docid", "doc_id", "document_id", "_id", "document.id"),
    "score": ("score", "relevance_score", "rerank_score", "_score"),
    "before": ("before", "rank_before", "original_rank", "first_stage_rank"),
}


def guess_schema(row: Mapping[str, Any]) -> Schema:
    """The schema that the usual names make of a row; it is shown, and a person may say another one."""
    found = {
        name: next((one for one in names if get(row, one) is not None), "")
        for name, names in _USUAL.items()
        if name != "docs"
    }
    docs = next((one for one in _USUAL["docs"] if isinstance(get(row, one), list)), "")
    first = next(iter(get(row, docs) or ()), None)
    inside = dict.fromkeys(_USUAL_OF_A_DOC, "")
    if isinstance(first, Mapping):
        inside = {
            name: next((one for one in names if get(first, one) is not None), "")
            for name, names in _USUAL_OF_A_DOC.items()
        }
    return Schema(**{**found, "docs": docs, **inside})


def read_any(row: Mapping[str, Any], schema: Schema, line: str) -> Row:
    """A row by the schema; `line`: its text, which names a request that has no id. Raises RowError."""
    docs = _docs(row, schema)
    seconds = number_at(row, schema.seconds)
    role = text_at(row, schema.role) or SERVED
    if role not in ROLES:
        raise RowError(f"the role is '{role}'; there are {', '.join(ROLES)}")
    moved = flag_at(row, schema.moved)
    query = text_at(row, schema.query, LONGEST_QUERY)
    if not query.strip():
        raise RowError(f"there is no '{schema.query or 'query'}'")
    return LoggedRequest(
        request=text_at(row, schema.request) or hash_of(line),
        at=as_time(get(row, schema.time), schema.time or "time"),
        system=text_at(row, schema.system) or "logged",
        query=query,
        outcome=_outcome(row, schema, docs),
        docs=docs,
        role=role,
        made_of=text_at(row, schema.made_of),
        ms=number_at(row, schema.ms) if seconds is None else seconds * 1000,
        pairs=count_at(row, schema.pairs),
        kept=_kept(row, schema),
        moved=moved if moved is not None else has_moved(docs),
    )


def _kept(row: Mapping[str, Any], schema: Schema) -> int | None:
    # a log of whole answers says true or false
    flag = flag_at(row, schema.kept)
    if flag is None:
        return count_at(row, schema.kept)
    return int(flag) * (count_at(row, schema.pairs) or 1)


def _outcome(row: Mapping[str, Any], schema: Schema, docs: Sequence[LoggedDoc]) -> str:
    said = text_at(row, schema.outcome)
    if said:
        if said not in OUTCOMES:
            raise RowError(f"the outcome is '{said}'; there are {', '.join(OUTCOMES)}")
        return said
    if get(row, schema.error):
        return FAILED
    if flag_at(row, schema.skipped):
        return SKIPPED
    return RERANKED if any(doc.score is not None for doc in docs) else LISTED


def _docs(row: Mapping[str, Any], schema: Schema) -> tuple[LoggedDoc, ...]:
    docs = get(row, schema.docs) or []
    scores = get(row, schema.scores) or []
    if not isinstance(docs, list) or not isinstance(scores, list):
        raise RowError(f"'{schema.docs if not isinstance(docs, list) else schema.scores}' is no list")
    refuse_many(docs)
    if scores and len(scores) != len(docs):
        raise RowError(f"there are {len(docs)} places and {len(scores)} scores")
    found = []
    for place, doc in enumerate(docs):
        score = as_number(scores[place], schema.scores) if scores else None
        if not isinstance(doc, Mapping):
            found.append(LoggedDoc(docid_of(doc), score))
            continue
        before = count_at(doc, schema.before)
        own = number_at(doc, schema.score) if not scores else score
        found.append(LoggedDoc(docid_of(get(doc, schema.docid)), own, before))
    return without_repeats(found)


def read_schema(path: Path) -> Schema:
    """The schema of a file. Raises BadInputError."""
    try:
        return Schema.from_json(path.read_text("utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(path, None, f"cannot be read ({type(error).__name__})", "a schema as JSON") from error
