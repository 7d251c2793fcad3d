"""The page Traffic: logs come in, alerts are said, queries lead to Compare and into the eval set."""

from __future__ import annotations

import json

import pytest

from pages.ui import state
from pages.ui.traffic.parts import CANARY, EVAL_SET, LISTS, LOGS, PARTS, QUERIES
from rerank_core.monitoring.importing import import_log
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, jobs
from rerank_core.store.traffic_canaries import CanaryPair, get_canary, put_canary, put_check
from rerank_core.store.traffic_requests import count_requests
from rerank_core.types import Doc, Query, no_progress
from tests.pages.conftest import open_page, texts
from tests.support.traffic import SKIPS, draw_requests, write_own_log


@pytest.fixture
def with_traffic(workspace, tmp_path):
    """Passages of two queries' lists, and 700 requests whose last were not reranked."""
    with workspace.write() as db:
        row = datasets.begin_dataset(db, "things", "things")
        docs = [Doc(f"d{query}-{place}", f"thing {query} at {place}") for query in (0, 1) for place in range(20)]
        datasets.add_docs(db, row, docs)
        datasets.add_queries(db, row, [Query("q1", "another question")])
        datasets.finish_dataset(db, row, {})
    requests = draw_requests(700, seed=1, fault=SKIPS, since=670, queries=5)
    import_log(workspace, write_own_log(tmp_path / "log.jsonl", requests))
    clicks = ["request,docid", *(f"{one.request},{one.docs[0].docid}" for one in requests[:200])]
    (tmp_path / "clicks.csv").write_text("\n".join(clicks))
    import_log(workspace, tmp_path / "clicks.csv")
    return workspace


def opened(part):
    app = open_page("Traffic", ds="things")
    app.session_state[state.TRAFFIC_PART] = part
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def test_without_a_log_the_page_asks_for_one(birds):
    app = open_page("Traffic")
    assert not app.exception, app.exception[0].message
    assert "No log was read yet" in texts(app.info)


def test_the_alert_is_said_first(with_traffic):
    app = open_page("Traffic", ds="things")
    assert not app.exception, app.exception[0].message
    assert "skipped" in texts(app.error)
    assert "requests were not reranked" in texts(app.error)
    app.text_input(key=state.TRAFFIC_LAST).set_value("soon").run()
    assert "is no window" in texts(app.error)


def test_parts_show_what_they_are_for(with_traffic):
    assert "700 requests, 5 queries" in texts(opened(QUERIES).caption)
    lists = opened(LISTS)
    assert "Raw clicks" in texts(lists.markdown)
    assert "How far the clicked passage had risen" in texts(lists.markdown)
    logs = opened(LOGS)
    assert "200 of 200 clicks belong" in texts(logs.caption)
    assert "700 requests" in texts(logs.markdown)


def test_rows_of_a_newer_version_break_no_part(with_traffic):
    with with_traffic.write() as db:
        db.execute("UPDATE traffic_log SET report = '{}' WHERE id = 1")
        db.execute("UPDATE traffic_request SET at = 1e11, query_key = x'ff' WHERE id = 1")
        db.execute("UPDATE traffic_request SET ms = 'soon', scores = x'ff00' WHERE id = 2")
    for part in PARTS:
        opened(part)
    assert "not known to this version" in texts(opened(LOGS).markdown)
    assert "699 requests" in texts(opened(QUERIES).caption)


def test_drawn_queries_join_the_dataset_and_a_log_can_be_forgotten(with_traffic):
    app = opened(EVAL_SET)
    next(one for one in app.button if one.label.startswith("Add to")).click().run()
    assert not app.exception, app.exception[0].message
    assert "5 queries added" in texts(app.success)
    with with_traffic.open() as db:
        assert datasets.get_dataset(db, "things").n_queries == 6
    logs = opened(LOGS)
    logs.button(key="forget 1").click().run()
    with with_traffic.open() as db:
        assert count_requests(db) == 0


def test_click_grades_say_why_there_are_none(with_traffic, tmp_path):
    app = opened(EVAL_SET)
    next(one for one in app.button if one.label == "Make click grades").click().run()
    assert "made from" in texts(app.success) or "cannot tell place from passage" in texts(app.error)


def test_texts_of_a_log_are_shown_as_text(workspace, tmp_path, birds):
    rows = [
        {"time": 1e9 + n, "query": "**<b>bold</b>** :smile:", "results": ["d1"], "model": "[x](http://y)"}
        for n in range(3)
    ]
    path = tmp_path / "log.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    import_log(workspace, path)
    app = open_page("Traffic")
    assert not app.exception, app.exception[0].message
    assert "[x](http://y): 3 requests" in texts(app.info)


def do_the_job(workspace, kind):
    """What the worker does with the one open job of a kind."""
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, kind)
    JOBS[kind](Pipeline(workspace), job.params, no_progress)
    with workspace.write() as db:
        jobs.finish(db, job.id, "done")
    return job.params


def test_a_canary_is_made_scored_again_and_says_when_the_model_changed(workspace, birds):
    app = open_page("Traffic", ds="birds")
    app.session_state[state.TRAFFIC_PART] = CANARY
    app.run()
    app.selectbox(key=state.TRAFFIC_CANARY).set_value("minilm-cosine").run()
    next(one for one in app.button if one.label == "Keep pairs of birds").click().run()
    assert not app.exception, app.exception[0].message
    assert do_the_job(workspace, "canary") == {"system": "minilm-cosine", "dataset": "birds"}
    app.run()
    assert "Not scored again yet" in texts(app.info)
    assert "rerank-lens watch --canary minilm-cosine" in app.code[0].value

    next(one for one in app.button if one.label == "Score again").click().run()
    assert do_the_job(workspace, "canary")["dataset"] == ""
    app.run()
    assert "the model is the one of" in texts(app.success)

    with workspace.write() as db:
        kept = get_canary(db, "minilm-cosine")
        put_check(db, kept, {"minilm-cosine": [score + 0.3 for score in kept.scores["minilm-cosine"]]})
    app.run()
    assert not app.exception, app.exception[0].message
    assert "the model behind this name changed between" in texts(app.error)
    assert "up to 0.300 away" in texts(app.error)
    assert list(app.dataframe[0].value["Found"]) == ["changed", "same"]


def test_a_canary_whose_system_is_gone_or_whose_job_failed_says_so(workspace, birds):
    with workspace.write() as db:
        put_canary(db, "100 % gone", "", 0.0, [CanaryPair("q", "t")], {"gone": [1.0]})
        put_canary(db, "minilm-maxsim", "", 0.0, [CanaryPair("q", "t")], {"other": [1.0]})
    app = open_page("Traffic", ds="birds")
    app.session_state[state.TRAFFIC_PART] = CANARY
    app.run()
    assert "not in the workspace any more" in texts(app.caption)
    assert r"rerank-lens watch --canary '100 \% gone'" in app.code[0].value
    next(one for one in app.button if one.label == "Score again").click().run()
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, "canary")
        jobs.finish(db, job.id, "failed", "minilm-maxsim has other models now")
    app.run()
    assert "has other models now" in texts(app.error)
