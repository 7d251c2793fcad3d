"""A workspace with rows that this version does not know: every page opens, and says which they are."""

from __future__ import annotations

import pytest

from rerank_core.__main__ import main
from rerank_core.experiment.connected import connect_dataset
from rerank_core.retrieval.engines.source import EngineSource, Fields
from rerank_core.retrieval.engines.template import Template
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from tests.pages.conftest import CLIENT, VIEW, open_page, texts
from tests.systems.test_unknown_rows import ROWS

PAGES = ("Home", "Compare", "Evaluate", "Data", "Rerankers", "Inspect", "Label", "LLM_grades", "Present")


@pytest.fixture
def unknown_rows(workspace, ranked):
    with workspace.write() as db:
        for name, (model, settings) in ROWS.items():
            db.execute("INSERT INTO system VALUES (?, ?, ?, '2030')", [name, model, settings])
        graded = [GradeEvent(CLIENT, 1, "grade", "q1", ranked.found[0], 3)]
        judgments.record(db, ranked.dataset.id, "ann", graded, ranked.dataset.scale)
        db.execute("INSERT INTO dataset (name, state, created_at, scale) VALUES ('newer', 'ready', '2030', 'x')")
    return workspace


@pytest.mark.parametrize("name", PAGES)
def test_each_page_opens(unknown_rows, name):
    app = open_page(name)
    assert not app.exception, (name, app.exception[0].message)
    assert "'newer' is not known to this version" in texts(app.warning)


def test_one_that_is_chosen_is_a_failed_column_and_not_a_broken_page(unknown_rows):
    app = open_page("Compare", **VIEW, sys="no JSON")
    assert not app.exception
    app = open_page("Evaluate", **VIEW, sys="newer model")
    assert not app.exception


def test_the_verbs_go_on_with_the_other_systems(unknown_rows, capsys):
    where = ["--workspace", str(unknown_rows.path)]
    assert main([*where, "systems"]) == 0
    assert capsys.readouterr().out.count("Not known to this version") == len(ROWS)
    assert main([*where, "datasets"]) == 0
    assert "'newer' is not known to this version" in capsys.readouterr().out
    view = ["--dataset", "birds", "--retrievers", "bm25", "--depth", "20", "--systems"]
    assert main([*where, "run", *view, "first-stage"]) == 0
    assert main([*where, "evaluate", *view, "first-stage"]) in (0, 3)
    assert main([*where, "evaluate", *view, "no JSON"]) in (2, 3, 4)
    assert "Traceback" not in capsys.readouterr().err


def test_a_source_of_a_newer_version_is_named_and_the_rest_of_the_page_stays(workspace, birds):
    source = EngineSource("http", "http://127.0.0.1:9/find", fields=Fields("id", "text"))
    far = connect_dataset(workspace, "far", source, [Template("first", '{"body": {"q": "{{query}}"}}')])
    with workspace.write() as db:
        db.execute("UPDATE engine_source SET source = ? WHERE dataset_id = ?", ['{"engine": "newer"}', far.id])
    app = open_page("Data")
    assert not app.exception, app.exception[0].message
    assert "The source of 'far' is not known to this version" in texts(app.warning)
    assert len(app.tabs) == 5
    assert [one.label for one in app.expander if "birds" in one.label], "the tab behind it is drawn"
    app = open_page("Compare", ds="far")
    assert not app.exception, app.exception[0].message
    assert "The source of 'far' is not known to this version" in texts(app.warning)
