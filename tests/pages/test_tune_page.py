"""Tune under Streamlit's own driver: what it costs first, the answer, and a winner that is kept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import TuneRequest
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.query_variants.query_variant import QueryVariant
from rerank_core.store import datasets, jobs, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.query_variants import put_written
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Floor
from rerank_core.systems.query_variants import add_query_variant
from rerank_core.systems.systems import get_system
from rerank_core.tuning.record import record, save_winner
from rerank_core.tuning.tune import tune
from rerank_core.types import Ranking, ScoredDoc, no_progress
from tests.pages.conftest import ROOT, open_page, texts
from tests.support.searched_worlds import DOCIDS, SMALL, searched_world

COSINE = "MiniLM bi-encoder (cosine)"


def tune_page(**query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/2_Tune.py")
    view = {"ds": "world", "sys": ["Your search as it is (no reranker)", COSINE], "depth": "20", "td": "20"}
    for key, value in {**view, **query}.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return texts(app.markdown) + texts(app.caption) + texts(app.info) + texts(app.error) + texts(app.success)


@pytest.fixture
def searched(workspace: Workspace) -> Workspace:
    """A world in which everything that the page's search needs is kept: depths 10 and 20."""
    searched_world(workspace, ["minilm-cosine"], help_of=4.0)
    return workspace


def test_what_is_missing_is_said_before_anything_starts(workspace):
    searched_world(workspace, ["minilm-cosine"], help_of=4.0)
    app = tune_page(td="50")
    assert "30 queries are not ranked deep enough yet. MiniLM bi-encoder (cosine): 1,200 pairs" in said(app)
    with workspace.open() as db:
        assert not [job for job in jobs.open_jobs(db) if job.kind == "tune"]


def test_the_answer_is_one_sentence_and_its_numbers(searched):
    app = tune_page()
    assert "no model is asked" in said(app)
    next(one for one in app.button if one.label == "Search the settings").click()
    app.run()
    with searched.open() as db:
        job = next(job for job in jobs.open_jobs(db, "tune"))
    result = JOBS["tune"](Pipeline(searched), job.params, no_progress)
    assert TuneRequest.from_json(job.params).graded == 30
    with searched.write() as db:
        jobs.take(db)
        jobs.finish(db, job.id, "done", result=result)
    app = tune_page()
    assert "Worth it: tuned MiniLM bi-encoder (cosine) beats the tuned first stage" in said(app)
    assert "Does reranking make sense here?" in texts(app.subheader)
    assert list(app.dataframe[0].value["System"]) == ["Tuned first stage", COSINE]
    assert "Known cases against reranking" in texts(app.subheader)
    assert "40 passages. Below 1,000 there is little to confuse." in said(app)
    # nobody has said how long an answer may take
    assert "No limit is set" in said(app)
    app.number_input(key="tms").set_value(50).run()
    # each ranking of 40 passages was kept with 100 ms; the best depth asks for fewer of them
    assert re.search(r"Reranking takes \d+ ms of a limit of 50 ms per query", said(app))
    app.text_input(key="tuned_name").set_value("best here")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert "Kept as 'best here'" in said(app)
    assert get_system(searched, "best here").spec.system.startswith(("minilm-cosine", "best here: blend"))


def test_a_search_that_failed_says_why_and_can_be_asked_for_again(searched):
    app = tune_page()
    next(one for one in app.button if one.label == "Search the settings").click()
    app.run()
    with searched.write() as db:
        job = next(job for job in jobs.open_jobs(db, "tune"))
        jobs.take(db)
        jobs.finish(db, job.id, "failed", "no room on the disk")
    app = tune_page()
    assert "no room on the disk" in said(app)
    assert [one for one in app.button if one.label == "Search the settings"]


def test_too_few_grades_say_what_is_missing(workspace):
    searched_world(workspace, ["minilm-cosine"], help_of=1.0, queries=5)
    assert "5 queries have grades, and at least 20 queries are needed. Grade passages of 15 more" in said(tune_page())


def test_a_system_that_was_chosen_on_the_queries_in_view_says_so(searched):
    experiment = Experiment.of(searched, "world", ["first-stage", "minilm-cosine"], depth=20)
    found = record(tune(experiment, space=SMALL))
    kept = get_system(searched, save_winner(searched, found, "minilm-cosine", "best here", "world"))
    view = experiment.with_systems([*experiment.systems[:1], kept])
    with searched.write() as db:
        for query in datasets.get_queries(db, view.dataset.id):
            order = tuple(ScoredDoc(docid, float(-rank), rank) for rank, docid in enumerate(DOCIDS[:20], 1))
            key = view.key(query)
            rankings.put_candidates(db, key, view.dataset.id, view.settings.to_json(), Ranking(query.qid, "", order))
            for system in view.systems:
                rankings.put_ranking(db, key, system.key, Ranking(query.qid, system.key, order, 0.1))
    app = open_page("Evaluate", ds="world", sys=["first-stage", "best here"], depth="20")
    assert "The settings of best here were chosen on these queries" in texts(app.warning)
    app = open_page("Compare", ds="world", sys=["first-stage", "best here"], depth="20")
    assert "The settings of best here were chosen on this query among others" in texts(app.caption)


def searched_page(space: Workspace, app: AppTest, **query: Any) -> AppTest:
    """Click the button, do the worker's work, and open the page again."""
    next(one for one in app.button if one.label == "Search the settings").click()
    app.run()
    with space.open() as db:
        job = next(job for job in jobs.open_jobs(db, "tune"))
    result = JOBS["tune"](Pipeline(space), job.params, no_progress)
    with space.write() as db:
        jobs.take(db)
        jobs.finish(db, job.id, "done", result=result)
    return tune_page(**query)


def test_a_floor_is_fitted_to_a_precision_and_kept_with_the_winner(searched):
    app = searched_page(searched, tune_page(tprec="Half of it"), tprec="Half of it")
    assert "of what is shown and graded is relevant (promised" in said(app)
    assert "still get an answer" in said(app)
    app.text_input(key="tuned_name").set_value("sure")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert "Kept as 'sure'" in said(app)
    floor = get_system(searched, "sure: floor").spec
    assert isinstance(floor, Floor)
    assert get_system(searched, "sure").spec.system == "sure: floor"


def test_too_close_to_call_leads_to_the_passages_that_could_decide(workspace):
    searched_world(workspace, ["minilm-cosine"], help_of=0.6, seed=3)
    app = searched_page(workspace, tune_page())
    assert "Too close to call" in said(app)
    button = next(one for one in app.button if one.label.startswith("Grade the "))
    count = int(re.search(r"Grade the (\d+) passage", button.label).group(1))
    assert count > 0
    button.click()
    app.run()
    assert "Your name" in [one.label for one in app.text_input]


def test_grades_that_came_since_the_search_are_said_and_searched_again(searched):
    app = searched_page(searched, tune_page())
    assert "Grades came since" not in said(app)
    with searched.write() as db:
        dataset = datasets.get_dataset(db, "world")
        events = [GradeEvent("d", 1, "grade", "q00", DOCIDS[0], 0)]
        judgments.record(db, dataset.id, "bob", events, dataset.scale)
    app = tune_page()
    assert "Worth it: tuned" in said(app)
    assert "Grades came since this search" in said(app)
    next(one for one in app.button if one.label == "Search again").click()
    app.run()
    with searched.open() as db:
        assert [job.kind for job in jobs.open_jobs(db, "tune")] == ["tune"]


def test_a_query_variant_that_is_written_can_be_tried_and_one_that_is_not_says_so(workspace):
    hyde, rewrite = (QueryVariant(kind, "m", "http://127.0.0.1:9/v1", "WRITER_KEY") for kind in ("hyde", "rewrite"))
    variants = (("made-up passage", hyde),)
    experiment = searched_world(workspace, [], 0.0, space=replace(SMALL, variants=variants), help_of_variants=3.0)
    add_query_variant(workspace, hyde, "made-up passage")
    add_query_variant(workspace, rewrite, "<b>rewritten</b>")
    with workspace.write() as db:
        for query in datasets.get_queries(db, experiment.dataset.id):
            put_written(db, hyde.key, query.text, ["a passage"])
    app = tune_page(sys=["Your search as it is (no reranker)"])
    assert app.multiselect(key="tqv").options == ["made-up passage"]
    assert any(one.value.startswith(r"\<b\>rewritten\</b\> has not written for 30 graded") for one in app.caption)
    app.multiselect(key="tqv").set_value(["made-up passage"]).run()
    next(one for one in app.button if one.label == "Search the settings").click()
    app.run()
    with workspace.open() as db:
        job = next(job for job in jobs.open_jobs(db, "tune"))
    assert job.params["space"]["variants"] == {"made-up passage": hyde.to_dict()}
    result = JOBS["tune"](Pipeline(workspace), job.params, no_progress)
    with workspace.write() as db:
        jobs.take(db)
        jobs.finish(db, job.id, "done", result=result)
    app = tune_page(sys=["Your search as it is (no reranker)"], tqv="made-up passage")
    assert "made-up passage: better by " in said(app)
    assert app.dataframe[0].value["Best setting"][0].endswith(", made-up passage")


def test_a_link_to_a_variant_that_is_not_here_opens_nothing_else(searched):
    add_query_variant(searched, QueryVariant("hyde", "m", "http://127.0.0.1:9/v1", "WRITER_KEY"), "other")
    app = tune_page(tqv="gone")
    assert "query variant **gone**" in texts(app.warning)
