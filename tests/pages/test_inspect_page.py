"""Inspect: ranks of a passage, what a model tells of one pair, and the threshold from the grades."""

from __future__ import annotations

import pytest

from rerank_core.ranking import jobs as ranking_jobs
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.store import jobs, judgments
from rerank_core.store.judgments import GradeEvent
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
    others, around = (frame.value for frame in app.dataframe)
    assert others["System"].tolist() == ["→ Your search as it is (no reranker)", "MiniLM bi-encoder (cosine)"]
    assert others["Rank"].tolist() == [1, 3]
    assert around["Rank"].tolist() == [1, 2, 3]
    assert around["Passage"][0] == "→ Otters"


def test_the_models_own_view_of_the_pair_comes_from_the_worker(workspace, ranked):
    inspect(by="MiniLM bi-encoder (cosine)")
    worker = Worker(workspace, -1, Pipeline(workspace))
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "inspect")
        params = job.params
    found = ranking_jobs.JOBS["inspect"](worker.pipeline, params, lambda *_: None)
    with workspace.write() as db:
        jobs.finish(db, job.id, "done", result=found)
    app = inspect(by="MiniLM bi-encoder (cosine)")
    score = next(metric.value for metric in app.metric if metric.label == "Raw score")
    assert float(score) == pytest.approx(found["score"], abs=1e-4)


def finish(workspace, kind, state="done", message=""):
    """Do the open job of this kind as the worker would, or end it as failed."""
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, kind)
    found = ranking_jobs.JOBS[kind](Pipeline(workspace), job.params, lambda *_: None) if state == "done" else None
    with workspace.write() as db:
        jobs.finish(db, job.id, state, message, found)
    return found


def test_the_passage_is_shown_as_the_model_sees_it(workspace, ranked):
    inspect(by="MiniLM bi-encoder (cosine)")
    found = finish(workspace, "inspect")
    app = inspect(by="MiniLM bi-encoder (cosine)")
    seen = {metric.label: metric.value for metric in app.metric}
    assert seen["Tokens seen"] == f"{found['tokens']} of {found['tokens']}"
    assert seen["Tokens cut"] == "0"
    assert any("Puffins nest in burrows" in one.proto.body for one in app.get("html"))


def test_sentences_are_left_out_when_somebody_asks_for_it(workspace, ranked):
    inspect(by="MiniLM bi-encoder (cosine)")
    finish(workspace, "inspect")
    app = inspect(by="MiniLM bi-encoder (cosine)")
    button = next(one for one in app.button if one.label == "Leave out one sentence at a time")
    button.click().run()
    found = finish(workspace, "occlude")
    app = inspect(by="MiniLM bi-encoder (cosine)")
    table = app.dataframe[-1].value
    assert table["Change"].tolist() == pytest.approx(sorted(change for _, _, change in found["sentences"]))
    assert "the change of the raw score without that sentence" in texts(app.caption)


def test_a_model_that_failed_says_why_and_can_be_asked_again(workspace, ranked):
    inspect(by="MiniLM bi-encoder (cosine)")
    finish(workspace, "inspect", "failed", "The model's file is cut off.")
    app = inspect(by="MiniLM bi-encoder (cosine)")
    assert "The model's file is cut off." in texts(app.error)
    next(one for one in app.button if one.label == "Try again").click().run()
    with workspace.open() as db:
        assert len(jobs.open_jobs(db, "inspect")) == 1


def test_late_interaction_tells_which_tokens_meet(workspace, birds):
    params = {"dataset": "birds", "qid": "q1", "docid": "d1", "system": "minilm-maxsim"}
    found = ranking_jobs.JOBS["inspect"](Pipeline(workspace), params, lambda *_: None)
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
    assert "No threshold reaches a precision of 50% with 20 graded passages" in texts(inspect().markdown)


def chosen(app):
    return app.selectbox(key="by").value, app.selectbox(key="doc").value


def test_a_link_opens_its_pair_by_ids(workspace, ranked):
    last = ranked.found[-1]
    app = inspect(by="minilm-cosine", doc=last)
    assert chosen(app) == ("minilm-cosine", last)
    (back,) = app.main.get("page_link")
    assert back.proto.page == "Compare"
    said = dict(pair.split("=") for pair in back.proto.query_string.split("&"))
    assert (said["by"], said["doc"], said["q"]) == ("minilm-cosine", last, "q1")


def test_the_way_back_and_the_address_follow_another_choice(workspace, ranked):
    first, second, _ = ranked.found
    app = inspect(by="minilm-cosine", doc=first)
    app.selectbox(key="doc").set_value(second).run()
    assert chosen(app) == ("minilm-cosine", second)
    assert app.query_params["doc"] in (second, [second])
    assert f"doc={second}" in app.get("page_link")[0].proto.query_string


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        ({"by": "no-such-system", "doc": "d1"}, "the system no-such-system, which is not among those"),
        ({"by": "minilm-cosine", "doc": "gone"}, "the passage gone, which MiniLM bi-encoder (cosine) did not rank"),
    ],
)
def test_a_link_to_a_pair_that_is_not_here_opens_no_other_one(workspace, ranked, pair, why):
    app = inspect(**pair)
    assert why in texts(app.warning)
    assert "by" not in [one.key for one in app.selectbox]
    next(one for one in app.button if one.label == "Choose another passage").click().run()
    assert chosen(app) == ("first-stage", ranked.found[0])


def test_the_next_query_is_no_broken_link(workspace, ranked):
    app = inspect(by="minilm-cosine", doc=ranked.found[0])
    app.button(key="forth").click().run()
    assert not app.warning
    app.button(key="back").click().run()
    assert chosen(app)[1] in ranked.found
