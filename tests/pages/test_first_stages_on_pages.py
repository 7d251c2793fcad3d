"""First stages on the pages: dense models are added and paid for on purpose, and the matrix shows what is ranked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import IndexRequest
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.retrieval.dense_model import DenseModel
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import jobs, judgments
from rerank_core.store.judgments import Judgment
from rerank_core.systems.composites.spec import OwnFirstStage
from rerank_core.systems.dense_models import add_dense_model, dense_models
from rerank_core.systems.systems import add_composite, get_system
from tests.conftest import BIRD_QUERIES
from tests.pages.conftest import VIEW, WORDS_ONLY, open_page, texts
from tests.pages.test_building_systems import choose, rerankers, save, widget

SERVER = DenseModel("openai:e5-small", "http://127.0.0.1:9/v1")


def test_a_first_stage_of_its_own_has_the_settings_of_its_fields(workspace, birds):
    app = rerankers()
    choose(app, "Own first stage")
    widget(app.multiselect, "own-retrievers").set_value(["bm25", "dense"]).run()
    widget(app.selectbox, "own-fusion").set_value("zscore").run()
    widget(app.slider, "own-weight").set_value(0.8)
    widget(app.number_input, "own-depth").set_value(30)
    widget(app.selectbox, "own-system").set_value("minilm-maxsim").run()
    save(app, "tuned hybrid, then L6")
    wanted = RetrievalSettings(("bm25", "dense"), "zscore", (0.2, 0.8), depth=30)
    spec = get_system(workspace, "tuned hybrid, then L6").spec
    assert (spec.system, spec.settings.retrievers, spec.settings.depth) == ("minilm-maxsim", wanted.retrievers, 30)
    assert spec.settings.shares() == pytest.approx(wanted.shares())


def test_a_dense_model_is_added_with_the_prefixes_that_are_known_of_it(workspace, birds):
    app = rerankers()
    widget(app.text_input, "dense-model-Hub or folder").set_value("intfloat/e5-small-v2").run()
    assert widget(app.text_area, "dense-query-intfloat/e5-small-v2").value == "query: "
    widget(app.text_area, "dense-passage-intfloat/e5-small-v2").set_value("text: ").run()
    widget(app.button, "add-dense").click().run()
    assert "can be chosen" in texts(app.success)
    kept = dense_models(workspace)["intfloat/e5-small-v2"]
    assert (kept.query_prefix, kept.passage_prefix) == (None, "text: ")
    assert kept.prefixes == ("query: ", "text: ")


def test_a_key_is_refused_where_its_variable_belongs(workspace, birds):
    app = rerankers()
    app.session_state["dense_kind"] = "Server (OpenAI-compatible)"
    app.run()
    widget(app.text_input, "dense-model-Server (OpenAI-compatible)").set_value("m").run()
    widget(app.text_input, "dense-address").set_value("http://gpu:80/v1")
    widget(app.text_input, "dense-variable").set_value("sk-SENTINEL-5f3a9c").run()
    widget(app.button, "add-dense").click().run()
    assert "never the key" in texts(app.error)
    assert "SENTINEL" not in texts(app.error)
    assert list(dense_models(workspace)) == ["bundled"]


def test_a_service_is_sent_nothing_before_its_cost_was_read(workspace, birds):
    name = add_dense_model(workspace, SERVER)
    app = open_page("Compare", ret="dense", dm=name, depth="20")
    assert not app.exception
    assert "texts to embed" in texts(app.markdown)
    assert "the price is not known" in texts(app.markdown)
    with workspace.open() as db:
        assert [job.kind for job in jobs.open_jobs(db)] == ["warm"]
    next(button for button in app.button if button.label == "Have them embedded").click().run()
    with workspace.open() as db:
        (job,) = jobs.open_jobs(db, "index")
    assert IndexRequest.from_json(job.params).pay


def test_a_hub_model_asks_for_its_download_first(workspace, birds, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    name = add_dense_model(workspace, DenseModel("nobody/no-such-model"))
    app = open_page("Compare", ret="dense", dm=name, depth="20")
    assert "needs a download" in texts(app.warning)
    next(button for button in app.button if button.label == "Download").click().run()
    with workspace.open() as db:
        assert [job.kind for job in jobs.open_jobs(db)] == ["warm", "dense-download"]


@pytest.fixture
def graded(workspace, birds):
    given = [Judgment("q1", "007", 2, "me", "import", "", "2026-01-01T00:00:00+00:00", "")]
    with workspace.write() as db:
        judgments.import_judgments(db, birds.id, given)
    experiment = Experiment.of(workspace, "birds", ["first-stage"], settings=WORDS_ONLY)
    Pipeline(workspace).run(experiment, BIRD_QUERIES)
    return experiment


def test_the_matrix_shows_what_is_ranked_and_asks_for_the_rest(workspace, graded):
    other = replace(WORDS_ONLY, depth=10, k1=2.0)
    add_composite(workspace, "words, k1 2", OwnFirstStage("first-stage", other))
    app = open_page("Evaluate", **VIEW, sys="first-stage", part="Matrix")
    assert not app.exception
    frame = next(
        one.value for one in app.dataframe if "First stage" in one.value.columns and "Best possible" in one.value
    )
    assert list(frame["First stage"]) == [
        "BM25, 20 candidates",
        "dense, 20 candidates",
        "BM25, k1 2, b 0.4, 10 candidates",
    ]
    first = frame.iloc[0]
    assert first[get_system(workspace, "first-stage").label] <= first["Best possible"]
    assert frame.iloc[1].isna()["Best possible"]
    assert "2 cells are not ranked yet" in texts(app.markdown)
    widget(app.button, "rank-matrix").click().run()
    with workspace.open() as db:
        runs = [job for job in jobs.open_jobs(db) if job.kind == "run"]
    asked = [RetrievalSettings.from_json(job.params["settings"]) for job in runs]
    assert {("dense",), ("bm25",)} <= {one.retrievers for one in asked}
