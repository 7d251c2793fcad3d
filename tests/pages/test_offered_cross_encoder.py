"""Compare offers a real cross-encoder while only the bundled rerankers are ready, and shows it once it is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import roles
from rerank_core.rerankers.catalogue.catalog import get
from rerank_core.store import jobs
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import compare, texts

TINY, SIX = "ms-marco-tinybert-l2-v2", "ms-marco-minilm-l6-v2"
LABELS = {"TinyBERT L2 · 18 MB", "MiniLM L6 · 91 MB"}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of models."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def fetched(cache: Path, system: str) -> None:
    """Files as a download leaves them."""
    repo = cache / f"models--{get(system).source.replace('/', '--')}"
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        path = repo / "snapshots" / "abc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")


def labels(app: AppTest) -> set[str]:
    assert not app.exception, app.exception[0].message
    return {button.label for button in app.button}


def downloads(workspace: Workspace) -> list[jobs.Job]:
    with workspace.open() as db:
        return jobs.open_jobs(db, "download")


def test_two_are_offered_with_their_sizes_and_nothing_is_fetched_unasked(workspace, ranked):
    assert labels(compare()) >= LABELS
    assert downloads(workspace) == []


def test_a_click_fetches_it_and_its_column_comes_once_it_is_there(workspace, ranked, cache):
    app = compare()
    app.button(key=f"fetch-{TINY}").click().run()
    (job,) = downloads(workspace)
    assert (job.params, job.urgent) == ({"system": TINY}, True)
    assert "Stop" in labels(app)
    assert not labels(app) & LABELS
    assert TINY not in app.multiselect(key="sys").value
    fetched(cache, TINY)
    with workspace.write() as db:
        jobs.finish(db, job.id, "done")
    app.run()
    assert app.multiselect(key="sys").value == ["first-stage", "minilm-cosine", "minilm-maxsim", TINY]
    assert not labels(app) & LABELS
    # once: whoever takes it out again keeps it out
    app.multiselect(key="sys").set_value(["first-stage"]).run()
    assert app.multiselect(key="sys").value == ["first-stage"]


def test_a_download_that_fails_is_said_in_a_sentence_and_offered_again(workspace, ranked):
    app = compare()
    app.button(key=f"fetch-{SIX}").click().run()
    with workspace.write() as db:
        jobs.finish(db, downloads(workspace)[0].id, "failed", "Hugging Face: cannot be reached (ConnectError)")
    app.run()
    assert texts(app.error) == "MS MARCO MiniLM L6 was not fetched: Hugging Face: cannot be reached (ConnectError)"
    assert labels(app) >= LABELS
    assert SIX not in app.multiselect(key="sys").value


def test_it_is_not_offered_where_a_real_one_is_ready(workspace, ranked, cache):
    fetched(cache, "ms-marco-minilm-l12-v2")
    assert not labels(compare()) & LABELS


def test_not_now_is_heard(ranked):
    app = compare()
    app.button(key="no-offer").click().run()
    assert not labels(app) & LABELS


def test_it_is_hidden_from_those_who_may_not_and_where_nothing_can_be_written(ranked, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(roles, "opens", lambda page: page != "Rerankers")
        assert not labels(compare()) & LABELS
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "why_only_read", lambda _: "the disk is read-only")
        assert not labels(compare()) & LABELS
