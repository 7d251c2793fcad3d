"""The page Data: forms, the report of an import, and what a bad one says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from rerank_core.pipeline import Pipeline
from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.workspace import Workspace
from rerank_core.worker import Worker
from tests.pages.conftest import open_page, texts

PAGE = "Data"
PASSAGES = '{"_id": "007", "text": "Puffins nest in burrows."}\n{"_id": "d2", "text": "Terns dive."}\n'


def field(app: AppTest, label: str):
    return next(one for one in app.text_input if one.label.endswith(label))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def work_off(workspace: Workspace) -> None:
    """Do the waiting imports in this process; the rest is not for this test."""
    with workspace.write() as db:
        for job in jobs.open_jobs(db):
            if job.kind != "import":
                jobs.cancel(db, job.id)
    worker = Worker(workspace, parent=0, pipeline=Pipeline(workspace))
    worker.step()


@pytest.fixture
def one_step(monkeypatch):
    """A worker in this process is nobody's orphan."""
    monkeypatch.setattr(Worker, "orphaned", False)


def start_import(name: str, path: str) -> AppTest:
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value(name)
    field(app, "path on this machine").set_value(path)
    return press(app, "Import")


def test_an_import_by_path_ends_with_its_report(workspace, birds, tmp_path, one_step):
    (tmp_path / "few.jsonl").write_text(PASSAGES)
    app = start_import("few", str(tmp_path / "few.jsonl"))
    assert "Stop" in {button.label for button in app.button}
    work_off(workspace)
    app.run()
    assert "'few' is imported" in texts(app.success)
    assert {metric.label: metric.value for metric in app.metric[:4]} == {
        "Passages": "2", "Queries": "0", "Grades": "0", "Over 512 tokens": "0",
    }  # fmt: skip
    with workspace.open() as db:
        assert datasets.get_dataset(db, "few").n_docs == 2


def test_a_bad_line_is_named_with_its_file_and_nothing_is_imported(workspace, birds, tmp_path, one_step):
    (tmp_path / "broken.jsonl").write_text(PASSAGES + '{"_id": "d3", "text": \n')
    app = start_import("broken", str(tmp_path / "broken.jsonl"))
    work_off(workspace)
    app.run()
    assert "Nothing was imported." in texts(app.error)
    assert "broken.jsonl, line 3" in texts(app.error)
    assert "Expected:" in texts(app.error)
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["birds"]


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("", "/tmp", "Give the dataset a name"),
        ("birds", "/tmp", "There is a dataset 'birds' already"),
        ("new", "", "Choose files, or name a path"),
        ("new", "/nowhere/at/all", "There is nothing at /nowhere/at/all"),
    ],
)
def test_a_form_that_lacks_something_says_what_and_starts_nothing(workspace, birds, name, path, said):
    app = start_import(name, path)
    assert said in texts(app.error)
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []


def test_an_uploaded_file_is_imported_under_its_own_name(workspace, birds, one_step):
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value("up")
    app.file_uploader[0].set_value([("../../few passages.csv", b"id,text\n007,Puffins nest\n", "text/csv")])
    press(app, "Import")
    work_off(workspace)
    app.run()
    assert "'up' is imported" in texts(app.success)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "up")
        assert list(datasets.get_docs(db, row.id, ["007"])) == ["007"]
    assert row.source.endswith("few passages.csv")
    assert workspace.path.parent in type(workspace.path)(row.source).parents


def add(app: AppTest, kind: str, name: str, content: bytes) -> AppTest:
    app.radio[0].set_value(kind)
    app.file_uploader[1].set_value((name, content, "text/plain"))
    return press(app, "Add")


def test_queries_can_be_added_to_a_dataset(workspace, birds):
    app = add(open_page(PAGE), "Queries", "more.txt", b"do terns dive\nwhere do puffins nest\n")
    assert "Added to 'birds'" in texts(app.success)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds").n_queries == 4


def test_grades_can_be_added_to_a_dataset(workspace, birds):
    app = add(open_page(PAGE), "Grades", "qrels.txt", b"q1 0 d1 3\nq1 0 007 2\n")
    assert "Added to 'birds'" in texts(app.success)
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {"q1": {"d1": 3, "007": 2}}


def test_a_bad_file_of_grades_is_named_and_adds_nothing(workspace, birds):
    app = add(open_page(PAGE), "Grades", "qrels.txt", b"q1 0 d1 3\nq1 0 007 two\n")
    assert "Nothing was added." in texts(app.error)
    assert "qrels.txt, line 2" in texts(app.error)
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {}


def test_the_demo_is_there_with_its_report(workspace):
    app = open_page(PAGE)
    assert not app.exception
    assert [one.label for one in app.expander][-1] == "demo: 516 passages, 60 queries"
    assert {metric.label: metric.value for metric in app.metric}["Grades"] == "2,341"
