"""A dataset exported and imported again is the same; renamed it keeps all, deleted it takes all with it."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from rerank_core.corpus.importing.leftovers import clear_leftovers
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.corpus.keeping import belongings, delete_dataset, rename_dataset
from rerank_core.errors import BadInputError, NotFoundError, RerankLensError
from rerank_core.reports.dataset_export import export_dataset, packed_dataset
from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.scales import get_scale, set_scale
from rerank_core.store.workspace import Workspace

CLIENT = "11111111-1111-4111-8111-111111111111"
DOCS = [
    {"_id": 'tab\u00a0 "7"', "title": "Títle", "text": "line one\nline two", "metadata": {"n": 1, "tags": ["a", "b"]}},
    {"_id": "007", "title": "", "text": "plain", "metadata": {}},
]
QUERIES = [
    {"_id": 'q "1"', "text": "what is it", "note": "a note", "tags": ["short", "x; y"]},
    {"_id": "q2", "text": "never graded"},
]


@pytest.fixture
def full(workspace: Workspace, tmp_path: Path) -> Workspace:
    """The dataset 'set': awkward ids, a scale of its own, two judges, an undo, a note, a grade for an unknown id."""
    folder = tmp_path / "set"
    folder.mkdir()
    for name, rows in (("corpus", DOCS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    import_dataset(workspace, "set", folder)
    with workspace.write() as db:
        row = datasets.get_dataset(db, "set")
        set_scale(db, row.id, [(0, "No", "not at all"), (1, "Partly", ""), (5, "Yes", "all of it")])
        events = [
            GradeEvent(CLIENT, 1, "grade", 'q "1"', "007", 1),
            GradeEvent(CLIENT, 2, "grade", 'q "1"', 'tab\u00a0 "7"', 5, note="sure"),
            GradeEvent(CLIENT, 3, "grade", 'q "1"', "007", 5),
            GradeEvent(CLIENT, 4, "undo", 'q "1"'),
            GradeEvent(CLIENT, 5, "note", 'q "1"', "007", note="look again"),
        ]
        judgments.record(db, row.id, "Ann", events, (0, 1, 5))
        other = [GradeEvent(CLIENT[:-1] + "2", 1, "grade", 'q "1"', "007", 0)]
        judgments.record(db, row.id, "Ben", other, (0, 1, 5))
    return workspace


def everything(workspace: Workspace, name: str) -> dict:
    """All that people put into a dataset, without what the workspace numbers anew."""
    with workspace.open() as db:
        row = datasets.get_dataset(db, name)
        history = judgments.history(db, row.id)
        places = {event["id"]: place for place, event in enumerate(history)} | {None: None}
        fresh = ("id", "dataset_id", "client_id", "seq", "undoes", "restores")
        return {
            "docs": list(StoredCorpus(workspace, row).docs()),
            "fingerprint": row.fingerprint,
            "queries": datasets.get_queries(db, row.id),
            "qrels": judgments.qrels(db, row.id),
            "scale": row.scale,
            "steps": get_scale(db, row.id),
            "history": [{key: value for key, value in event.items() if key not in fresh} for event in history],
            "undone": [(places[event["undoes"]], places[event["restores"]]) for event in history],
        }


def test_an_export_imports_again_as_it_was(full: Workspace, tmp_path: Path):
    export_dataset(full, "set", tmp_path / "out")
    import_dataset(full, "again", tmp_path / "out")
    before = everything(full, "set")
    assert (
        before["qrels"] == {'q "1"': {"007": 1, 'tab\u00a0 "7"': 5}} or before["qrels"]['q "1"']['tab\u00a0 "7"'] == 5
    )
    assert len(before["history"]) == 6
    assert everything(full, "again") == before


def test_an_export_goes_to_another_workspace(full: Workspace, tmp_path: Path):
    export_dataset(full, "set", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    other = Workspace(tmp_path / "other.db")
    import_dataset(other, "set", tmp_path / "unpacked")
    assert everything(other, "set") == everything(full, "set")
    assert packed_dataset(full, "set")[:2] == b"PK"


def test_other_tools_find_the_grades_that_count(full: Workspace, tmp_path: Path):
    export_dataset(full, "set", tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "history")
    (tmp_path / "out" / "about.json").unlink()
    import_dataset(full, "plain", tmp_path / "out")
    assert everything(full, "plain")["qrels"] == everything(full, "set")["qrels"]
    assert everything(full, "plain")["queries"] == everything(full, "set")["queries"]


def test_nothing_is_written_over(full: Workspace, tmp_path: Path):
    (tmp_path / "out.zip").write_text("mine")
    with pytest.raises(BadInputError, match="something lies there already"):
        export_dataset(full, "set", tmp_path / "out.zip")
    assert (tmp_path / "out.zip").read_text() == "mine"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "magic"}, "no row of the history"),
        ({"undoes": 999}, "no row of the history"),
        ({"grade": "5"}, "no row of the history"),
        ({"source": None}, "no row of the history"),
        ({"qid": 7.5}, "the qid is a number"),
    ],
)
def test_a_history_that_was_bent_is_refused_at_its_line(full: Workspace, tmp_path: Path, change, words):
    export_dataset(full, "set", tmp_path / "out")
    path = tmp_path / "out" / "history" / "judgments.jsonl"
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), **change}), *rest]))
    with pytest.raises(BadInputError, match=words) as caught:
        import_dataset(full, "again", tmp_path / "out")
    assert caught.value.line == 1
    with full.open() as db:
        assert [row.name for row in datasets.list_datasets(db)] == ["set"]


def test_a_renamed_dataset_keeps_everything(full: Workspace):
    before = everything(full, "set")
    with full.write() as db:
        done = jobs.submit(db, "inspect", {"dataset": "set", "qid": "q2"})
        jobs.finish(db, done, "done", result={"score": 1.0})
        waits = jobs.submit(db, "change", {"name": "set", "preview": True})
        other = jobs.submit(db, "inspect", {"dataset": "set of another", "qid": "q2"})
    assert rename_dataset(full, "set", "  new name ") == "new name"
    assert everything(full, "new name") == before
    with full.open() as db:
        assert jobs.latest(db, "inspect", {"dataset": "new name", "qid": "q2"}).result == {"score": 1.0}
        assert jobs.get(db, waits).params["name"] == "new name"
        assert jobs.get(db, other).params["dataset"] == "set of another"
        with pytest.raises(NotFoundError):
            datasets.get_dataset(db, "set")


def test_a_name_that_is_taken_or_none_is_refused(full: Workspace, tmp_path: Path):
    (tmp_path / "p.csv").write_text("id,text\n1,x\n")
    import_dataset(full, "other", tmp_path / "p.csv")
    for new, words in (("other", "is taken"), (" ", "the name is empty"), ("a\nb", "no text")):
        with pytest.raises(BadInputError, match=words):
            rename_dataset(full, "set", new)
    assert everything(full, "set")["docs"]


def index_of(workspace: Workspace, name: str) -> Path:
    with workspace.open() as db:
        folder = workspace.index_folder / datasets.get_dataset(db, name).fingerprint
    (folder / "bm25").mkdir(parents=True)
    (folder / "bm25" / "data").write_bytes(b"x" * 1000)
    return folder


def test_a_deleted_dataset_takes_all_with_it(full: Workspace, tmp_path: Path):
    (tmp_path / "p.csv").write_text("id,text\n1,x\n")
    import_dataset(full, "other", tmp_path / "p.csv")
    kept, own, others = everything(full, "other"), index_of(full, "set"), index_of(full, "other")
    with full.write() as db:
        waits = jobs.submit(db, "run", {"dataset": "set"})
        stays = jobs.submit(db, "run", {"dataset": "other"})
    went = delete_dataset(full, "set")
    assert (went.passages, went.queries, went.judgments, went.judges, went.index_bytes) == (2, 2, 6, 2, 1000)
    assert not own.exists()
    assert others.exists()
    assert everything(full, "other") == kept
    with full.open() as db:
        tables = ("doc", "query", "judgment", "grade_guideline")
        rows = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
        assert rows == {"doc": 1, "query": 0, "judgment": 0, "grade_guideline": 0}
        assert [job.id for job in jobs.open_jobs(db)] == [stays]
        with pytest.raises(NotFoundError):
            jobs.get(db, waits)
    import_dataset(full, "set", tmp_path / "p.csv")  # its name is free again


def test_the_index_stays_where_another_dataset_has_the_same_passages(full: Workspace, tmp_path: Path):
    export_dataset(full, "set", tmp_path / "out")
    import_dataset(full, "twin", tmp_path / "out")
    folder = index_of(full, "set")
    assert belongings(full, "set").index_bytes == 0
    delete_dataset(full, "set")
    assert folder.exists()
    delete_dataset(full, "twin")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("kind", "params"), [("run", {"dataset": "set"}), ("change", {"name": "set", "preview": False})]
)
def test_nothing_is_renamed_or_deleted_under_a_running_job(full: Workspace, kind: str, params: dict):
    before = everything(full, "set")
    with full.write() as db:
        jobs.submit(db, kind, params)
        jobs.take(db)
    for act in (lambda: delete_dataset(full, "set"), lambda: rename_dataset(full, "set", "new")):
        with pytest.raises(RerankLensError, match=f"A job of 'set' runs now \\({kind}\\)"):
            act()
    assert everything(full, "set") == before


def test_a_deletion_that_was_killed_is_carried_on_by_the_next_import(full: Workspace, tmp_path: Path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("rerank_core.corpus.keeping.drop_in_steps", killed)
    with pytest.raises(KeyboardInterrupt):
        delete_dataset(full, "set")
    with full.open() as db:
        assert datasets.list_datasets(db) == []
        assert db.execute("SELECT count(*) FROM doc").fetchone()[0] == 2
    clear_leftovers(full)
    with full.open() as db:
        assert db.execute("SELECT count(*) FROM doc").fetchone()[0] == 0


def test_options_of_the_import_win_over_the_history(full: Workspace, tmp_path: Path):
    export_dataset(full, "set", tmp_path / "out")
    (tmp_path / "mine.csv").write_text("query,docid,grade\nq2,007,1\n")
    import_dataset(full, "own", tmp_path / "out", ImportOptions(qrels=str(tmp_path / "mine.csv")))
    assert everything(full, "own")["qrels"] == {"q2": {"007": 1}}
