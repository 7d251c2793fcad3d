"""Home, and what every page does on first use."""

from __future__ import annotations

from urllib.parse import parse_qs

import pytest

from rerank_core.store import datasets, jobs
from tests.pages.conftest import ROOT, open_page, texts

# the page of invitations stands for itself: its tests are its own
SCRIPTS = [path.stem for path in (ROOT / "pages").glob("[0-9]_*.py") if path.stem != "0_Invited"]
PAGES = sorted(name.partition("_")[2] for name in SCRIPTS)


def dataset_links(app):
    """Label -> query parameters of the links to a dataset on Compare."""
    links = [one.proto for one in app.get("page_link")]
    return {
        one.label: parse_qs(one.query_string) for one in links if one.page == "Compare" and "ds=" in one.query_string
    }


def test_an_empty_workspace_gets_the_demo_and_no_ranking_yet(workspace):
    app = open_page("Home")
    assert not app.exception
    assert dataset_links(app) == {"**demo**": {"ds": ["demo"]}}
    assert "516 passages · 60 queries · " in texts(app.caption)
    assert "from the bundled demo" in texts(app.caption)
    with workspace.open() as db:
        demo = datasets.get_dataset(db, "demo")
        assert (demo.n_docs, demo.n_queries) == (516, 60)
        assert [job.kind for job in jobs.open_jobs(db)] == ["warm"]


def test_a_workspace_with_data_of_its_own_gets_no_demo(workspace, birds):
    app = open_page("Home")
    assert not app.exception
    assert dataset_links(app) == {"**birds**": {"ds": ["birds"]}}
    assert str(workspace.path) in texts(app.caption)


def test_the_bundled_rerankers_are_ready_and_named(birds):
    app = open_page("Home")
    assert "Your search as it is (no reranker), MiniLM bi-encoder (cosine), MiniLM late interaction (MaxSim)" in texts(
        app.markdown
    )


def test_the_device_is_shown_once_the_worker_told_it(workspace, birds):
    app = open_page("Home")
    assert "shown once they have started" in texts(app.caption)
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, "warm")
        jobs.finish(db, job.id, "done", "", {"device": "cpu: 2 threads"})
    assert "this computer's CPU (2 threads)" in texts(app.run().caption)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_says_what_is_wrong_with_a_file_that_is_no_workspace(page, not_a_database):
    app = open_page(page)
    assert not app.exception
    because = "it is not a database (file is not a database)."
    assert texts(app.error) == f"{not_a_database} cannot be opened as a workspace: {because}"


@pytest.mark.parametrize("page", PAGES)
def test_each_page_stands_when_the_worker_cannot_load_its_models(page, workspace, birds):
    open_page(page)
    with workspace.write() as db:
        (job,) = jobs.open_jobs(db, "warm")
        jobs.finish(db, job.id, "failed", "MemoryError; the worker's log has the details")
    assert not open_page(page).exception
