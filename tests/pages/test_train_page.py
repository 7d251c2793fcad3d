"""Train under Streamlit's own driver: what is there, the answer, the blend kept, and its mark on the other pages."""

from __future__ import annotations

import random
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.experiment.job_requests import TrainRequest
from rerank_core.ranking import encoder_system
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.store import datasets, jobs, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Floor
from rerank_core.systems.learned.spec import Learned
from rerank_core.systems.systems import add_variant, get_system
from rerank_core.training import nested
from rerank_core.training.linear import CHOICES
from rerank_core.training.models.cross_encoder import CROSS_ENCODER, DISTILLED
from rerank_core.training.models.late_interaction import LATE_INTERACTION
from rerank_core.training.record import KINDS
from rerank_core.types import Ranking, ScoredDoc, no_progress
from tests.pages.conftest import ROOT, open_page, texts
from tests.support.tiny_models import tiny_cross_encoder, tiny_encoder
from tests.support.training_worlds import numbers_world

VIEW = {"ds": "numbers", "ret": "BM25 (words)", "depth": "10", "sys": ["Your search as it is (no reranker)"]}


def train_page(**query: Any) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).switch_page("pages/2_Train.py")
    for key, value in {**VIEW, **query}.items():
        app.query_params[key] = value
    return app.run()


def said(app: AppTest) -> str:
    assert not app.exception, app.exception[0].message
    return texts(app.markdown) + texts(app.caption) + texts(app.info) + texts(app.error) + texts(app.success)


def trained(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Click the button, do the worker's work with one way to fit, and open the page again."""
    app = train_page()
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    with space.open() as db:
        job = next(job for job in jobs.open_jobs(db, "train"))
    assert TrainRequest.from_json(job.params).graded == 30
    init = nested.Fitter.__init__
    monkeypatch.setattr(
        nested.Fitter, "__init__", lambda self, *args, **named: init(self, *args, **{"choices": CHOICES[3:4], **named})
    )
    result = JOBS["train"](Pipeline(space), job.params, no_progress)
    with space.write() as db:
        jobs.take(db)
        jobs.finish(db, job.id, "done", result=result)
    return train_page()


def test_too_few_grades_say_what_is_missing(workspace):
    numbers_world(workspace, queries=5)
    app = train_page()
    assert "Nothing can be held out yet: 40 graded pairs of 5 queries" in said(app)
    assert "Grade passages of 15 more queries on" in said(app)
    assert not [one for one in app.button if one.label == "Train"]


def test_the_answer_is_one_sentence_and_the_blend_is_kept_with_its_mark(workspace, monkeypatch):
    numbers_world(workspace)
    app = trained(workspace, monkeypatch)
    assert "Worth it: the learned blend beats the tuned first stage" in said(app)
    # 240 pairs are fewer than what makes results hold
    assert "It lacks 60 more graded pairs" in texts(app.warning)
    assert "Would more grades help?" in texts(app.subheader)
    assert list(app.dataframe[0].value["System"]) == [
        "learned blend", "tuned first stage", "first stage as it is set",
    ]  # fmt: skip
    app.text_input(key="trained_name").set_value("ours")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert "Kept as 'ours'" in said(app)
    assert isinstance(get_system(workspace, "ours").spec, Learned)
    app.text_input(key="trained_name").set_value("first-stage")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert "A system needs a name of its own" in said(app)
    app = open_page("Compare", **{**VIEW, "sys": ["first-stage", "ours"]})
    assert "ours was trained on this query among others" in said(app)
    # what has seen the queries is not asked again
    app = train_page(sys=["first-stage", "ours"])
    assert "ours is left out: it has seen 30 queries of these" in said(app)


def test_grades_that_came_since_are_said_and_learned_again(workspace, monkeypatch):
    numbers_world(workspace)
    assert "Grades came since" not in said(trained(workspace, monkeypatch))
    with workspace.write() as db:
        dataset = datasets.get_dataset(db, "numbers")
        judgments.record(db, dataset.id, "bob", [GradeEvent("d", 1, "grade", "q00", "q00-0", 1)], dataset.scale)
    app = train_page()
    assert "Grades came since this training" in said(app)
    next(one for one in app.button if one.label == "Train again").click()
    app.run()
    with workspace.open() as db:
        assert [job.kind for job in jobs.open_jobs(db, "train")] == ["train"]


def test_a_training_that_failed_says_why(workspace):
    numbers_world(workspace)
    app = train_page()
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    with workspace.write() as db:
        job = next(job for job in jobs.open_jobs(db, "train"))
        jobs.take(db)
        jobs.finish(db, job.id, "failed", "no room on the disk")
    assert "no room on the disk" in said(train_page())


def test_what_a_score_means_is_said_and_a_floor_is_kept(workspace):
    experiment = numbers_world(workspace)
    cosine = get_system(workspace, "minilm-cosine")
    rng = random.Random(0)
    with workspace.write() as db:
        grades = judgments.qrels(db, experiment.dataset.id)
        for query in datasets.get_queries(db, experiment.dataset.id):
            scores = {docid: rng.gauss(2 * grade, 1.0) for docid, grade in grades[query.qid].items()}
            order = sorted(scores, key=lambda docid: -scores[docid])
            ranked = Ranking(
                query.qid, "", tuple(ScoredDoc(one, scores[one], rank) for rank, one in enumerate(order, 1))
            )
            key = experiment.key(query)
            rankings.put_candidates(db, key, experiment.dataset.id, experiment.settings.to_json(), ranked)
            rankings.put_ranking(db, key, cosine.key, ranked)
    app = train_page(sys=["first-stage", "minilm-cosine"])
    assert "expected calibration error" in said(app)
    assert "of what is answered is right" in said(app)
    app.text_input(key="meant_name").set_value("sure")
    next(one for one in app.button if one.label == "Keep the floor").click()
    app.run()
    assert "Kept as 'sure'" in said(app)
    spec = get_system(workspace, "sure").spec
    assert isinstance(spec, Floor)
    assert spec.system == "minilm-cosine"


def test_a_training_that_was_stopped_can_go_on(workspace):
    numbers_world(workspace)
    app = train_page()
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    with workspace.write() as db:
        job = next(job for job in jobs.open_jobs(db, "train"))
        jobs.take(db)
        jobs.finish(db, job.id, "cancelled", "stopped; what was finished is kept")
    app = train_page()
    assert "What was finished is kept: training goes on from there" in said(app)
    assert [one for one in app.button if one.label == "Train"]


def done(space: Workspace, **query: Any) -> AppTest:
    """Do the worker's work of the open training, and open the page again."""
    with space.open() as db:
        job = next(job for job in jobs.open_jobs(db, "train"))
    result = JOBS["train"](Pipeline(space), job.params, no_progress)
    with space.write() as db:
        jobs.take(db)
        jobs.finish(db, job.id, "done", result=result)
    return train_page(**query)


def test_a_cross_encoder_goes_on_from_one_that_is_here_and_its_curve_has_a_price(workspace, tmp_path):
    numbers_world(workspace)
    model = {"trm": KINDS[CROSS_ENCODER]}
    assert "There is no cross-encoder on this machine yet" in said(train_page(**model))
    add_variant(workspace, "small one", f"cross-encoder:{tiny_cross_encoder(tmp_path / 'start')}", {})
    app = train_page(**model)
    assert app.selectbox(key="trs").options == ["small one"]
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    app = done(workspace, **model)
    assert "the trained cross-encoder" in said(app)
    assert next(iter(app.dataframe[0].value["System"])) == "trained cross-encoder"
    assert "Draw the learning curve: it trains a model each from a quarter, a half and three quarters" in said(app)
    assert "Would more grades help?" not in texts(app.subheader)
    next(one for one in app.button if one.label == "Draw the learning curve").click()
    app.run()
    # the answer stands while the curve is drawn
    assert "the trained cross-encoder" in said(train_page(**model))
    app = done(workspace, **model)
    assert "Would more grades help?" in texts(app.subheader)
    assert "Measure every query out of fold: it trains" in said(app)
    assert not [one for one in app.button if one.label == "Draw the learning curve"]
    app.text_input(key="trained_name").set_value("ours")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert get_system(workspace, "ours").model.family == "cross-encoder"


def test_a_distillation_needs_a_teacher_of_the_sidebar(workspace):
    numbers_world(workspace)
    model = {"trm": KINDS[DISTILLED]}
    assert "A teacher is one of the systems of the sidebar" in said(train_page(**model))
    app = train_page(**model, sys=["first-stage", "minilm-cosine"])
    assert app.selectbox(key="trt").options == [get_system(workspace, "minilm-cosine").label]
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    with workspace.open() as db:
        request = TrainRequest.from_json(next(job for job in jobs.open_jobs(db, "train")).params)
    assert (request.model, request.teacher, request.start) == ("distilled", "minilm-cosine", "")


def test_late_interaction_is_trained_from_the_bundled_model_and_kept(workspace, tmp_path, monkeypatch):
    numbers_world(workspace)
    small = tiny_encoder(tmp_path)
    monkeypatch.setattr(encoder_system, "find_model", lambda name: small)
    model = {"trm": KINDS[LATE_INTERACTION]}
    app = train_page(**model)
    assert "The bundled MiniLM's token vectors, as MaxSim compares them" in said(app)
    assert not [one for one in app.selectbox if one.key in ("trs", "trt")]
    next(one for one in app.button if one.label == "Train").click()
    app.run()
    app = done(workspace, **model)
    names = list(app.dataframe[0].value["System"])
    assert names[0] == "trained late interaction"
    assert {"untrained late interaction", "tuned first stage"} <= set(names)
    app.text_input(key="trained_name").set_value("ours")
    next(one for one in app.button if one.label == "Keep").click()
    app.run()
    assert get_system(workspace, "ours").model.family == "late-interaction"
