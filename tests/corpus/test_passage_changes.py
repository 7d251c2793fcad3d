"""Passages of a dataset that is there are added, replaced and removed: all of a change, or nothing of it."""

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from rerank_core.corpus import changes
from rerank_core.corpus.changes import PassageChange, change_passages, remove_passages, update_passages
from rerank_core.corpus.ingest import ImportOptions, import_dataset
from rerank_core.corpus.report import ChangeReport, ImportReport, Listed
from rerank_core.corpus.survey import sources
from rerank_core.errors import BadInputError, CancelledError, NotFoundError, RerankLensError, WorkspaceError
from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.judging.stale import stale_labels
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.reports.exports import Chosen, write_export
from rerank_core.retrieval.index import LEAST_ROWS
from rerank_core.retrieval.parts import ADDED
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc
from tests.conftest import BIRD_QUERIES, BIRDS

TERNS = Doc("d1", "Terns plunge for sand eels.", "Terns")
GULL = Doc("d9", "A gull steals chips.", "Gull", {"kind": "bird"})
WORDS_ONLY = RetrievalSettings(("bm25",), depth=10)

pytestmark = pytest.mark.usefixtures("birds")


def row_of(workspace: Workspace, name: str = "birds") -> datasets.DatasetRow:
    with workspace.open() as db:
        return datasets.get_dataset(db, name)


def docs_of(workspace: Workspace, name: str = "birds") -> list[Doc]:
    return list(StoredCorpus(workspace, row_of(workspace, name)).docs())


def jsonl(path: Path, *docs: Doc) -> Path:
    rows = [{"_id": d.docid, "title": d.title, "text": d.text, "metadata": dict(d.metadata)} for d in docs]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def grade(workspace: Workspace, docid: str, number: int, value: int = 2) -> None:
    with workspace.write() as db:
        row = datasets.get_dataset(db, "birds")
        event = GradeEvent("c", number, "grade", "q1", docid, value)
        judgments.record(db, row.id, "ann", [event], row.scale)


def counts(report: ChangeReport) -> tuple[int, int, int, int, int]:
    return report.added, report.replaced, report.unchanged, report.removed, report.passages


def test_new_passages_are_added_others_replaced_in_their_place_and_equal_ones_left(workspace, tmp_path):
    report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", GULL, TERNS, BIRDS[3]))
    assert counts(report) == (1, 1, 1, 0, 5)
    assert docs_of(workspace) == [TERNS, *BIRDS[1:], GULL]
    assert row_of(workspace).n_docs == 5
    with workspace.open() as db:
        stored = datasets.text_hashes(db, row_of(workspace).id, ["d1", "d9"])
    assert stored == {"d1": TERNS.text_hash, "d9": GULL.text_hash}


@pytest.mark.parametrize(
    "doc",
    [
        Doc("007", BIRDS[3].text, "Puffins", {"kind": "seabird"}),
        Doc("007", BIRDS[3].text, "Atlantic puffins", {"kind": "bird"}),
        Doc("007", f"Puffins\n{BIRDS[3].text}", "", {"kind": "bird"}),  # what models read is the same
    ],
)
def test_a_title_or_metadata_alone_is_a_change(workspace, birds, tmp_path, doc):
    report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", doc))
    assert counts(report) == (0, 1, 0, 0, 4)
    assert docs_of(workspace)[3] == doc
    assert row_of(workspace).fingerprint == report.fingerprint_now != birds.fingerprint == report.fingerprint


def test_in_metadata_the_order_of_names_is_no_change_and_a_number_is_not_true(workspace, tmp_path):
    first = Doc("d9", "x", "", {"a": 1, "b": [1, None]})
    update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", first))
    turned = Doc("d9", "x", "", {"b": [1, None], "a": 1})
    assert counts(update_passages(workspace, "birds", jsonl(tmp_path / "b.jsonl", turned)))[1:3] == (0, 1)
    other = Doc("d9", "x", "", {"a": True, "b": [1, None]})
    assert counts(update_passages(workspace, "birds", jsonl(tmp_path / "c.jsonl", other)))[1:3] == (1, 0)


def test_passages_are_removed_by_id_and_unknown_ids_are_said(workspace):
    report = remove_passages(workspace, "birds", ["d1", "gone", "007", "d1", "7"])
    assert counts(report) == (0, 0, 0, 2, 2)
    assert report.unknown == Listed(2, ("gone", "7"))
    assert docs_of(workspace) == BIRDS[1:3]


def test_a_file_of_ids_has_one_a_line_and_spaces_count_only_where_an_id_has_them(workspace, tmp_path):
    update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", Doc(" d2", "led by a space")))
    (tmp_path / "ids.txt").write_bytes("\ufeff d2\r\n\r\n  007  \r\nno one\n".encode())
    report = remove_passages(workspace, "birds", tmp_path / "ids.txt")
    assert (report.removed, report.unknown) == (2, Listed(1, ("no one",)))
    assert [doc.docid for doc in docs_of(workspace)] == ["d1", "d2", "d3"]


def test_the_fingerprint_comes_back_with_the_passages(workspace, birds, tmp_path):
    seen = {birds.fingerprint}
    file, before = tmp_path / "a.jsonl", jsonl(tmp_path / "before.jsonl", *BIRDS)
    for change in (
        PassageChange(jsonl(file, TERNS, GULL)),
        PassageChange(remove=("d9",)),
        PassageChange(remove=("d1", "d2")),
    ):
        report = change_passages(workspace, "birds", change)
        assert report.fingerprint_now == row_of(workspace).fingerprint not in seen
        seen.add(report.fingerprint_now)
    assert counts(update_passages(workspace, "birds", before)) == (2, 0, 2, 0, 4)
    assert row_of(workspace).fingerprint == birds.fingerprint


def test_nothing_changes_where_nothing_differs(workspace, birds, tmp_path):
    report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", *BIRDS[::-1]))
    assert (counts(report), report.changes) == ((0, 0, 4, 0, 4), False)
    assert report.fingerprint_now == report.fingerprint == birds.fingerprint
    assert remove_passages(workspace, "birds", ["nobody"]).changes is False
    assert row_of(workspace) == birds


def test_a_file_may_be_all_there_is_to_be(workspace, tmp_path):
    change = PassageChange(jsonl(tmp_path / "a.jsonl", BIRDS[0], GULL), only_these=True)
    assert counts(change_passages(workspace, "birds", change)) == (1, 0, 1, 3, 2)
    assert docs_of(workspace) == [BIRDS[0], GULL]


def test_one_change_adds_replaces_and_removes(workspace, tmp_path):
    change = PassageChange(jsonl(tmp_path / "a.jsonl", TERNS, GULL), remove=("d2",))
    assert counts(change_passages(workspace, "birds", change)) == (1, 1, 0, 1, 4)
    assert docs_of(workspace) == [TERNS, *BIRDS[2:], GULL]


def test_a_preview_says_the_same_and_changes_nothing(workspace, birds, tmp_path):
    grade(workspace, "d2", 1)
    change = PassageChange(jsonl(tmp_path / "a.jsonl", TERNS), remove=("d2",), preview=True)
    preview = change_passages(workspace, "birds", change)
    assert (row_of(workspace), docs_of(workspace)) == (birds, BIRDS)
    done = change_passages(workspace, "birds", PassageChange(change.source, remove=("d2",)))
    assert (preview.preview, preview.fingerprint_now) == (True, "")
    assert counts(preview) == counts(done)
    assert (preview.stale_grades, preview.orphaned_grades) == (done.stale_grades, done.orphaned_grades) == (0, 1)
    assert ChangeReport.from_dict(json.loads(json.dumps(done.to_dict()))) == done


def test_what_was_looked_at_is_not_done_to_other_passages(workspace, birds, tmp_path):
    remove_passages(workspace, "birds", ["d2"])
    with pytest.raises(BadInputError, match="changed since"):
        change_passages(workspace, "birds", PassageChange(remove=("d1",), fingerprint=birds.fingerprint))
    assert row_of(workspace).n_docs == 3


def test_a_change_that_is_done_already_is_done(workspace, birds):
    change = PassageChange(remove=("d2",), fingerprint=birds.fingerprint)
    assert change_passages(workspace, "birds", change).removed == 1
    again = change_passages(workspace, "birds", change)  # by the worker after the one that was killed
    assert (again.changes, again.passages, again.unknown.first) == (False, 3, ("d2",))


BAD = [
    ("a.jsonl", '{"_id": "d1", "text": "other"}\n{"_id": "d3", "text": \n', 2, "one JSON object per line"),
    ("a.jsonl", '{"_id": "d1", "text": "other"}\n{"_id": "d3"}\n', 2, "text, body, contents"),
    ("a.csv", "id,text\nd1,other\nd3\n", 3, "2, as in the header"),
    ("a.csv", "id,text\n", None, "there are no passages"),
    ("a.run", "q1 Q0 d1 1 2.0 t\n", None, "a file of passages"),
    ("a.jsonl", '{"_id": "d1", "text": "other"}\n{"_id": "d2", "text": "x"}\n', None, "among the ids to remove"),
]


@pytest.mark.parametrize(("name", "content", "line", "words"), BAD)
def test_a_bad_file_changes_nothing_and_is_named(
    workspace, birds, tmp_path, monkeypatch, name: str, content: str, line: int | None, words: str
):
    monkeypatch.setattr(sources, "BATCH_DOCS", 1)  # what came before the bad line is gathered already
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInputError) as caught:
        change_passages(workspace, "birds", PassageChange(tmp_path / name, remove=("d2",)))
    assert (caught.value.line, name in str(caught.value), words in str(caught.value)) == (line, True, True)
    assert (row_of(workspace), docs_of(workspace)) == (birds, BIRDS)


def test_what_cannot_be_is_refused(workspace, birds, tmp_path):
    with pytest.raises(NotFoundError):
        remove_passages(workspace, "fish", ["d1"])
    with pytest.raises(BadInputError, match="no passage would be left"):
        remove_passages(workspace, "birds", [doc.docid for doc in BIRDS])
    with pytest.raises(BadInputError, match="nothing to change"):
        change_passages(workspace, "birds", PassageChange())
    (tmp_path / "ids.txt").write_text("\n \n")
    with pytest.raises(BadInputError, match=r"ids\.txt: there are no ids"):
        remove_passages(workspace, "birds", tmp_path / "ids.txt")
    assert (row_of(workspace), docs_of(workspace)) == (birds, BIRDS)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (CancelledError("stop"), CancelledError),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (sqlite3.OperationalError(), WorkspaceError),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 3])
def test_whatever_stops_a_change_leaves_the_passages_as_they_were(
    workspace, birds, tmp_path, monkeypatch, error: BaseException, raised: type, after: int
):
    def stop(done: int, total: int, message: str = "") -> None:
        if done >= after:
            raise error

    monkeypatch.setattr(sources, "BATCH_DOCS", 1)
    change = PassageChange(jsonl(tmp_path / "a.jsonl", TERNS, GULL, BIRDS[2]), remove=("d2",))
    with pytest.raises(raised):
        change_passages(workspace, "birds", change, stop)
    assert (row_of(workspace), docs_of(workspace)) == (birds, BIRDS)
    assert counts(change_passages(workspace, "birds", change)) == (1, 1, 1, 1, 4)


def test_a_fault_in_the_middle_of_the_change_itself_undoes_it(workspace, birds, tmp_path, monkeypatch):
    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    monkeypatch.setattr(datasets, "count_docs", broken)
    with pytest.raises(WorkspaceError, match="disk full"):
        change_passages(workspace, "birds", PassageChange(jsonl(tmp_path / "a.jsonl", TERNS, GULL), remove=("d2",)))
    assert (row_of(workspace), docs_of(workspace)) == (birds, BIRDS)


def test_ids_that_come_again_are_counted_over_batches_and_the_first_counts(workspace, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "BATCH_DOCS", 2)
    other = Doc("d9", "A gull sleeps.")
    file = jsonl(tmp_path / "a.jsonl", GULL, BIRDS[0], TERNS, GULL, other, BIRDS[0])
    report = update_passages(workspace, "birds", file)
    assert (counts(report), report.same_docs) == ((1, 0, 1, 0, 5), 2)
    assert report.conflicting_docs == Listed(2, ("d1", "d9"))
    assert docs_of(workspace) == [*BIRDS, GULL]


def many(path: Path, count: int) -> Path:
    return jsonl(path, *(Doc(f"n{number}", f"passage {number}") for number in range(count)))


def test_progress_is_told_outside_of_any_transaction_and_nothing_shows_before_the_end(workspace, tmp_path):
    seen = []

    def tell(done: int, total: int, message: str = "") -> None:
        with workspace.write() as db:  # would wait in vain inside the change's own transaction
            seen.append((done, total, db.execute("SELECT count(*) FROM doc").fetchone()[0]))

    update_passages(workspace, "birds", many(tmp_path / "a.jsonl", 5_000), progress=tell)
    assert seen == [(2_000, 5_000, 4), (4_000, 5_000, 4), (5_000, 5_000, 4), (5_000, 5_000, 4)]
    assert row_of(workspace).n_docs == 5_004


def test_passages_are_read_no_further_than_they_are_gathered(workspace, tmp_path, monkeypatch):
    read = 0

    def generate(*_: object):
        nonlocal read
        for read in range(1, 5_001):
            yield Doc(str(read), "text")

    ahead = []
    monkeypatch.setattr(changes, "read_passages", generate)
    told = many(tmp_path / "a.jsonl", 1)
    update_passages(workspace, "birds", told, progress=lambda done, *_: ahead.append(read - done))
    assert ahead == [0, 0, 0, 0]  # three sources, and the change


def test_two_changes_at_once_take_turns(workspace, tmp_path):
    waited = threading.Event()

    def second() -> None:
        def tell(done: int, total: int, message: str = "") -> None:
            if message.startswith("waiting"):
                waited.set()

        remove_passages(workspace, "birds", ["d2"], tell)

    def first(done: int, total: int, message: str = "") -> None:
        if not waited.is_set():
            other.start()
            assert waited.wait(20)

    other = threading.Thread(target=second)
    update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", TERNS, GULL), progress=first)
    other.join(20)
    assert docs_of(workspace) == [TERNS, *BIRDS[2:], GULL]


class TestTextFiles:
    @pytest.fixture
    def folder(self, workspace, tmp_path) -> Path:
        made = tmp_path / "docs"
        made.mkdir()
        (made / "a.md").write_text("one two three four five six")
        (made / "b.txt").write_text("short")
        import_dataset(workspace, "docs", made, ImportOptions(chunk_words=2, overlap_words=0))
        return made

    def update(self, workspace: Workspace, path: Path) -> ChangeReport:
        return update_passages(workspace, "docs", path, ImportOptions(chunk_words=2, overlap_words=0))

    def test_the_pieces_that_a_shorter_file_no_longer_has_go(self, workspace, folder):
        (folder / "a.md").write_text("one two three four")
        report = self.update(workspace, folder)
        assert (counts(report), report.old_pieces) == ((0, 0, 3, 1, 3), 1)
        assert [doc.docid for doc in docs_of(workspace, "docs")] == ["a.md#1", "a.md#2", "b.txt"]

    def test_a_file_that_becomes_several_pieces_loses_its_one(self, workspace, folder):
        (folder / "b.txt").write_text("not so short")
        assert counts(self.update(workspace, folder / "b.txt")) == (2, 0, 0, 1, 5)
        found = [doc.docid for doc in docs_of(workspace, "docs")]
        assert found == ["a.md#1", "a.md#2", "a.md#3", "b.txt#1", "b.txt#2"]

    def test_files_that_do_not_come_again_stay(self, workspace, folder):
        (folder / "a.md").unlink()
        assert counts(self.update(workspace, folder)) == (0, 0, 1, 0, 4)

    def test_a_passage_from_elsewhere_with_such_a_path_stays(self, workspace, folder, tmp_path):
        other = Doc("mine", "x", "", {"path": "b.txt", "start": 0, "end": 1})
        update_passages(workspace, "docs", jsonl(tmp_path / "a.jsonl", other))
        assert counts(self.update(workspace, folder)) == (0, 0, 4, 0, 5)

    def test_metadata_that_is_no_json_for_others_stays(self, workspace, folder, tmp_path):
        (tmp_path / "a.jsonl").write_text('{"_id": "inf", "text": "x", "path": "b.txt", "end": 1, "n": 1e999}\n')
        assert counts(update_passages(workspace, "docs", tmp_path / "a.jsonl")) == (1, 0, 0, 0, 5)
        assert counts(self.update(workspace, folder)) == (0, 0, 4, 0, 5)


def test_the_datasets_own_report_follows(workspace, tmp_path):
    long = Doc("long", "word " * 700)
    import_dataset(workspace, "own", jsonl(tmp_path / "a.jsonl", *BIRDS, long, Doc("blank", "")))
    change = PassageChange(jsonl(tmp_path / "b.jsonl", GULL, TERNS, Doc("d2", " ")), remove=("long", "blank"))
    change_passages(workspace, "own", change)
    import_dataset(workspace, "anew", jsonl(tmp_path / "c.jsonl", *docs_of(workspace, "own")))
    own, anew = (ImportReport.from_dict(row_of(workspace, name).report).to_dict() for name in ("own", "anew"))
    for name in ("passages", "words", "longest", "over_512", "empty_texts"):
        assert own[name] == anew[name], name
    assert row_of(workspace, "own").fingerprint == row_of(workspace, "anew").fingerprint


class TestGrades:
    def test_those_of_another_text_are_counted_and_asked_again(self, workspace, tmp_path):
        for number, docid in enumerate(("d1", "007", "d2"), start=1):
            grade(workspace, docid, number)
        renamed = Doc("007", BIRDS[3].text, "Puffins", {"kind": "seabird"})  # its text is the one that was graded
        report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", TERNS, renamed, BIRDS[1]))
        assert (report.stale_grades, report.orphaned_grades, report.returned_grades) == (1, 0, 0)
        assert [one.label.docid for one in stale_labels(workspace, row_of(workspace))] == ["d1"]
        report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", BIRDS[0]))
        assert (report.stale_grades, stale_labels(workspace, row_of(workspace))) == (0, [])

    def test_those_of_removed_passages_are_kept_and_come_back_with_them(self, workspace, tmp_path):
        grade(workspace, "d1", 1)
        assert remove_passages(workspace, "birds", ["d1", "d2"]).orphaned_grades == 1
        with workspace.open() as db:
            assert judgments.qrels(db, row_of(workspace).id) == {"q1": {"d1": 2}}
            assert [event["kind"] for event in judgments.history(db, row_of(workspace).id)] == ["grade"]
        report = update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", TERNS))
        assert (report.returned_grades, report.stale_grades) == (1, 1)

    def test_a_grade_for_a_passage_that_is_gone_is_acknowledged_and_kept_out(self, workspace):
        remove_passages(workspace, "birds", ["d1"])
        grade(workspace, "d1", 1)
        with workspace.open() as db:
            assert judgments.qrels(db, row_of(workspace).id) == {}

    def test_the_report_names_graded_ids_without_a_passage(self, workspace, tmp_path):
        (tmp_path / "g.qrels").write_text("q1 0 d1 2\nq1 0 nobody 1\n")
        (tmp_path / "q.jsonl").write_text('{"_id": "q1", "text": "fish"}\n')
        options = ImportOptions(queries=str(tmp_path / "q.jsonl"), qrels=str(tmp_path / "g.qrels"))
        import_dataset(workspace, "own", jsonl(tmp_path / "a.jsonl", *BIRDS), options)
        remove_passages(workspace, "own", ["d1", "d2"])
        report = ImportReport.from_dict(row_of(workspace, "own").report)
        assert report.docs_without_text == Listed(2, ("d1", "nobody"))

    def test_measures_keep_a_removed_passage_in_the_ideal_and_exports_keep_its_grade(self, workspace, tmp_path):
        grade(workspace, "d1", 1, 3)
        grade(workspace, "d3", 2, 3)
        remove_passages(workspace, "birds", ["d1"])
        row, system = row_of(workspace), get_system(workspace, "first-stage")
        Pipeline(workspace).run(Experiment(workspace, row, WORDS_ONLY, (system,)), BIRD_QUERIES)
        whole = load_whole_set(Experiment(workspace, row, WORDS_ONLY, (system,)))
        assert whole.qrels == {"q1": {"d1": 3, "d3": 3}}
        found = whole.rankings("first-stage")
        assert set(found["q1"].docids) == {"d3", "007"}
        recall = parse_measure("R@10")
        orders = {qid: ranking.docids for qid, ranking in found.items()}
        assert evaluate(orders, whole.qrels, [recall]) == {recall: {"q1": 1 / 2}}
        chosen = Chosen(Experiment(workspace, row, WORDS_ONLY, (system,)), system)
        for what, name in (("qrels", "q.txt"), ("labels", "l.csv"), ("beir", "beir"), ("run", "r.txt")):
            write_export(what, chosen, tmp_path / name)
        assert "q1 0 d1 3" in (tmp_path / "q.txt").read_text()
        assert '"d1"' not in (tmp_path / "beir" / "corpus.jsonl").read_text()


class TestWhatWasMadeBefore:
    def test_rankings_of_the_old_passages_are_not_shown_and_come_back_with_them(self, workspace, birds, tmp_path):
        system, pipeline = get_system(workspace, "first-stage"), Pipeline(workspace)
        pipeline.run(Experiment(workspace, birds, WORDS_ONLY, (system,)), BIRD_QUERIES)
        before = load_whole_set(Experiment(workspace, birds, WORDS_ONLY, (system,))).rankings("first-stage")
        assert "d1" in before["q1"].docids
        remove_passages(workspace, "birds", ["d1"])
        assert (
            load_whole_set(Experiment(workspace, row_of(workspace), WORDS_ONLY, (system,))).rankings("first-stage")
            == {}
        )
        update_passages(workspace, "birds", jsonl(tmp_path / "a.jsonl", BIRDS[0]))
        assert (
            load_whole_set(Experiment(workspace, row_of(workspace), WORDS_ONLY, (system,))).rankings("first-stage")
            == before
        )

    def test_a_run_that_began_before_the_change_keeps_nothing_of_mixed_passages(self, workspace, birds):
        system, pipeline = get_system(workspace, "first-stage"), Pipeline(workspace)
        pipeline.candidates(Experiment(workspace, birds, WORDS_ONLY), BIRD_QUERIES[0])
        remove_passages(workspace, "birds", ["d1"])
        for query in BIRD_QUERIES:
            with pytest.raises(RerankLensError, match="changed in the meantime"):
                pipeline.rank(Experiment(workspace, birds, WORDS_ONLY), query, system)
        assert load_whole_set(Experiment(workspace, birds, WORDS_ONLY, (system,))).rankings("first-stage") == {}

    def test_an_index_of_the_passages_before_is_changed_and_finds_what_one_built_anew_finds(self, workspace, tmp_path):
        texts = [f"{('cat', 'dog', 'fish', 'bird')[number % 4]} n{number}" for number in range(LEAST_ROWS)]
        before = [Doc(f"d{number}", text) for number, text in enumerate(texts)]
        import_dataset(workspace, "many", jsonl(tmp_path / "a.jsonl", *before))
        pipeline = Pipeline(workspace)
        pipeline.retriever(row_of(workspace, "many"), WORDS_ONLY)
        new = [Doc("d8", "cat kestrel"), Doc("d9", "dog", "Kestrel"), Doc("new", "kestrel fish")]
        change = PassageChange(jsonl(tmp_path / "b.jsonl", *new), remove=("d12", "d13"))
        changed = change_passages(workspace, "many", change).fingerprint_now
        own = pipeline.retriever(row_of(workspace, "many"), WORDS_ONLY)
        assert len(list((workspace.index_folder / changed).glob(f"bm25-*/{ADDED}"))) == 1
        other = Workspace(tmp_path / "other.db")
        import_dataset(other, "many", jsonl(tmp_path / "c.jsonl", *docs_of(workspace, "many")))
        anew = Pipeline(other).retriever(row_of(other, "many"), WORDS_ONLY)
        assert list(other.index_folder.glob(f"*/bm25-*/{ADDED}")) == []
        for query in ("kestrel", "cat", "fish n2", "n8", "n12", "n14"):
            assert own.retrieve("q", query).docs == anew.retrieve("q", query).docs
        assert set(own.retrieve("q", "kestrel").docids) == {"d8", "d9", "new"}
        assert own.retrieve("q", "n8").docids == own.retrieve("q", "n12").docids == ()  # replaced, removed

    def test_an_index_is_not_built_of_two_states(self, workspace, tmp_path):
        import_dataset(workspace, "many", many(tmp_path / "a.jsonl", 5_000))
        walk = StoredCorpus(workspace, row_of(workspace, "many")).docs()
        next(walk)
        remove_passages(workspace, "many", ["n4999"])
        with pytest.raises(RerankLensError, match="changed in the meantime"):
            list(walk)
