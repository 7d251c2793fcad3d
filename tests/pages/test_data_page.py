"""The page Data: forms, the report of an import, and what a bad one says."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import host_check
from rerank_core.corpus.changes import remove_passages
from rerank_core.corpus.import_roots import VARIABLE as ROOTS
from rerank_core.corpus.import_roots import named_path
from rerank_core.errors import SettingsError
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import open_page, texts

PAGE = "Data"
PASSAGES = '{"_id": "007", "text": "Puffins nest in burrows."}\n{"_id": "d2", "text": "Terns dive."}\n'


def field(app: AppTest, label: str):
    return next(one for one in app.text_input if one.label.endswith(label))


def press(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def work_off(workspace: Workspace) -> None:
    """Do the waiting imports and changes in this process; the rest is not for this test."""
    with workspace.write() as db:
        for job in jobs.open_jobs(db):
            if job.kind not in ("import", "change"):
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


def test_what_was_not_read_is_said_on_the_page(workspace, birds, tmp_path, one_step):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Puffins nest.")
    (tmp_path / "docs" / "b.pdf").write_bytes(b"%PDF-1.7")
    start_import("few", str(tmp_path / "docs"))
    work_off(workspace)
    app = open_page(PAGE)
    assert "Not read: 1 file (a PDF): b.pdf. Why: " in texts(app.markdown)


def test_fields_and_parts_can_be_named(workspace, birds, tmp_path, one_step):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "p.csv").write_text("ref,blurb\n007,Puffins nest\n")
    (tmp_path / "set" / "q.csv").write_text("id,text\nq1,who nests\n")
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value("own")
    field(app, "path on this machine").set_value(str(tmp_path / "set"))
    app.text_input(key="import_id_field").set_value("ref")
    app.text_input(key="import_text_field").set_value(" blurb ")
    app.text_input(key="import_parts").set_value("q.csv=queries;")
    app = press(app, "Import")
    work_off(workspace)
    app.run()
    assert "'own' is imported" in texts(app.success)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "own").n_queries == 1


def test_a_part_that_is_none_is_said_and_starts_nothing(workspace, birds):
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value("own")
    field(app, "path on this machine").set_value("/tmp")
    app.text_input(key="import_parts").set_value("q.csv=query")
    assert "write FILE=PART" in texts(press(app, "Import").error)
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []


def test_the_names_of_uploaded_texts_are_their_ids(workspace, birds, one_step):
    names = ["My notes #2 🙂.txt", "U\u0308bersicht.md"]
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value("up")
    app.file_uploader[0].set_value([(name, b"Puffins nest", "text/plain") for name in names])
    press(app, "Import")
    work_off(workspace)
    with workspace.open() as db:
        assert set(datasets.get_docs(db, datasets.get_dataset(db, "up").id, names)) == set(names)


def test_two_uploads_of_one_name_are_refused(workspace, birds):
    app = open_page(PAGE)
    field(app, "Name of the dataset").set_value("up")
    app.file_uploader[0].set_value([("a.txt", b"one", "text/plain"), ("b/a.txt", b"two", "text/plain")])
    assert "Two of the files are called 'a.txt'" in texts(press(app, "Import").error)
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []


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


def look(app: AppTest, content: bytes = b"", ids: str = "", path: str = "") -> AppTest:
    if content:
        app.file_uploader[2].set_value([("new.jsonl", content, "text/plain")])
    app.text_area[0].set_value(ids)
    app.text_input(key="change_path").set_value(path)
    return press(app, "See what would change")


def change_button(app: AppTest):
    return next(button for button in app.button if button.label == "Change the passages")


OTTERS = b'{"_id": "d3", "text": "Otters rest."}\n{"_id": "new", "text": "A gull."}\n'


def test_passages_are_changed_after_a_look_at_what_would_change(workspace, birds, one_step):
    app = look(open_page(PAGE), OTTERS)
    work_off(workspace)
    app.run()
    assert "Passages: 1 would be added, 1 would be replaced, 0 would be removed" in texts(app.markdown)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds") == birds
    change_button(app).click().run()
    work_off(workspace)
    app.run()
    assert "The passages of 'birds' are changed." in texts(app.success)
    assert "Passages: 1 added, 1 replaced, 0 removed; afterwards there are 5." in texts(app.markdown)
    with workspace.open() as db:
        assert datasets.get_docs(db, birds.id, ["d3"])["d3"].text == "Otters rest."
        assert datasets.get_dataset(db, "birds").n_docs == 5


def test_passages_are_removed_only_after_a_tick(workspace, birds, one_step):
    app = look(open_page(PAGE), ids="d1\n\n no one \n")
    work_off(workspace)
    app.run()
    assert "Ids to remove that belong to no passage: 1 (no one)." in texts(app.markdown)
    assert change_button(app).disabled
    app.checkbox[0].check().run()
    assert app.checkbox[0].label == "Yes, remove 1 of 4 passages from 'birds'"
    change_button(app).click().run()
    work_off(workspace)
    app.run()
    with workspace.open() as db:
        assert list(datasets.get_docs(db, birds.id, ["d1", "d2"])) == ["d2"]


def test_a_file_of_ids_to_remove_is_read(workspace, birds, one_step):
    app = open_page(PAGE)
    app.file_uploader[3].set_value(("ids.txt", b"d1\nd2\n", "text/plain"))
    press(app, "See what would change")
    work_off(workspace)
    assert "0 would be replaced, 2 would be removed" in texts(app.run().markdown)


def test_a_bad_line_of_a_change_is_named_and_nothing_can_be_clicked(workspace, birds, one_step):
    app = look(open_page(PAGE), OTTERS + b'{"_id": "d1", "text": \n')
    work_off(workspace)
    app.run()
    assert "Nothing was changed." in texts(app.error)
    assert "new.jsonl, line 3" in texts(app.error)
    assert "Change the passages" not in {button.label for button in app.button}
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds") == birds


def test_what_was_looked_at_is_not_done_where_somebody_else_was_faster(workspace, birds, one_step):
    app = look(open_page(PAGE), OTTERS)
    work_off(workspace)
    app.run()
    remove_passages(workspace, "birds", ["d1"])
    change_button(app).click().run()
    work_off(workspace)
    app.run()
    assert "its passages changed since the change was prepared" in texts(app.error)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds").n_docs == 3


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "Choose files, name a path, or name ids to remove"), ("/nowhere/at", "There is nothing at /nowhere/at")],
)
def test_a_change_of_nothing_starts_nothing(workspace, birds, path, said):
    app = look(open_page(PAGE), path=path)
    assert said in texts(app.error)
    with workspace.open() as db:
        assert jobs.open_jobs(db, "change") == []


def test_the_demo_is_there_with_its_report(workspace):
    app = open_page(PAGE)
    assert not app.exception
    assert [one.label for one in app.expander][-1] == "demo: 516 passages, 60 queries"
    assert {metric.label: metric.value for metric in app.metric}["Grades"] == "2,341"


PATH_LABEL = "…or a path on this machine"


def path_fields(app: AppTest) -> int:
    return sum(one.label == PATH_LABEL for one in app.text_input)


@pytest.fixture
def closable(monkeypatch):
    """The variable is as it was after a test in which a page closed the paths."""
    monkeypatch.setenv(ROOTS, "before")
    monkeypatch.delenv(ROOTS)


@pytest.mark.parametrize("address", ["0.0.0.0", "", "192.168.1.7", "lens.example.com"])
def test_others_who_open_the_app_name_no_paths(address, workspace, birds, tmp_path, monkeypatch, closable):
    here = open_page(PAGE)
    assert path_fields(here) == 2
    monkeypatch.setattr(host_check.st, "get_option", options_with(address))
    assert path_fields(open_page(PAGE)) == 0
    # a form that was drawn before is sent now
    field(here, "Name of the dataset").set_value("stolen")
    field(here, "path on this machine").set_value(str(tmp_path))
    press(here, "Import")
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []
    with pytest.raises(SettingsError, match="read only within"):
        named_path(str(tmp_path))


def test_an_app_behind_a_proxy_is_offered_to_others(workspace, birds, monkeypatch, closable):
    monkeypatch.setenv(host_check.VARIABLE, "https://lens.example.com")
    assert path_fields(open_page(PAGE)) == 0


def test_named_roots_open_the_field_and_bound_it(workspace, birds, tmp_path, monkeypatch, closable):
    (tmp_path / "few.jsonl").write_text(PASSAGES)
    (tmp_path / "open").mkdir()
    monkeypatch.setenv(ROOTS, str(tmp_path / "open"))
    monkeypatch.setattr(host_check.st, "get_option", options_with("0.0.0.0"))
    app = start_import("few", str(tmp_path / "few.jsonl"))
    assert "read only within the folders" in texts(app.error)
    app.text_input(key="change_path").set_value(str(tmp_path / "few.jsonl"))
    assert "read only within the folders" in texts(press(app, "See what would change").error)
    with workspace.open() as db:
        assert {job.kind for job in jobs.open_jobs(db)} == {"warm"}


@pytest.mark.parametrize("path", ["~nosuchuser/x", "a" * 5000])
def test_a_path_that_cannot_be_is_said(path, workspace, birds):
    app = start_import("few", path)
    assert not app.exception
    assert re.search("no such user|is no path", texts(app.error))
    app.text_input(key="change_path").set_value(path)
    press(app, "See what would change")
    assert not app.exception
    assert re.search("no such user|is no path", texts(app.error))


def options_with(address: str):
    """Streamlit's options, but for the address that it listens on."""
    before = host_check.st.get_option
    return lambda name: address if name == "server.address" else before(name)
