"""Inspect: ranks of a passage, what a model tells of one pair, and the threshold from the grades."""

from __future__ import annotations

import pytest

from rerank_core import verbs
from rerank_core.pipeline import Pipeline
from rerank_core.store import jobs, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.worker import Worker
from tests.pages.conftest import VIEW, open_page, texts


def inspect(**query):
    return open_page("Inspect", **{**VIEW, **query})


def test_a_query_that_is_not_ranked_says_where_to_go(workspace, birds):
    app = inspect()
    assert not app.exception
    assert "not ranked yet" in texts(app.info)


def test_it_shows_where_each_system_puts_the_passage(workspace, ranked):
    app = inspect()
    assert not app.exception
    ranks = {metric.label: metric.value for metric in app.metric}
    assert ranks == {"Rank by First stage as it is": "1", "Rank by MiniLM bi-encoder (cosine)": "3"}


def test_the_models_own_view_of_the_pair_comes_from_the_worker(workspace, ranked):
    inspect(by="MiniLM bi-encoder (cosine)")
    worker = Worker(workspace, -1, Pipeline(workspace))
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "inspect")
        params = job.params
    found = verbs.VERBS["inspect"](worker.pipeline, params, lambda *_: None)
    with workspace.write() as db:
        jobs.finish(db, job.id, "done", result=found)
    app = inspect(by="MiniLM bi-encoder (cosine)")
    score = next(metric.value for metric in app.metric if metric.label == "Raw score")
    assert float(score) == pytest.approx(found["score"], abs=1e-4)


def test_late_interaction_tells_which_tokens_meet(workspace, birds):
    params = {"dataset": "birds", "qid": "q1", "docid": "d1", "system": "minilm-maxsim"}
    found = verbs.VERBS["inspect"](Pipeline(workspace), params, lambda *_: None)
    query_tokens, text_tokens, rows = found["alignment"]
    assert "fish" in query_tokens
    assert "fish" in text_tokens
    assert (len(rows), len(rows[0])) == (len(query_tokens), len(text_tokens))
    assert sum(max(row) for row in rows) == pytest.approx(found["score"], abs=1e-3)


def test_the_threshold_says_what_it_reaches_or_that_nothing_does(workspace, ranked):
    app = inspect()
    assert "No threshold reaches a precision of 50%" in texts(app.markdown)
    with workspace.write() as db:
        events = [GradeEvent("c", seq, "grade", "q1", docid, 3) for seq, docid in enumerate(ranked.found, 1)]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
    # three judged passages are too few to promise a precision, however good they look
    assert "No threshold reaches a precision of 50% with 20 judged passages" in texts(inspect().markdown)
