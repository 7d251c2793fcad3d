"""The page Data: forms, the report of an import, and what a bad one says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import roles, work
from pages.ui.datasets import dropping
from pages.ui.datasets.uploads import Upload
from pages.ui.server import host_check
from rerank_core.corpus.changes import remove_passages
from rerank_core.corpus.import_roots import VARIABLE as ROOTS
from rerank_core.corpus.import_roots import named_path
from rerank_core.errors import SettingsError
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.ranking.worker import Worker
from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.imported_runs import imported_rankings, list_imported
from rerank_core.store.uploads import make_upload_folder, uploads_folder
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import ROOT, open_page, texts

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


def choose_path(app: AppTest, form: str, path: str) -> AppTest:
    app.radio(key=f"{form}_way").set_value("A path on this machine").run()
    return app.text_input(key=f"{form}_path").set_value(path).run()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    return app.file_uploader[0].set_value([(name, content, "text/plain") for name, content in files]).run()


def start_import(name: str, path: str) -> AppTest:
    app = choose_path(open_page(PAGE), "import", path)
    if any(button.label == "Import" for button in app.button):
        field(app, "Name of the dataset").set_value(name).run()
        if not import_button(app).disabled:
            import_button(app).click().run()
    return app


def import_button(app: AppTest):
    return next(button for button in app.button if button.label == "Import")


def uploads(workspace: Workspace) -> list:
    folder = uploads_folder(workspace)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_an_import_by_path_ends_with_its_report(workspace, birds, tmp_path, one_step):
    (tmp_path / "few.jsonl").write_text(PASSAGES)
    app = start_import("few", str(tmp_path / "few.jsonl"))
    assert "Stop" in {button.label for button in app.button}
    work_off(workspace)
    app.run()
    assert "few is imported." in texts(app.success)
    assert "Compare it" in {button.label for button in app.button}
    assert {metric.label: metric.value for metric in app.metric[:4]} == {
        "Passages": "2", "Queries": "0", "Grades": "0", "Over 512 tokens": "0",
    }  # fmt: skip
    with workspace.open() as db:
        assert datasets.get_dataset(db, "few").n_docs == 2
    press(app, "Import another dataset")
    assert "Import" not in {button.label for button in app.button}


def test_a_bad_line_is_named_with_its_file_and_nothing_is_imported(workspace, birds, one_step):
    app = upload(open_page(PAGE), ("broken.jsonl", (PASSAGES * 20 + '{"_id": "d3", "text": \n').encode()))
    field(app, "Name of the dataset").set_value("broken").run()
    import_button(app).click().run()
    work_off(workspace)
    app.run()
    assert "Nothing was imported. broken.jsonl, line 41" in texts(app.error)
    assert str(workspace.path.parent) not in texts(app.error)
    assert "Expected:" in texts(app.error)
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["birds"]


def test_an_upload_is_gone_after_its_import_whether_that_worked_or_not(workspace, birds, one_step):
    for name, content in (("good", PASSAGES.encode()), ("bad", PASSAGES.encode() * 30 + b"{")):
        app = upload(open_page(PAGE), (f"{name}.jsonl", content))
        assert len(uploads(workspace)) == 1
        import_button(app).click().run()
        work_off(workspace)
        assert uploads(workspace) == []


def test_an_import_that_ends_while_its_page_is_drawn_is_not_laid_down_again(workspace, birds, one_step, monkeypatch):
    app = upload(open_page(PAGE), ("kb.csv", KB))
    monkeypatch.setattr(work, "watch", lambda *_, **__: work_off(workspace))  # the page has read of it already
    import_button(app).click().run()
    with workspace.open() as db:
        assert datasets.get_dataset(db, "kb").n_docs == 2
    assert uploads(workspace) == []
    assert "kb is imported." in texts(app.run().success)
    assert uploads(workspace) == []


@pytest.mark.parametrize(
    ("name", "path", "said"),
    [
        ("", "few.jsonl", "Give the dataset a name"),
        ("birds", "few.jsonl", "There is a dataset 'birds' already"),
        ("new", "nowhere", "There is nothing at"),
        ("new", "queries.csv", "queries.csv: no passages are seen"),
    ],
)
def test_a_form_that_lacks_something_says_what_and_starts_nothing(workspace, birds, tmp_path, name, path, said):
    (tmp_path / "few.jsonl").write_text(PASSAGES)
    (tmp_path / "queries.csv").write_text("query_id,search_term\nS1,who dives\n")
    app = start_import(name, str(tmp_path / path))
    assert said in texts(app.error)
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []


def test_an_uploaded_file_is_imported_under_its_own_name(workspace, birds, one_step):
    app = upload(open_page(PAGE), ("../../few passages.csv", b"id,text\n007,Puffins nest\n"))
    assert field(app, "Name of the dataset").value == "few passages"
    import_button(app).click().run()
    work_off(workspace)
    app.run()
    assert "few passages is imported." in texts(app.success)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "few passages")
        assert list(datasets.get_docs(db, row.id, ["007"])) == ["007"]
    assert row.source == "few passages.csv"


KB = b"article_id,headline,body,department\nK1,Burrows,Puffins nest in burrows.,Birds\nK2,Diving,Terns dive.,Birds\n"
SEARCHES = b"query_id,search_term\nS1,who nests\nS2,who dives\n"
RATINGS = b"query_id,article_id,rating\nS1,K1,3\n"


def test_files_of_a_company_are_understood_before_the_import(workspace, birds, one_step):
    files = [("kb_articles.csv", KB), ("search_queries.csv", SEARCHES), ("ratings.csv", RATINGS), ("pic.png", PNG)]
    app = upload(open_page(PAGE), *files, ("manual.docx", b"PK\x03\x04 word/"))
    assert (app.selectbox(key="part_import0").value, app.selectbox(key="part_import1").value) == ("passages", "grades")
    assert app.selectbox(key="part_import2").value == "queries"
    roles = {role: app.selectbox(key=f"{role}_import0").value for role in ("id", "title", "text")}
    assert roles == {"id": "article_id", "title": "headline", "text": "body"}
    assert app.multiselect(key="filter_import0").value == ["department"]
    assert "A usual name of a title." in texts(app.caption)
    assert "department: a usual name of what people filter by" in texts(app.caption)
    assert "Puffins nest in burrows." in app.table[0].value.to_string()
    assert "pic.png is a PNG image and not read." in texts(app.warning).replace("*", "")
    assert "manual.docx is a Word document and not read." in texts(app.warning).replace("*", "")
    with workspace.open() as db:
        assert jobs.open_jobs(db, "import") == []
    import_button(app).click().run()
    work_off(workspace)
    assert '1 query has no grade yet: "who dives"' in texts(app.run().markdown)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "kb_articles")
        assert [query.qid for query in datasets.get_queries(db, row.id)] == ["S1", "S2"]
        doc = datasets.get_docs(db, row.id, ["K1"])["K1"]
        assert (doc.title, dict(doc.metadata)) == ("Burrows", {"department": "Birds"})
        assert judgments.qrels(db, row.id) == {"S1": {"K1": 3}}


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_each_column_and_part_can_be_changed(workspace, birds, one_step):
    app = upload(open_page(PAGE), ("kb.csv", KB), ("notes.csv", b"id,text\n1,x\n"))
    app.selectbox(key="title_import0").set_value("department").run()
    assert app.selectbox(key="title_import0").value == "department"
    assert app.multiselect(key="filter_import0").value == ["headline"]
    app.multiselect(key="filter_import0").set_value([]).run()
    assert "Not read: headline." in texts(app.caption)
    app.selectbox(key="part_import1").set_value("not read").run()
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "kb")
        doc = datasets.get_docs(db, row.id, ["K1"])["K1"]
    assert (row.n_docs, doc.title, dict(doc.metadata)) == (2, "Birds", {})


def test_columns_without_usual_names_are_guessed_and_to_be_checked(workspace, birds, one_step):
    rows = "art;kop;inhoud\n" + "".join(f"A{n};Een kop {n};{'Een lange tekst over vogels ' * 4}{n}\n" for n in range(5))
    app = upload(open_page(PAGE), ("vogels.csv", rows.encode()))
    assert [app.selectbox(key=f"{role}_import0").value for role in ("id", "title", "text")] == ["art", "kop", "inhoud"]
    assert "Please check what was guessed." in texts(app.warning)
    assert texts(app.caption).count("Please check.") == 3
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        row = datasets.get_dataset(db, "vogels")
        assert datasets.get_docs(db, row.id, ["A3"])["A3"].title == "Een kop 3"


def test_a_first_row_can_be_said_to_be_data(workspace, birds, one_step):
    app = upload(open_page(PAGE), ("p.csv", b"id,text\nd1,Puffins nest\n"))
    app.checkbox(key="header_import0").uncheck().run()
    assert app.selectbox(key="id_import0").value == "column 1"
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        assert list(datasets.get_docs(db, datasets.get_dataset(db, "p").id, ["id"])) == ["id"]


def test_windows_1252_is_said_before_and_after(workspace, birds, one_step):
    app = upload(open_page(PAGE), ("excel.csv", "id;text\n1;Küche lüften\n".encode("cp1252")))
    assert "It is read as Windows-1252." in texts(app.info)
    assert "Küche lüften" in app.table[0].value.to_string()
    import_button(app).click().run()
    work_off(workspace)
    assert "`excel.csv` was read as Windows-1252." in texts(app.run().markdown)


def test_pasted_rows_are_looked_at_and_imported(workspace, birds, one_step):
    app = open_page(PAGE)
    app.radio(key="import_way").set_value("Paste rows").run()
    app.text_area(key="import_pasted").set_value("id\ttext\n7\tPuffins nest\n8\tTerns dive\n").run()
    assert app.selectbox(key="text_import0").value == "text"
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "pasted").n_docs == 2


def test_what_was_dropped_on_another_page_is_looked_at_here(workspace, birds, tmp_path):
    folder = make_upload_folder(workspace)
    (folder / "kb.csv").write_bytes(KB)
    app = AppTest.from_file(str(ROOT / "pages" / "3_Data.py"), default_timeout=60)
    app.session_state["uploads"] = {"import": Upload(folder / "kb.csv", ("kb.csv",))}
    app.run()
    assert app.selectbox(key="title_import0").value == "headline"


def test_files_dropped_on_any_page_go_to_this_one(workspace, birds, monkeypatch):
    pages: list[str] = []
    monkeypatch.setattr(dropping, "go", pages.append)
    app = AppTest.from_file(str(ROOT / "tests" / "pages" / "app_drop_zone.py"), default_timeout=60).run()
    assert pages == []
    app.file_uploader[0].set_value([("kb.csv", KB, "text/csv"), ("s.csv", SEARCHES, "text/csv")]).run()
    assert pages == ["Data"]
    (upload,) = app.session_state["uploads"].values()
    assert sorted(path.name for path in upload.source.iterdir()) == ["kb.csv", "s.csv"]


def test_what_was_not_read_is_said_on_the_page(workspace, birds, tmp_path, one_step):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("Puffins nest.")
    (tmp_path / "docs" / "b.pdf").write_bytes(b"%PDF-1.7")
    start_import("few", str(tmp_path / "docs"))
    work_off(workspace)
    app = open_page(PAGE)
    assert "Not read: 1 file (a PDF): b.pdf. Why: " in texts(app.markdown)


def test_the_names_of_uploaded_texts_are_their_ids(workspace, birds, one_step):
    names = ["My notes #2 🙂.txt", "U\u0308bersicht.md"]
    app = upload(open_page(PAGE), *((name, b"Puffins nest") for name in names))
    assert "2 texts are cut into passages" in texts(app.markdown).replace("*", "")
    field(app, "Name of the dataset").set_value("up").run()
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        assert set(datasets.get_docs(db, datasets.get_dataset(db, "up").id, names)) == set(names)


def test_two_files_of_one_name_are_both_shown_and_said(workspace, birds, one_step):
    other = b"article_id,headline,body\nK9,Other,Gulls cry.\n"
    app = upload(open_page(PAGE), ("kb.csv", KB), ("other/kb.csv", other), ("again/kb.csv", KB))
    assert "Two different files are called 'kb.csv'. The second one is shown as 'kb_2.csv'." in texts(app.warning)
    assert "'kb.csv' was chosen twice; it is read once." in texts(app.warning)
    field(app, "Name of the dataset").set_value("both").run()
    import_button(app).click().run()
    work_off(workspace)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "both").n_docs == 3


def add(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[1].set_value((name, content, "text/plain")).run()
    return press(app, "Add")


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("more.txt", b"do terns dive\nwhere do puffins nest\n", 4),
        ("more.csv", b"id,text\nx1,do terns dive\nx2,where do puffins nest\n", 4),
        ("more.csv", b"query_id,search_term\nx1,do terns dive\n", 3),
    ],
)
def test_queries_can_be_added_to_a_dataset(workspace, birds, name, content, count):
    app = add(open_page(PAGE), name, content)
    assert f"{name} is added to birds." in texts(app.success)
    with workspace.open() as db:
        assert datasets.get_dataset(db, "birds").n_queries == count
    assert uploads(workspace) == []


def test_grades_and_a_run_can_be_added_to_a_dataset(workspace, birds):
    app = open_page(PAGE)
    run = b"q1 Q0 d1 1 2.5 live\nq1 Q0 007 2 1.5 live\n"
    app.file_uploader[1].set_value([("qrels.txt", b"q1 0 d1 3\nq1 0 007 2\n", "a"), ("live.run", run, "b")]).run()
    assert "The run is the system run:live" in texts(press(app, "Add").caption)
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {"q1": {"d1": 3, "007": 2}}


def test_a_run_of_the_same_name_is_replaced_where_somebody_ticks_it(workspace, birds):
    def chosen(line: str, replace: bool = False) -> AppTest:
        app = open_page(PAGE)
        app.file_uploader[1].set_value([("live.run", line.encode(), "a")]).run()
        if replace:
            app.checkbox(key="replace_runs").check().run()
        return press(app, "Add")

    chosen("q1 Q0 007 1 2.0 x\n")
    assert "There is a system 'run:live' already" in texts(chosen("q1 Q0 d1 1 3.0 x\n").error)
    assert "The run is the system run:live" in texts(chosen("q1 Q0 d1 1 3.0 x\n", replace=True).caption)
    with workspace.open() as db:
        (run,) = list_imported(db)
        assert imported_rankings(db, run.id)["q1"].docids == ("d1",)


def test_a_bad_file_of_grades_is_named_and_adds_nothing(workspace, birds):
    app = add(open_page(PAGE), "qrels.txt", b"q1 0 d1 3\nq1 0 007 two\n")
    assert "Nothing was added. qrels.txt, line 2" in texts(app.error)
    with workspace.open() as db:
        assert judgments.qrels(db, birds.id) == {}


def look(app: AppTest, content: bytes = b"", ids: str = "", path: str = "") -> AppTest:
    if content:
        app.file_uploader[2].set_value([("new.jsonl", content, "text/plain")]).run()
    if path:
        choose_path(app, "change", path)
    next(area for area in app.text_area if area.label.startswith("Ids of")).set_value(ids)
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
    assert "The passages of birds are changed." in texts(app.success)
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
    app = look(open_page(PAGE), OTTERS * 20 + b'{"_id": "d1", "text": \n')
    work_off(workspace)
    app.run()
    assert "Nothing was changed." in texts(app.error)
    assert "Nothing was changed. new.jsonl, line 41" in texts(app.error)
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


def let_everybody_in(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Without roles others open nothing at all."""
    (folder / "roles.toml").write_text('"*" = "admin"\n')
    monkeypatch.setenv(roles.VARIABLE, str(folder / "roles.toml"))


def path_fields(app: AppTest) -> int:
    """How many forms let people name a path."""
    return sum("A path on this machine" in one.options for one in app.radio)


@pytest.fixture
def closable(monkeypatch):
    """The variable is as it was after a test in which a page closed the paths."""
    monkeypatch.setenv(ROOTS, "before")
    monkeypatch.delenv(ROOTS)


@pytest.mark.parametrize("address", ["0.0.0.0", "", "192.168.1.7", "lens.example.com"])
def test_others_who_open_the_app_name_no_paths(address, workspace, birds, tmp_path, monkeypatch, closable):
    (tmp_path / "few.jsonl").write_text(PASSAGES)
    here = choose_path(open_page(PAGE), "import", str(tmp_path / "few.jsonl"))
    assert path_fields(here) == 3
    monkeypatch.setattr(host_check.st, "get_option", options_with(address))
    let_everybody_in(monkeypatch, tmp_path)
    assert path_fields(open_page(PAGE)) == 0
    # a form that was drawn before is sent now
    field(here, "Name of the dataset").set_value("stolen")
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
    let_everybody_in(monkeypatch, tmp_path)
    app = start_import("few", str(tmp_path / "few.jsonl"))
    assert "read only within the folders" in texts(app.error)
    assert "read only within the folders" in texts(look(app, path=str(tmp_path / "few.jsonl")).error)
    with workspace.open() as db:
        assert {job.kind for job in jobs.open_jobs(db)} == {"warm"}


@pytest.mark.parametrize("path", ["~nosuchuser/x", "a" * 5000])
def test_a_path_that_cannot_be_is_said(path, workspace, birds):
    app = start_import("few", path)
    assert not app.exception
    assert re.search("no such user|is no path", texts(app.error))
    look(app, path=path)
    assert not app.exception
    assert re.search("no such user|is no path", texts(app.error))


def options_with(address: str):
    """Streamlit's options, but for the address that it listens on."""
    before = host_check.st.get_option
    return lambda name: address if name == "server.address" else before(name)


def test_a_dataset_is_renamed_on_the_page(workspace, birds):
    app = open_page(PAGE)
    app.text_input(key=f"rename{birds.id}").set_value("sea birds").run()
    press(app, "Rename it")
    assert "birds is called sea birds now." in texts(app.success)
    with workspace.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["sea birds"]
    app.text_input(key=f"rename{birds.id}").set_value(" ").run()
    assert "Not renamed." in texts(press(app, "Rename it").error)


def test_a_dataset_is_deleted_only_once_its_name_is_typed(workspace, birds):
    app = open_page(PAGE)
    with workspace.write() as db:
        app.session_state["import_job"] = jobs.submit(db, "import", {"name": "birds", "path": "x"})
        jobs.finish(db, app.session_state["import_job"], "failed")
    assert "4 passages, 2 queries" in texts(app.markdown)
    delete = next(button for button in app.button if button.label == "Delete it")
    assert delete.disabled
    app.text_input(key=f"delete{birds.id}").set_value("bird").run()
    assert next(button for button in app.button if button.label == "Delete it").disabled
    app.text_input(key=f"delete{birds.id}").set_value("birds").run()
    with workspace.write() as db:
        running = jobs.submit(db, "run", {"dataset": "birds"})
        db.execute("UPDATE job SET state = 'running' WHERE id = ?", [running])
    assert "Not deleted. A job of 'birds' runs now" in texts(press(app, "Delete it").error)
    with workspace.write() as db:
        jobs.finish(db, running, "cancelled")
    app.text_input(key=f"delete{birds.id}").set_value("birds").run()
    assert "birds is deleted: 4 passages, 2 queries" in texts(press(app, "Delete it").success)
    with workspace.open() as db:  # where nothing is left, the demo comes back
        assert [row.name for row in datasets.list_datasets(db)] == ["demo"]
