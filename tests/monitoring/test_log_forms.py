"""Each form of a log, row by row: what is read, and what a row that cannot be read is called."""

import gzip
import json

import pytest

from rerank_core.errors import BadInputError
from rerank_core.monitoring.logs.any_json import Schema, guess_schema
from rerank_core.monitoring.logs.forms import ANY, BEHAVIOUR, CLICKS, OWN, SPANS, guess_form, read_log
from rerank_core.monitoring.logs.rows import LeftOut, RowError, Unread, as_time
from rerank_core.store.traffic_clicks import LoggedClick
from rerank_core.store.traffic_requests import FAILED, LISTED, RERANKED, SHADOW, SKIPPED, LoggedDoc

NOON = 1_764_504_000.0  # 2025-11-30T12:00:00Z


def lines(path, *rows):
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def read(path):
    form, schema = guess_form(path)
    return form, [row for _, row in read_log(path, form, schema)]


def own(**more):
    return {
        "v": 1, "kind": "rerank", "time": "2025-11-30T12:00:00.000Z", "request": "r1", "protocol": "cohere-v2",
        "system": "mini", "key": "k1", "query_hash": "ff", "query": "Gulls?", "status": 200,
        "candidates": [
            {"place": 0, "text_hash": "aa", "id": "d1"}, {"place": 1, "text_hash": "bb"},
        ],
        "ranking": [{"place": 1, "rank": 1, "score": 2.5}, {"place": 0, "rank": 2, "score": -1}],
        "moved": True, "cut": {}, "pairs": 2, "kept_scores": 1, "ms": {"read": 1.0, "rank": 5.0, "total": 7.5},
        **more,
    }  # fmt: skip


def test_a_row_of_our_server(tmp_path):
    form, (row,) = read(lines(tmp_path / "log.jsonl", own(a_field_of_tomorrow={"x": 1})))
    assert form == OWN
    assert row.docs == (LoggedDoc("text:bb", 2.5, 2), LoggedDoc("d1", -1.0, 1))
    assert (row.request, row.at, row.system, row.made_of) == ("r1", NOON, "mini", "k1")
    assert (row.outcome, row.ms, row.pairs, row.kept, row.moved) == (RERANKED, 7.5, 2, 1, True)
    assert row.query_key == "gulls?"


def test_our_servers_shadows_failures_and_refusals(tmp_path):
    unscored = [{"place": 0, "rank": 1, "score": None}, {"place": 1, "rank": 2, "score": None}]
    rows = [
        own(kind="shadow", system="other"),
        own(kind="refused", status=503, error="busy"),
        own(kind="refused", status=422, error="no documents"),
        own(ranking=unscored, moved=False),
        own(kind="tomorrow"),
    ]
    _, found = read(lines(tmp_path / "log.jsonl", *rows))
    assert (found[0].role, found[0].system) == (SHADOW, "other")
    assert found[1].outcome == FAILED
    assert found[2] == LeftOut("requests that were refused for what they asked")
    assert (found[3].outcome, found[3].moved) == (SKIPPED, False)
    assert isinstance(found[4], LeftOut)


def test_a_hashed_query_is_counted_by_its_hash(tmp_path):
    row = own()
    del row["query"]
    _, (found,) = read(lines(tmp_path / "log.jsonl", row))
    assert (found.query, found.query_key) == ("", "hash:ff")


def test_rows_that_cannot_be_read_are_named_and_the_others_read(tmp_path):
    path = lines(
        tmp_path / "log.jsonl", own(), "{not json", "", "[1]", own(time="yesterday"), own(request="r2"),
        own(ranking=[{"place": 9}]),
    )  # fmt: skip
    with path.open("ab") as stream:
        stream.write(b'{"kind": "\xff"}\n')
    found = read(path)[1]
    assert [row.line for row in found if isinstance(row, Unread)] == [2, 4, 5, 7, 8]
    assert [row.request for row in found if not isinstance(row, Unread)] == ["r1", "r2"]


def test_values_of_other_kinds_end_no_import(tmp_path):
    strange = [[], {}, None, True, 1e400, "x", -1, {"a": [1]}]
    rows = [own(**{field: value}) for field in own() for value in strange if field != "kind"]
    rows += [own(candidates=[{"place": value, "id": value}]) for value in strange]
    rows += [own(ranking=[{"place": value, "score": value}]) for value in strange]
    found = read(lines(tmp_path / "log.jsonl", own(), *rows, own(request="last")))[1]
    assert len(found) == len(rows) + 2
    assert found[-1].request == "last"
    assert sum(isinstance(row, Unread) for row in found) > len(rows) / 3


def test_a_line_without_an_end_is_one_unread_row(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(json.dumps(own()).encode() + b"\n" + b"x" * (17 * 2**20) + b"\n" + json.dumps(own()).encode())
    kinds = [type(row).__name__ for row in read(path)[1]]
    assert kinds == ["LoggedRequest", "Unread", "LoggedRequest"]


def test_packed_logs_and_broken_ones(tmp_path):
    path = tmp_path / "log.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(own()).encode()))
    assert len(read(path)[1]) == 1
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(BadInputError):
        read(path)


def test_any_json_by_its_usual_names(tmp_path):
    row = {
        "timestamp": NOON * 1000, "q": "gulls", "model": "ce-2", "latency_ms": 12,
        "response": {"results": [{"doc_id": 7, "relevance_score": "0.5", "original_rank": 2}, {"doc_id": "d8"}]},
    }  # fmt: skip
    form, (found,) = read(lines(tmp_path / "log.jsonl", row))
    assert form == ANY
    assert found.docs == (LoggedDoc("7", 0.5, 2), LoggedDoc("d8"))
    assert (found.at, found.system, found.ms, found.moved) == (NOON, "ce-2", 12.0, None)
    schema = guess_schema(row)
    assert Schema.from_json(schema.to_json()) == schema


def test_a_schema_says_where_what_stands():
    schema = Schema.from_json('{"time": "when", "query": "ask.text", "docs": "ids", "scores": "s", "seconds": "took"}')
    row = {"when": "2025-11-30 12:00", "ask": {"text": "gulls"}, "ids": ["a", "b"], "s": [1, 0.5], "took": 0.2}
    from rerank_core.monitoring.logs.any_json import read_any

    found = read_any(row, schema, "line")
    assert found.docs == (LoggedDoc("a", 1.0), LoggedDoc("b", 0.5))
    assert (found.at, found.ms, found.outcome) == (NOON, 200.0, RERANKED)
    assert read_any(row, schema, "line").request == found.request != read_any(row, schema, "other").request
    with pytest.raises(RowError, match="2 places and 1 scores"):
        read_any({**row, "s": [1]}, schema, "line")
    with pytest.raises(BadInputError, match="it names nothing"):
        Schema.from_json('{"nothing": "x"}')


def attribute(key, value):
    kind = {str: "stringValue", float: "doubleValue", int: "intValue"}[type(value)]
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def span(kind, trace, start_ms=0, ms=20, failed=False, **attributes):
    begin = int((NOON + start_ms / 1000) * 1e9)
    named = {name.replace("__", "."): value for name, value in attributes.items()}
    return {
        "traceId": trace, "spanId": f"{trace}{kind}{start_ms}", "name": kind.lower(),
        "startTimeUnixNano": str(begin), "endTimeUnixNano": str(begin + ms * 1_000_000),
        "status": {"code": 2} if failed else {},
        "attributes": [attribute(key, value) for key, value in {"openinference.span.kind": kind, **named}.items()],
    }  # fmt: skip


def export(*spans):
    service = {"attributes": [attribute("service.name", "shop")]}
    return {"resourceSpans": [{"resource": service, "scopeSpans": [{"spans": list(spans)}]}]}


RERANKED_SPAN = {
    "reranker__query": "gulls", "reranker__model_name": "ce-2",
    "reranker__input_documents__0__document__id": "a", "reranker__input_documents__1__document__id": "b",
    "reranker__output_documents__0__document__id": "b", "reranker__output_documents__0__document__score": 0.75,
    "reranker__output_documents__1__document__id": "a", "reranker__output_documents__1__document__score": 1,
}  # fmt: skip
RETRIEVED = {"input__value": "terns", "retrieval__documents__0__document__id": "a"}


def test_a_retriever_and_a_reranker_of_one_trace_are_one_request(tmp_path):
    path = lines(
        tmp_path / "spans.jsonl",
        export(span("RETRIEVER", "t1", **{**RETRIEVED, "input__value": "gulls"}), span("LLM", "t1")),
        export(span("RETRIEVER", "t2", **RETRIEVED)),
        export(span("RERANKER", "t1", 20, 35, **RERANKED_SPAN), {"traceId": "t3"}),
    )
    form, found = read(path)
    assert form == SPANS
    left, reranked, unread, listed = found
    assert isinstance(left, LeftOut)
    assert (reranked.request, reranked.system, reranked.query, reranked.ms) == ("t1", "ce-2", "gulls", 35.0)
    assert reranked.docs == (LoggedDoc("b", 0.75, 2), LoggedDoc("a", 1.0, 1))
    assert (reranked.moved, reranked.outcome) == (True, RERANKED)
    assert isinstance(unread, Unread)
    assert (listed.request, listed.system, listed.outcome) == ("t2", "shop", LISTED)


def test_an_export_over_many_lines_is_read_as_one(tmp_path):
    path = tmp_path / "spans.json"
    path.write_text(json.dumps(export(span("RERANKER", "t1", failed=True, **RERANKED_SPAN)), indent=2))
    form, (found,) = read(path)
    assert (form, found.outcome) == (SPANS, FAILED)


def test_user_behaviour_of_opensearch(tmp_path):
    query = {"application": "shop", "query_id": "q1", "user_query": "gulls", "timestamp": "2025-11-30T12:00:00Z",
             "query_response_hit_ids": ["a", "b", "a"]}  # fmt: skip
    event = {"action_name": "item_click", "query_id": "q1", "timestamp": int(NOON * 1000),
             "event_attributes": {"object": {"object_id": "b"}, "position": {"ordinal": 2}}}  # fmt: skip
    path = lines(
        tmp_path / "ubi.ndjson", {"_index": "ubi_queries", "_source": query}, event, {**event, "action_name": "hover"}
    )
    form, (listed, click, other) = read(path)
    assert form == BEHAVIOUR
    assert (listed.docs, listed.outcome) == ((LoggedDoc("a"), LoggedDoc("b")), LISTED)
    assert click == LoggedClick("q1", "b", NOON)
    assert other == LeftOut("events 'hover', which are no clicks")


def test_clicks_as_a_table(tmp_path):
    path = lines(
        tmp_path / "clicks.csv", "time;request_id;docid", "2025-11-30T12:00Z;r1;d1", ";r1;d2", "x;r1", "?;r1;d1"
    )
    form, found = read(path)
    assert form == CLICKS
    assert found[:2] == [LoggedClick("r1", "d1", NOON), LoggedClick("r1", "d2")]
    assert [row.line for row in found[2:]] == [4, 5]
    with pytest.raises(BadInputError, match="no column is named request"):
        read(lines(tmp_path / "other.csv", "a,b", "1,2"))


@pytest.mark.parametrize(
    "value", [NOON, NOON * 1e3, NOON * 1e6, int(NOON) * 10**9, str(NOON), "2025-11-30T13:00+01:00"]
)
def test_times_in_all_units(value):
    assert as_time(value) == pytest.approx(NOON)


@pytest.mark.parametrize("value", [None, "", "soon", True, [], -5, "2025-13-01"])
def test_what_is_no_time(value):
    with pytest.raises(RowError):
        as_time(value)
