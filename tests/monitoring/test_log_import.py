"""A log into the workspace: all of it or nothing, and never twice."""

import json

import pytest

from rerank_core.errors import BadInputError
from rerank_core.monitoring.importing import import_log
from rerank_core.store import traffic_clicks, traffic_requests
from rerank_core.store.workspace import Workspace
from tests.monitoring.test_log_forms import RERANKED_SPAN, RETRIEVED, export, lines, own, span


@pytest.fixture
def space(tmp_path):
    return Workspace(tmp_path / "ws.db")


def counts(space):
    with space.open() as db:
        return traffic_requests.count_requests(db), traffic_clicks.count_clicks(db)


def test_the_same_file_twice_adds_nothing(space, tmp_path):
    path = lines(tmp_path / "log.jsonl", own(), own(request="r2"), "oops", own(kind="shadow"))
    first = import_log(space, path)
    assert (first.requests, first.new_requests, first.unread, first.unread_rows[0][0]) == (3, 3, 1, 3)
    again = import_log(space, path)
    assert (again.requests, again.new_requests) == (3, 0)
    assert counts(space)[0] == 3
    with space.open() as db:
        assert len(traffic_requests.list_logs(db)) == 1


def test_a_time_that_no_chart_can_show_is_named_and_left_out(space, tmp_path):
    path = lines(tmp_path / "log.jsonl", own(), own(request="r2", time="2999-01-01T00:00:00Z"))
    report = import_log(space, path)
    assert (report.requests, report.unread) == (1, 1)
    assert report.unread_rows == [(2, "'time' is no time between 1970 and 2261")]


def test_a_file_that_grew_adds_what_is_new(space, tmp_path):
    path = lines(tmp_path / "log.jsonl", own())
    import_log(space, path)
    lines(path, own(), own(request="r2"))
    report = import_log(space, path)
    assert report.new_requests == 1
    assert "2 requests (1 of them new)" in report.sentences()[0]


def test_nothing_stays_of_a_log_that_ends_in_an_error(space, tmp_path, monkeypatch):
    monkeypatch.setattr("rerank_core.monitoring.logs.rows.MOST_BYTES", 1_500)
    monkeypatch.setattr("rerank_core.monitoring.importing._AT_ONCE", 1)
    path = lines(tmp_path / "log.jsonl", *[own(request=f"r{n}") for n in range(9)])
    with pytest.raises(BadInputError, match="larger than 8 GiB"):
        import_log(space, path)
    assert counts(space)[0] == 0
    with space.open() as db:
        assert db.execute("SELECT count(*) FROM traffic_log").fetchone()[0] == 0


def test_what_a_killed_import_left_counts_for_nothing_and_goes(space, tmp_path):
    with space.write() as db:
        left = traffic_requests.begin_log(db, "killed", "own")
        from rerank_core.monitoring.logs.own import read_own

        traffic_requests.put_requests(db, left, [read_own(own())])
    assert counts(space)[0] == 0
    assert import_log(space, lines(tmp_path / "log.jsonl", own())).new_requests == 1
    assert counts(space)[0] == 1


def test_clicks_meet_their_requests_whichever_comes_first(space, tmp_path):
    import_log(space, lines(tmp_path / "clicks.csv", "request,docid", "r1,d1", "r1,d1", "gone,d1"))
    assert counts(space) == (0, (2, 0))
    import_log(space, lines(tmp_path / "log.jsonl", own()))
    assert counts(space) == (1, (2, 1))
    with space.open() as db:
        assert traffic_clicks.clicked(db)["r1"] == {"d1"}


def test_where_spans_of_rerankers_are_logged_a_trace_without_one_was_not_reranked(space, tmp_path):
    spans = export(span("RETRIEVER", "t2", **RETRIEVED)), export(span("RERANKER", "t1", **RERANKED_SPAN))
    import_log(space, lines(tmp_path / "spans.jsonl", *spans))
    with space.open() as db:
        rows = {row[0]: row[1] for row in db.execute("SELECT request, outcome FROM traffic_request")}
    assert rows == {"t1": "reranked", "t2": "skipped"}


def test_queries_are_counted_without_case_and_shadows_do_not_count(space, tmp_path):
    rows = [own(), own(request="r2", query="gulls? "), own(kind="shadow", system="x"), own(request="r3", query="Terns")]
    import_log(space, lines(tmp_path / "log.jsonl", *rows))
    with space.open() as db:
        found = traffic_requests.asked_queries(db)
        assert [(one.key, one.count) for one in found] == [("gulls?", 2), ("terns", 1)]
        kept = {(one.request, one.role): one for one in traffic_requests.walk_lists(db, ["gulls?"])}
    assert sorted(kept) == [("r1", "served"), ("r1", "shadow"), ("r2", "served")]
    assert kept["r2", "served"].docs[0] == ("text:bb", 2.5, 2)


def test_hostile_texts_are_kept_as_text(space, tmp_path):
    query = "'; DROP TABLE traffic_request; -- \u0000 <script>"
    path = lines(tmp_path / "log.jsonl", own(query=query), json.dumps(own(request="r2")).replace("Gulls?", "\\ud800"))
    assert import_log(space, path).new_requests == 2
    with space.open() as db:
        assert {row.text for row in traffic_requests.asked_queries(db)} >= {query}
