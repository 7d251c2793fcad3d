"""Data as people really have it, imported whole: what comes in, and what is said of the rest."""

import json
from pathlib import Path

import pytest

from rerank_core.corpus.changes import update_passages
from rerank_core.corpus.ingest import ImportOptions, ImportReport, import_dataset, import_judgments, import_queries
from rerank_core.errors import BadInputError, SettingsError
from rerank_core.store import datasets, judgments
from rerank_core.store.workspace import Workspace
from rerank_core.views.import_report import findings

CORPUS = (
    '{"_id": "d1", "title": "Kettle", "text": "How to descale a kettle."}\n'
    '{"_id": "d3", "title": "Oven", "text": "How to replace the oven lamp."}\n'
)
QUERIES = '{"_id": "q1", "text": "descale kettle"}\n{"_id": "q2", "text": "oven lamp"}\n'
BOTH = {"corpus.jsonl": CORPUS, "queries.jsonl": QUERIES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def stored(workspace: Workspace) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    with workspace.open() as db:
        row = datasets.get_dataset(db, "set")
        queries = {query.qid: query.text for query in datasets.get_queries(db, row.id)}
        assert ImportReport.from_dict(json.loads(json.dumps(row.report))).to_dict() == row.report
        return queries, judgments.qrels(db, row.id)


@pytest.mark.parametrize(
    ("files", "queries", "qrels"),
    [
        ({"case_7.csv": "query,docid,rating\ndescale kettle,d1,3\noven lamp,,\n"},
         ["descale kettle", "oven lamp"], {"q1": {"d1": 3}}),
        ({"r.csv": "query,docid,rating\ndescale kettle,d1,3\nfridge,,\n"},
         ["descale kettle", "oven lamp", "fridge"], {"q1": {"d1": 3}}),
        ({"r.csv": 'query,docid,rating\n"kettle, descale",d1,3\n'},
         ["descale kettle", "oven lamp", "kettle, descale"], {"q3": {"d1": 3}}),
        ({"qrels/test.jsonl": '{"query-id": "q1", "corpus-id": "d1", "score": 1}\n'
                              '{"query-id": "q2", "corpus-id": "d3", "score": 1.0}\n'},
         ["descale kettle", "oven lamp"], {"q1": {"d1": 1}, "q2": {"d3": 1}}),
        ({"g.jsonl": '{"query": "oven lamp", "docId": "d3", "rating": "2"}\n'},
         ["descale kettle", "oven lamp"], {"q2": {"d3": 2}}),
        ({"grades.tsv": "descale kettle\td1\t3\noven lamp\td3\t2\n"},
         ["descale kettle", "oven lamp"], {"q1": {"d1": 3}, "q2": {"d3": 2}}),
        ({"grades.tsv": "oven lamp\td3\t2\nlamp\td3\t1\n"},
         ["descale kettle", "oven lamp", "lamp"], {"q2": {"d3": 2}, "q3": {"d3": 1}}),
        ({"ratings.txt": "oven lamp\td3\t2\nlamp\td3\t1\n"},
         ["descale kettle", "oven lamp", "lamp"], {"q2": {"d3": 2}, "q3": {"d3": 1}}),
        ({"r.csv": "sep=;\r\nquery;docid;rating\r\noven lamp;d3;2\r\n"},
         ["descale kettle", "oven lamp"], {"q2": {"d3": 2}}),
        ({"VERSION.txt": "Release candidate number 3\n"}, ["descale kettle", "oven lamp"], {}),
        ({"notes.md": "Release candidate number 3\n"}, ["descale kettle", "oven lamp"], {}),
    ],
)  # fmt: skip
def test_grades_meet_their_queries(workspace: Workspace, folder: Path, files, queries, qrels):
    import_dataset(workspace, "set", write(folder, {**BOTH, **files}))
    found, grades = stored(workspace)
    assert (list(found.values()), grades) == (queries, qrels)


def test_a_query_that_nobody_rated_is_counted_and_kept(workspace: Workspace, folder: Path):
    rows = "query,docid,rating\noven lamp,,\ndescale kettle,d1,3\n"
    report = import_dataset(workspace, "set", write(folder, {"corpus.jsonl": CORPUS, "r.csv": rows}))
    assert (report.queries, report.ungraded, report.queries_without_judgments) == (2, 1, 1)
    more = import_judgments(
        workspace, "set", write(folder, {"more.csv": "query,docid,rating\nfridge,,\nx,d1,1\n"}) / "more.csv"
    )
    assert (more.queries, more.ungraded) == (2, 1)
    assert set(stored(workspace)[0].values()) == {"oven lamp", "descale kettle", "fridge", "x"}


def test_a_row_with_a_grade_and_no_passage_is_refused(workspace: Workspace, folder: Path):
    write(folder, {**BOTH, "r.csv": "query,docid,rating\noven lamp,,2\n"})
    with pytest.raises(BadInputError, match=r"r\.csv, line 2: the docid is empty"):
        import_dataset(workspace, "set", folder)


def test_topics_are_queries_by_their_numbers(workspace: Workspace, folder: Path):
    topics = "".join(
        f"<top>\n<num> Number: {number}\n<title> {title}\n</top>\n"
        for number, title in ((301, "descale kettle"), (302, "oven lamp"))
    )
    write(folder, {"corpus.jsonl": CORPUS, "topics.301-302.txt": topics, "qrels.txt": "301 0 d1 1\n302 0 d3 2\n"})
    import_dataset(workspace, "set", folder)
    assert stored(workspace) == (
        {"301": "descale kettle", "302": "oven lamp"}, {"301": {"d1": 1}, "302": {"d3": 2}},
    )  # fmt: skip
    added = import_queries(
        workspace, "set", write(folder, {"t.xml": "<topics><topic number='9'>fridge</topic></topics>"}) / "t.xml"
    )
    assert added.queries == 1


@pytest.mark.parametrize("docid", ["Mont\u00a0Blanc", "富士\u3000山", "\u2003x", "a\u2028b", "a\x85b"])
def test_white_space_that_is_not_ascii_is_a_part_of_an_id(workspace: Workspace, folder: Path, docid: str):
    write(folder, {"p.jsonl": json.dumps({"_id": docid, "text": "x"}), "qrels.txt": f"q1 0 {docid} 1\nq1 0 other 0\n"})
    report = import_dataset(workspace, "set", folder)
    assert stored(workspace)[1]["q1"][docid] == 1
    assert report.docs_without_text.first == ("other",)


def test_the_form_of_unicode_keeps_no_grade_from_its_passage(workspace: Workspace, folder: Path):
    nfd, nfc = "U\u0308bersicht.md", "\u00dcbersicht.md"
    write(folder, {f"docs/{nfd}": "The kettle.", "docs/a #2 🙂.txt": "The oven.", "grades.csv": ""})
    (folder / "grades.csv").write_text(f"query,docid,grade\nk,{nfc},2\no,a #2 🙂.txt,1\n", encoding="utf-8")
    options = ImportOptions(qrels=str(folder / "grades.csv"))
    report = import_dataset(workspace, "set", folder / "docs", options)
    assert (report.met_by_form.first, report.docs_without_text.count) == ((nfc,), 0)
    assert stored(workspace)[1] == {"q1": {nfd: 2}, "q2": {"a #2 🙂.txt": 1}}
    with workspace.open() as db:
        labels = judgments.in_force(db, datasets.get_dataset(db, "set").id)
    assert all(label.text_hash for label in labels)
    again = write(folder, {"more.csv": f"query,docid,grade\nk,{nfc},1\n"}) / "more.csv"
    assert import_judgments(workspace, "set", again).met_by_form.first == (nfc,)
    assert stored(workspace)[1]["q1"] == {nfd: 1}


def test_what_was_not_read_is_in_the_report_and_in_words(workspace: Workspace, folder: Path):
    files = {
        "a.txt": "Kettle",
        "b.md": "# Oven",
        "c.pdf": b"%PDF-1.4",
        "d.docx": b"x",
        "e.html": "<p>Fridge",
        ".x": "x",
    }
    report = import_dataset(workspace, "set", write(folder, {f"n/{name}": text for name, text in files.items()}))
    assert report.passages == 2
    assert [(item.kind, item.count, item.files) for item in report.not_read] == [
        ("a PDF", 1, ("n/c.pdf",)),
        ("a Word document", 1, ("n/d.docx",)),
        ("an HTML page", 1, ("n/e.html",)),
        ("hidden files and folders", 1, ()),
    ]
    assert "Not read: 1 file (a PDF): n/c.pdf." in findings(report)[0]
    assert update_passages(workspace, "set", folder).not_read == report.not_read
    stored(workspace)


def test_columns_that_are_not_read_are_named(workspace: Workspace, folder: Path):
    write(folder, {**BOTH, "r.csv": "query,position,docid,rating\noven lamp,1,d3,2\n"})
    report = import_dataset(workspace, "set", folder)
    assert [(item.kind, item.why, item.count, item.files) for item in report.not_read] == [
        ("columns", "position", 1, ("r.csv",))
    ]
    assert findings(report)[-1] == "Not read: 1 column of r.csv: position."
    more = write(folder, {"q.csv": "id,search_term,lang\nq8,kettle,en\n"}) / "q.csv"
    assert [item.why for item in import_queries(workspace, "set", more).not_read] == ["lang"]


def test_files_named_instead_of_those_that_lie_there_are_read_and_the_others_said(workspace: Workspace, folder: Path):
    grades = "query-id\tcorpus-id\tscore\nq1\td1\t1\n"
    write(
        folder, {**BOTH, "qrels/test.tsv": grades, "qrels/train.tsv": grades, "mine.csv": "qid,docid,grade\nq2,d3,2\n"}
    )
    report = import_dataset(workspace, "set", folder)
    assert [item.files for item in report.not_read] == [("mine.csv",), ("train.tsv",)]
    other = import_dataset(workspace, "other", folder, ImportOptions(qrels=str(folder / "mine.csv")))
    assert other.judgments == 1
    assert [item.files for item in other.not_read] == [("test.tsv", "train.tsv")]
    assert [item.files for item in update_passages(workspace, "set", folder).not_read][-1] == (
        "queries.jsonl", "test.tsv", "train.tsv",
    )  # fmt: skip


def test_the_name_of_the_imported_folder_says_nothing(workspace: Workspace, folder: Path):
    rows = "query,docid,rating\ndescale kettle,d1,3\n"
    report = import_dataset(workspace, "set", write(folder / "labels", {**BOTH, "r.csv": rows}))
    assert (report.queries, report.queries_left_out) == (2, 0)


class TestFieldsOfYours:
    def test_chosen_fields_are_read(self, workspace: Workspace, folder: Path):
        write(folder, {"p.csv": "ref,blurb,label\nA,words here,T\n", "queries.csv": "id,text\nq,why\n"})
        options = ImportOptions(id_field="ref", text_field="blurb", title_field="label")
        import_dataset(workspace, "set", folder, options)
        with workspace.open() as db:
            (doc,) = datasets.get_docs(db, datasets.get_dataset(db, "set").id, ["A"]).values()
        assert (doc.text, doc.title) == ("words here", "T")
        assert list(stored(workspace)[0]) == ["q"]
        write(folder, {"new.jsonl": '{"ref": "B", "blurb": "x", "label": "y"}'})
        assert update_passages(workspace, "set", folder / "new.jsonl", options).added == 1

    @pytest.mark.parametrize(
        "header",
        [
            "pid,passage_text",
            "DocID,Body",
            "sku,Product Description",
            "uuid,content",
            "url,abstract",
            "Article ID,Answer",
        ],
    )
    def test_the_usual_names_of_companies_are_known(self, workspace: Workspace, folder: Path, header: str):
        import_dataset(workspace, "set", write(folder, {"p.csv": f"{header}\na,First\n"}) / "p.csv")
        with workspace.open() as db:
            (doc,) = datasets.get_docs(db, datasets.get_dataset(db, "set").id, ["a"]).values()
        assert (doc.text, dict(doc.metadata)) == ("First", {})

    def test_what_the_message_offers_there_is(self, workspace: Workspace, folder: Path):
        write(folder, {"p.csv": "ref,blurb\nA,words here\n"})
        for source in (folder, folder / "p.csv"):
            with pytest.raises(
                BadInputError, match=r"ref, blurb.*on the page Data.*--id-field, --text-field.*--column.*--look"
            ):
                import_dataset(workspace, "set", source)

    def test_parts_that_are_said_win(self, workspace: Workspace, folder: Path):
        write(folder, {"a.csv": "id,text\n1,x\n", "b.csv": "id,text\nq1,y\n", "c.csv": "id,text\n2,z\n"})
        report = import_dataset(
            workspace, "set", folder, ImportOptions(parts={"b.csv": "queries", "c.csv": "not read"})
        )
        assert (report.passages, report.queries) == (1, 1)
        assert [(item.files, item.why) for item in report.not_read] == [(("c.csv",), "as you said")]

    def test_a_part_that_there_is_not_is_refused(self):
        with pytest.raises(SettingsError, match="is no part"):
            ImportOptions(parts={"a.csv": "qrels"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("a.jsonl", '{"_id": "a", "text": "x"},\n', 1, "a comma stands behind the object"),
        ("a.jsonl", '{"_id": "a", "text": "x"}{"_id": "b", "text": "y"}\n', 1, "more than one object on the line"),
        ("a.json", '{\n"_id": "a",\n"text": "x"\n}\n', 1, "does not end on its line"),
        ("a.json", "[\n]\n", 1, "one JSON array"),
        ("a.json", '{"queries": {"q": "a"}, "corpus": {"d": "b"}, "relevant_docs": {}}', 1, "holds everything"),
        ("a.csv", b"id,text\na,b\0c\n", 2, "NUL"),
        ("a.tsv", "id\ttext\n1\ta\tb\n", 2, "2, as in the header"),
    ],
)
def test_what_cannot_be_read_names_its_line_and_why(workspace: Workspace, folder: Path, name, content, line, words):
    with pytest.raises(BadInputError, match=words) as caught:
        import_dataset(workspace, "set", write(folder, {name: content}) / name)
    assert caught.value.line == line
    with workspace.open() as db:
        assert datasets.list_datasets(db) == []


def test_above_a_million_passages_an_engine_is_said_to_be_the_better_home():
    assert not any("search engine" in line for line in findings(ImportReport(passages=1_000_000)))
    (line,) = findings(ImportReport(passages=1_000_001))
    assert line.startswith("1,000,001 passages: from about a million on a search engine is the better home.")
    assert "rerank-lens index --to SOURCE" in line
