"""Whole datasets into the workspace: what is found, what is refused, and that a refusal leaves nothing."""

import json
import sqlite3
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from rerank_core.corpus import ingest
from rerank_core.corpus.formats.beir import write_beir
from rerank_core.corpus.importing import passages
from rerank_core.corpus.ingest import ImportOptions, ImportReport, import_dataset, import_queries
from rerank_core.corpus.survey import sources
from rerank_core.errors import BadInputError, CancelledError, SettingsError
from rerank_core.store import datasets, judgments
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.workspace import Workspace
from rerank_core.types import Doc, Query
from rerank_core.views.import_report import findings

DOCS = [
    Doc("007", "Puffins carry fish.", "Puffins", {"kind": "bird", "n": 1}),
    Doc("1e5", "Otters eat fish 🙂\nand rest."),
    Doc("x y", ""),
]
QUERIES = [Query("q1", "fish eaters", "any animal", ("short",)), Query("q2", "who rests"), Query("q3", "train only")]
QRELS = {"test": {"q1": {"007": 2, "1e5": 0}, "q2": {"gone": 1}}, "train": {"q3": {"007": 1}}}


@pytest.fixture
def beir(tmp_path: Path) -> Path:
    write_beir(tmp_path / "beir", DOCS, QUERIES, QRELS)
    return tmp_path / "beir"


def names(workspace: Workspace) -> list[str]:
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM dataset WHERE state <> 'ready'").fetchone() == (0,)
        return [row.name for row in datasets.list_datasets(db)]


def stored(workspace: Workspace, name: str) -> tuple[datasets.DatasetRow, list[Doc], list[Query], dict]:
    with workspace.open() as db:
        row = datasets.get_dataset(db, name)
        queries, qrels = datasets.get_queries(db, row.id), judgments.qrels(db, row.id)
    return row, list(StoredCorpus(workspace, row).docs()), queries, qrels


def test_a_beir_folder_comes_in_as_it_was_written(workspace: Workspace, beir: Path):
    report = import_dataset(workspace, "animals", beir)
    row, docs, queries, qrels = stored(workspace, "animals")
    assert docs == DOCS
    assert queries == QUERIES[:2]
    assert qrels == QRELS["test"]
    assert (row.n_docs, row.n_queries, list(row.scale)) == (3, 2, [0, 1, 2])
    assert (report.passages, report.queries, report.judgments, report.queries_left_out) == (3, 2, 3, 1)
    assert (report.splits, report.empty_texts, report.grades) == (("test",), 1, {0: 1, 1: 1, 2: 1})
    assert report.docs_without_text == ingest.Listed(1, ("gone",))
    assert ImportReport.from_dict(row.report) == report


@pytest.mark.parametrize("docid", ["a\tb", "a\nb", " a", 'a"b'])
def test_an_id_that_cannot_stand_in_a_tsv_cell_is_not_written(tmp_path: Path, docid: str):
    with pytest.raises(BadInputError, match="TSV cell"):
        write_beir(tmp_path / "b", DOCS, QUERIES, {"test": {"q1": {docid: 1}}})
    assert list(tmp_path.iterdir()) == []


def test_imported_grades_name_their_split_and_the_text_they_were_given_for(workspace: Workspace, beir: Path):
    import_dataset(workspace, "animals", beir)
    with workspace.open() as db:
        found = judgments.in_force(db, datasets.get_dataset(db, "animals").id)
    assert {(j.judge, j.source) for j in found} == {("qrels:test", "import")}
    assert {j.docid: j.text_hash for j in found} == {"007": DOCS[0].text_hash, "1e5": DOCS[1].text_hash, "gone": ""}


@pytest.mark.parametrize(
    ("options", "qids", "pairs"),
    [
        (ImportOptions(split="train"), ["q3"], 1),
        (ImportOptions(all_queries=True), ["q1", "q2", "q3"], 3),
        (ImportOptions(split="train", all_queries=True), ["q1", "q2", "q3"], 1),
    ],
)
def test_the_split_decides_which_queries_come(workspace: Workspace, beir: Path, options, qids, pairs):
    report = import_dataset(workspace, "animals", beir, options)
    assert [query.qid for query in stored(workspace, "animals")[2]] == qids
    assert (report.judgments, report.queries_left_out) == (pairs, 3 - len(qids))


def test_without_a_test_split_all_splits_come(workspace: Workspace, tmp_path: Path):
    write_beir(tmp_path / "b", DOCS, QUERIES, {"dev": {"q1": {"007": 1}}, "train": {"q3": {"007": 1}}})
    report = import_dataset(workspace, "animals", tmp_path / "b")
    assert (report.splits, report.queries, report.judgments) == (("dev", "train"), 2, 2)


def test_without_grades_all_queries_come_and_the_scale_is_0_to_3(workspace: Workspace, tmp_path: Path):
    write_beir(tmp_path / "b", DOCS, QUERIES, {})
    report = import_dataset(workspace, "animals", tmp_path / "b")
    row, _, queries, _ = stored(workspace, "animals")
    assert (queries, report.queries_without_judgments, list(row.scale)) == (QUERIES, 3, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("grades", "max_grade", "scale"),
    [
        ([1, 1], None, [0, 1]),
        ([0, 0], None, [0, 1]),
        ([-2, 2], None, [0, 1, 2]),
        ([3, 1], None, [0, 1, 2, 3]),
        ([4, 1], None, [0, 1, 2, 3, 4]),
        ([6, 1], None, [0, 1, 2, 3, 4, 5, 6]),
        ([100, 10, 1], None, [0, 1, 10, 100]),
        ([1, 1], 3, [0, 1, 2, 3]),
    ],
)
def test_the_scale_reaches_to_the_highest_grade(workspace: Workspace, tmp_path: Path, grades, max_grade, scale):
    qrels = {f"q{place}": {"007": grade} for place, grade in enumerate(grades)}
    write_beir(tmp_path / "b", DOCS, [Query(qid, "x") for qid in qrels], {"test": qrels})
    import_dataset(workspace, "animals", tmp_path / "b", ImportOptions(max_grade=max_grade))
    row, _, _, kept = stored(workspace, "animals")
    assert list(row.scale) == scale
    assert kept == qrels  # negative grades too


def test_options_are_plain_json(workspace: Workspace, tmp_path: Path):
    (tmp_path / "a.csv").write_text("sku,blurb\n007,fish\n")
    (tmp_path / "q.txt").write_text("fish eaters\n")
    options = ImportOptions(
        id_field="sku", text_field="blurb", queries=str(tmp_path / "q.txt"), qrels=str(tmp_path / "g.csv")
    )
    assert ImportOptions(**json.loads(json.dumps(asdict(options)))) == options
    (tmp_path / "g.csv").write_text("query,docid,rating\nfish eaters,007,3\nnew words,007,1\n")
    import_dataset(workspace, "shop", tmp_path / "a.csv", options)
    _, docs, queries, qrels = stored(workspace, "shop")
    assert docs == [Doc("007", "fish")]
    assert queries == [Query("q1", "fish eaters"), Query("q2", "new words")]
    assert qrels == {"q1": {"007": 3}, "q2": {"007": 1}}


def test_repeated_ids_are_counted_and_the_first_content_is_kept(workspace: Workspace, tmp_path: Path):
    rows = [("a", "one"), ("b", "two"), ("a", "one"), ("b", "other"), ("b", "two")]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"_id": i, "text": t, "k": [1]}) + "\n" for i, t in rows))
    report = import_dataset(workspace, "twice", tmp_path / "a.jsonl")
    assert [doc.text for doc in stored(workspace, "twice")[1]] == ["one", "two"]
    assert (report.passages, report.same_docs, report.conflicting_docs) == (2, 2, ingest.Listed(1, ("b",)))


def test_a_repeated_id_is_found_across_batches(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "BATCH_DOCS", 2)
    rows = [("a", "one"), ("b", "two"), ("c", "x"), ("a", "one"), ("b", "other")]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"_id": i, "text": t}) + "\n" for i, t in rows))
    report = import_dataset(workspace, "twice", tmp_path / "a.jsonl")
    assert (report.passages, report.same_docs, report.conflicting_docs.first) == (3, 1, ("b",))


def test_repeated_queries_and_grades_are_counted(workspace: Workspace, beir: Path):
    with (beir / "queries.jsonl").open("a") as stream:
        stream.write('{"_id": "q1", "text": "fish eaters"}\n{"_id": "q2", "text": "other"}\n')
    with (beir / "qrels" / "test.tsv").open("a") as stream:
        stream.write("q1\t007\t2\nq1\t1e5\t1\nnobody\t007\t1\n")
    report = import_dataset(workspace, "animals", beir)
    assert (report.same_queries, report.conflicting_queries.first) == (1, ("q2",))
    assert (report.same_judgments, report.conflicting_judgments, report.judgments) == (1, 1, 4)
    assert report.judgments_of_unknown_queries.first == ("nobody",)
    assert stored(workspace, "animals")[3] == {
        "q1": {"007": 2, "1e5": 1}, "q2": {"gone": 1}, "nobody": {"007": 1},
    }  # fmt: skip


def test_a_query_named_by_its_text_is_the_same_in_any_unicode_form(workspace: Workspace, tmp_path: Path):
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "text": "kitchen"}\n', encoding="utf-8")
    queries = ["Küche lüften", "küche lüften", "테스트"]
    lines = (json.dumps({"_id": f"q{n}", "text": text}) + "\n" for n, text in enumerate(queries, 1))
    (tmp_path / "queries.jsonl").write_text("".join(lines), encoding="utf-8")
    texts = [unicodedata.normalize("NFD", text) for text in queries]
    rows = "".join(f"{text},d1,1\n" for text in (*texts, "Küche\u00a0 lüf\u00adten", "new"))
    (tmp_path / "grades.csv").write_text("query,docid,rating\n" + rows, encoding="utf-8")
    import_dataset(workspace, "d", tmp_path, ImportOptions(qrels=str(tmp_path / "grades.csv"), all_queries=True))
    with workspace.open() as db:
        dataset = datasets.get_dataset(db, "d")
        found = {query.qid: query.text for query in datasets.get_queries(db, dataset.id)}
        qrels = judgments.qrels(db, dataset.id)
    assert [found[qid] for qid in ("q1", "q2", "q3")] == queries
    assert sorted(found.values()) == sorted([*queries, "new"])
    assert qrels.keys() == found.keys()


def test_a_folder_of_texts_is_cut_as_asked(workspace: Workspace, tmp_path: Path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# T\none two three")
    report = import_dataset(workspace, "docs", tmp_path / "docs", ImportOptions(chunk_words=3, overlap_words=1))
    assert [(d.docid, d.text) for d in stored(workspace, "docs")[1]] == [
        ("a.md#1", "# T\none"), ("a.md#2", "one two three"),
    ]  # fmt: skip
    assert report.passages == 2


GOOD = '{"_id": "d1", "text": "x"}\n'
BAD = [
    ("a.jsonl", GOOD + "{oops\n", 2, "one JSON object per line"),
    ("a.jsonl", GOOD + "[1]\n", 2, "one JSON object per line"),
    ("a.jsonl", '[{"_id": "d1", "text": "x"}]', 1, "not an object"),
    ("a.jsonl", '[\n{"_id": "d1", "text": "x"}]', 1, "one JSON array"),
    ("a.jsonl", GOOD + '{"_id": null, "text": "x"}\n', 2, "text or a whole number"),
    ("a.jsonl", GOOD + '{"_id": true, "text": "x"}\n', 2, "text or a whole number"),
    ("a.jsonl", GOOD + '{"_id": 1.5, "text": "x"}\n', 2, "text or a whole number"),
    ("a.jsonl", GOOD + '{"_id": " ", "text": "x"}\n', 2, "the id is empty"),
    ("a.jsonl", GOOD + '{"_id": "a\\u0000b", "text": "x"}\n', 2, "control character"),
    ("a.jsonl", GOOD + '{"_id": "d2", "text": 5}\n', 2, "the text is a number (5). Expected: text"),
    ("a.jsonl", GOOD + '{"_id": "d2", "text": "x", "title": ["t"]}\n', 2, "the title is a list"),
    ("a.jsonl", GOOD + '{"_id": "d2", "text": "x", "metadata": "x"}\n', 2, "an object"),
    ("a.jsonl", GOOD + '{"_id": "d2"}\n', 2, "text, body, contents"),
    ("a.jsonl", GOOD + '{"text": "x"}\n', 2, "_id, id, docid, docno"),
    ("a.jsonl", GOOD + '{"_id": "d2", "text": "\\ud800"}\n', 2, "surrogate"),
    ("a.jsonl", GOOD + '{"_id": "d2", "text": "x", "k": {"\\udc00": 1}}\n', 2, "surrogate"),
    ("a.jsonl", GOOD + "[" * 100_000 + "\n", 2, "one JSON object per line"),
    ("a.jsonl", GOOD + '{"_id": ' + "1" * 5000 + ', "text": "x"}\n', 2, "one JSON object per line"),
    ("a.jsonl", GOOD.encode() + b'{"_id": "d2", "text": "\x81"}\n', 2, "UTF-8"),
    ("a.jsonl", "\n\n", None, "the file is empty"),
    ("a.csv", "id,text\nd1,x\nd2\n", 3, "2, as in the header"),
    ("a.csv", 'id,text\nd1,"a\nb"\nd2,"open\n', 4, "quotes doubled"),
    ("a.csv", "id,id,text\n", 1, "distinct names"),
    ("a.csv", "name,text\nd1,x\n", 1, "_id, id, docid, docno"),
    ("a.csv", "id,text\n", None, "there are no passages"),
    ("a.csv", "id,text\n,x\n", 2, "the id is empty"),
    ("a.csv", b"id,text\nd1,caf\x81\n", 2, "UTF-8"),
    ("a.parquet", b"PAR1 and no more", None, "a Parquet file"),
    ("a.parquet", b"", None, "Parquet file"),
    ("a.jsonl.gz", b"not packed", None, "a readable file"),
    ("a.pdf", b"%PDF-1.7", None, ".parquet"),
    ("a.run", "q1 Q0 d1 1 2.0 t\n", None, "a file of passages"),
]


@pytest.mark.parametrize(("name", "content", "line", "words"), BAD)
def test_bad_passages_are_refused_and_nothing_stays(workspace: Workspace, tmp_path: Path, name, content, line, words):
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(BadInputError) as caught:
        import_dataset(workspace, "bad", file)
    assert caught.value.line == line
    assert name in str(caught.value)
    assert words in str(caught.value)
    assert names(workspace) == []
    with workspace.open() as db:
        assert db.execute("SELECT count(*) FROM doc").fetchone() == (0,)


@pytest.mark.parametrize(
    ("file", "content", "line", "words"),
    [
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\t007\t1\nq1\t1e5\t0.5\n", 3, "a whole number"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq1\t007\n", 2, "3, as in the header"),
        ("qrels/test.tsv", "nothing\n", 1, "grade, rating, label, score"),
        ("queries.jsonl", '{"_id": "q1", "text": "x"}\n{"_id": "q2"}\n', 2, "an id"),
        ("queries.jsonl", '{"_id": "q1", "text": "\\udfff"}\n', 1, "surrogate"),
        ("corpus.jsonl", GOOD * 2 + "x\n", 3, "one JSON object per line"),
    ],
)
def test_a_bad_part_of_a_beir_folder_refuses_all_of_it(workspace: Workspace, beir: Path, file, content, line, words):
    (beir / file).write_text(content)
    with pytest.raises(BadInputError) as caught:
        import_dataset(workspace, "bad", beir)
    assert caught.value.line == line
    assert str(beir / file) in str(caught.value)
    assert words in str(caught.value)
    assert names(workspace) == []


def test_an_unknown_split_names_those_that_are_there(workspace: Workspace, beir: Path):
    with pytest.raises(BadInputError, match="test, train"):
        import_dataset(workspace, "animals", beir, ImportOptions(split="dev"))
    assert names(workspace) == []


def test_a_grade_above_the_asked_scale_names_its_line(workspace: Workspace, beir: Path):
    with pytest.raises(BadInputError, match=r"test\.tsv, line 2: the grade 2 is not on the scale"):
        import_dataset(workspace, "animals", beir, ImportOptions(max_grade=1))


@pytest.mark.parametrize("values", [{"chunk_words": 5, "overlap_words": 5}, {"max_grade": 0}, {"chunk_words": -1}])
def test_settings_that_cannot_work_are_refused(values: dict):
    with pytest.raises(SettingsError):
        ImportOptions(**values)


def test_a_taken_name_leaves_the_dataset_that_has_it(workspace: Workspace, beir: Path):
    import_dataset(workspace, "animals", beir)
    with pytest.raises(BadInputError, match="taken"):
        import_dataset(workspace, "animals", beir)
    assert names(workspace) == ["animals"]
    assert stored(workspace, "animals")[1] == DOCS


def many(path: Path, count: int) -> Path:
    path.write_text("".join(json.dumps({"_id": str(n), "text": f"passage {n}"}) + "\n" for n in range(count)))
    return path


@pytest.mark.parametrize(
    "error", [CancelledError("stop"), KeyboardInterrupt(), SystemExit(0), sqlite3.OperationalError()]
)
@pytest.mark.parametrize("after", [0, 2_000, 5_000])
def test_whatever_stops_an_import_leaves_nothing_of_it(workspace: Workspace, tmp_path: Path, error, after: int):
    def stop(done: int, total: int, message: str = "") -> None:
        if done >= after:
            raise error

    with pytest.raises(type(error)):
        import_dataset(workspace, "stopped", many(tmp_path / "a.jsonl", 5_000), progress=stop)
    assert names(workspace) == []
    import_dataset(workspace, "stopped", tmp_path / "a.jsonl")  # the name is free again
    assert names(workspace) == ["stopped"]


def test_progress_counts_up_to_its_total_outside_of_any_transaction(workspace: Workspace, tmp_path: Path):
    seen = []

    def tell(done: int, total: int, message: str = "") -> None:
        with workspace.write() as db:  # would wait in vain inside the import's own transaction
            db.execute("SELECT 1")
        seen.append((done, total))

    import_dataset(workspace, "told", many(tmp_path / "a.jsonl", 5_000), progress=tell)
    assert seen == [(0, 0), (2_000, 5_000), (4_000, 5_000), (5_000, 5_000), (5_000, 5_000)]


def test_passages_are_read_no_further_than_they_are_stored(workspace: Workspace, tmp_path: Path, monkeypatch):
    read = 0

    def generate(*_: object) -> Iterator[Doc]:
        nonlocal read
        for read in range(1, 5_001):
            yield Doc(str(read), "text")

    ahead = []

    def tell(done: int, total: int, message: str = "") -> None:
        with workspace.open() as db:
            ahead.append(read - db.execute("SELECT count(*) FROM doc").fetchone()[0])

    monkeypatch.setattr(passages, "read_passages", generate)
    import_dataset(workspace, "lazy", many(tmp_path / "a.jsonl", 1), progress=tell)
    assert read == 5_000
    assert ahead == [0] * 5  # start, three sources, end: nothing read that is not stored


def test_long_passages_make_smaller_batches():
    docs = [Doc(str(n), "x" * (sources.BATCH_CHARS // 2)) for n in range(5)]
    assert [len(batch) for batch in sources.doc_batches(docs)] == [2, 2, 1]


def test_what_a_killed_import_left_is_cleared_by_the_next(workspace: Workspace, beir: Path):
    with workspace.write() as db:
        left = datasets.begin_dataset(db, "animals", "killed")
        datasets.add_docs(db, left, DOCS)
    import_dataset(workspace, "animals", beir)
    assert names(workspace) == ["animals"]


def test_two_imports_at_once_take_turns(workspace: Workspace, beir: Path):
    waited = threading.Event()
    second_done = threading.Event()

    def second() -> None:
        def tell(done: int, total: int, message: str = "") -> None:
            if message.startswith("waiting"):
                waited.set()

        import_dataset(workspace, "second", beir, progress=tell)
        second_done.set()

    def first(done: int, total: int, message: str = "") -> None:
        if done == 0:
            other.start()
        assert waited.wait(20)
        assert not second_done.is_set()

    other = threading.Thread(target=second)
    import_dataset(workspace, "first", beir, progress=first)
    other.join(20)
    assert sorted(names(workspace)) == ["first", "second"]


@pytest.mark.parametrize(
    ("name", "counts", "left_out", "over", "grades"),
    [
        ("scifact", (5_183, 300, 339), 809, 455, {1: 339}),
        ("esci-us-150", (6_764, 150, 6_678), 0, 1_160, {0: 1_086, 1: 305, 2: 1_898, 3: 3_389}),
        ("trec-dl-2019", (11_843, 43, 3_983), 0, 0, {0: 1_467, 1: 875, 2: 1_165, 3: 476}),
    ],
)
def test_the_shared_collections_have_the_counts_of_their_source(
    workspace: Workspace, collections: Path, name, counts, left_out, over, grades
):
    report = import_dataset(workspace, name, collections / name)
    assert (report.passages, report.queries, report.judgments) == counts
    assert (report.queries_left_out, report.grades) == (left_out, grades)
    assert sum(report.words.values()) == report.passages
    assert report.over_512 == over  # as counted by tokenizing each passage whole
    assert report.docs_without_text.count == report.judgments_of_unknown_queries.count == 0


@pytest.mark.parametrize(
    ("queries", "counts"),
    [
        ({"a1": "Ban  cars.\n"}, (1, 1)),  # white space aside
        ({"a1": "Puffins\nfly"}, (1, 0)),
        ({"a1": "Ban cars.", "a2": "other", "new": "Ban cars."}, (2, 1)),
        ({"7": "Titles count too"}, (1, 1)),
        ({"7": "a number that is only counted alike"}, (0, 0)),
        ({"new": "Ban cars."}, (0, 0)),
    ],
)
def test_queries_that_are_passages_of_the_corpus_are_counted_and_said(
    workspace: Workspace, tmp_path: Path, queries: dict, counts: tuple
):
    docs = [Doc("a1", "Ban cars."), Doc("a2", "Keep cars."), Doc("7", "count too", "Titles")]
    made = [Query(qid, text) for qid, text in queries.items()]
    write_beir(tmp_path / "beir", docs, made, {"test": {qid: {"a2": 1} for qid in queries}})
    report = import_dataset(workspace, "arguments", tmp_path / "beir")
    assert (report.queries_with_passage_ids, report.queries_as_passages) == counts
    assert ImportReport.from_dict(report.to_dict()) == report
    said = [line for line in findings(report) if "--ignore-identical-ids" in line]
    whose = "1 query has" if counts[0] == 1 else f"{counts[0]} queries have"
    assert [line[: line.index(",")] for line in said] == [f"{whose} the id of a passage"] * (counts[0] > 0)
    # and when the queries come later
    write_beir(tmp_path / "docs", docs, [], {})
    import_dataset(workspace, "later", tmp_path / "docs" / "corpus.jsonl")
    report = import_queries(workspace, "later", tmp_path / "beir" / "queries.jsonl")
    assert (report.queries_with_passage_ids, report.queries_as_passages) == counts
