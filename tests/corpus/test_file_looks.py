"""What a file is taken for: its name claims a part, its content decides, and what is not read has a reason."""

import gzip
import json
from pathlib import Path

import pytest

from rerank_core.corpus.formats.columns import Columns
from rerank_core.corpus.survey.choices import NO_CHOICES, Choices
from rerank_core.corpus.survey.look import look_at
from rerank_core.corpus.survey.names import claimed, parse_part, split_name
from rerank_core.corpus.survey.sources import find_sources
from rerank_core.corpus.survey.survey import look
from rerank_core.errors import BadInputError, SettingsError

DOC = '{"_id": "d1", "title": "t", "text": "x"}\n'
QUERY = '{"_id": "q1", "text": "x"}\n'
GRADE = '{"query-id": "q1", "corpus-id": "d1", "score": 1}\n'


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def parquet(**columns: list) -> bytes:
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def parts(folder: Path, choices: Choices = NO_CHOICES) -> dict[str, str]:
    return {seen.name: seen.part for seen in look(folder, choices)}


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("corpus.jsonl", DOC, "passages"),
        ("queries.jsonl", QUERY, "queries"),
        ("QUERIES.JSONL", "\ufeff" + QUERY, "queries"),
        ("anything.jsonl", QUERY, "passages"),
        # the name claims by whole words only, and the last one counts
        ("bigquery.jsonl", DOC, "passages"),
        ("jquery_docs.jsonl", QUERY, "passages"),
        ("query_docs.jsonl", QUERY, "passages"),
        ("corpus-queries.jsonl", QUERY, "queries"),
        ("query.jsonl", DOC, "passages"),
        ("prequeries.jsonl", QUERY, "passages"),
        ("requestions.csv", "id,text\n1,a\n", "passages"),
        # the content wins over the name
        ("corpus.csv", "query,docid,rating\na,b,1\n", "grades"),
        ("docs.jsonl", GRADE, "grades"),
        ("qrels.jsonl", DOC, "passages"),
        ("labels.csv", "id,text,label\n1,long text,0\n", "passages"),
        ("questions.jsonl", '{"qid": "q1", "query": "a"}\n', "queries"),
        ("passages.jsonl", '{"qid": "q1", "query": "a"}\n', "queries"),
        ("data.jsonl", '{"id": "1", "question": "why"}\n', "queries"),
        ("faq.csv", "id,question,answer\n1,why,because\n", "passages"),
        ("terms.csv", "id,search_term\n1,kettle\n", "queries"),
        ("shop.csv", "sku,name,description\n1,kettle,boils\n", "passages"),
        ("news.csv", "DocID,Headline,Body\n1,a,b\n", "passages"),
        ("shop.csv", "product_id,keywords,rating,title,description\n1,kettle,4,Kettle,boils\n", "passages"),
        ("export.csv", "query,docid,rating,title,text\nkettle,d1,3,Kettle,boils\n", "grades"),
        ("x.csv", "id,title,text\n1,a,b\n", "passages"),
        ("x.csv", "a,b,1\n", "grades"),
        ("x.csv", "name,city,2020\nx,y,z\n", "not read"),
        ("x.csv", "p1,a text of many words here,5\n", "not read"),
        ("x.csv", "p1,text,2020\n", "not read"),
        ("x.csv", "id,title\n1,Alien\n", "not read"),
        ("x.csv", "a,b,c\n1,2,3\n", "not read"),
        ("esci.csv", "query_id,query,product_id,esci_label\n1,kettle,d1,E\n", "not read"),
        ("detailed.csv", "Case ID,Query Text,Doc ID,Title,Rating\n7,kettle,d1,Kettle,\n", "grades"),
        ("run.csv", "qid,docid,rank,score\nq,d,1,7\n", "run"),
        ("test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n", "grades"),
        ("x.tsv", "q1\t0\td1\t2\n", "grades"),
        ("x.tsv", "q1\tQ0\td1\t1\t7.5\tbm25\n", "run"),
        ("topics.tsv", "1\twhat is\n", "queries"),
        ("x.tsv", "1\twhat is\n2\twho was\n", "queries"),
        ("collection.tsv", "0\tThe kettle is hot.\n", "passages"),
        ("x.tsv", "0\t" + "a passage of words " * 6 + "\n", "passages"),
        ("x.tsv", "pid2\tblurb\n1\tsome words\n", "not read"),
        ("collection.tsv", "p1\tkettle\np2\toven lamp\n", "passages"),
        ("queries.tsv", "kettle\tdescale\noven\tlamp\n", "queries"),
        ("qrels.txt", "q1 0 d1 1\n", "grades"),
        ("qrels.txt", "q1\td1\t1\n", "grades"),
        ("qrels.txt", "q1 0 d1 0.5\nbroken\n", "grades"),
        ("qrels.txt", "query-id\tcorpus-id\tscore\nq1\td1\t1\n", "grades"),
        ("ratings.txt", "query,docid,rating\nkettle,d1,1\n", "grades"),
        ("x.qrels", "q1 0 d1 1\n", "grades"),
        ("x.txt", "q1 0 d1 1\nq1 0 d2 0\n", "grades"),
        ("x.txt", "q1 0 d1 1\n", "passages"),
        ("bm25.run", "q1 Q0 d1 1 2.5 bm25\n", "run"),
        ("topics.301-302", "<top>\n<num> Number: 301\n<title> a\n</top>\n", "queries"),
        ("x.xml", '<topics><topic number="1"><query>a</query></topic></topics>', "queries"),
        ("x.dat", DOC, "passages"),
        ("queries.txt", "how to\n", "queries"),
        ("queries.md", "# Queries\n", "passages"),
        ("notes.md", "# Title\n", "passages"),
        # notes that look like rows of grades
        ("VERSION.txt", "Release candidate number 3\n", "not read"),
        ("release.txt", "Release candidate number 3\n", "passages"),
        ("score.txt", "Arsenal 0 Chelsea 3\n", "passages"),
        ("todo.txt", "Fix chapter page 12\nFix chapter page 13\n", "passages"),
        ("verse.md", "Genesis chapter 1 1\n", "passages"),
        ("grades-howto.txt", "Give each passage a grade.\nFrom 0 to 3\n", "not read"),
    ],
)
def test_content_and_name_tell_the_part(tmp_path: Path, name: str, content: str, part: str):
    # beside a file of passages, so that a text is no passage by being alone
    write(tmp_path, {name: content, "zz_docs.jsonl": DOC})
    found = parts(tmp_path)
    texts = part == "passages" and Path(name).suffix in (".txt", ".md")
    assert found.get(name, "passages" if texts else None) == part
    if part not in ("not read",) and Path(name).suffix not in (".txt", ".md"):
        (tmp_path / name).unlink()
        write(tmp_path, {name + ".gz": gzip.compress(content.encode())})
        assert parts(tmp_path)[name + ".gz"] == part


def test_a_part_has_a_reason_three_rows_and_the_columns_that_are_not_read(tmp_path: Path):
    rows = "".join(f"{n},kettle,d{n},3,{'x' * 300}\n" for n in range(5))
    seen = look_at(write(tmp_path, {"g.csv": "position,query,docid,rating,note\n" + rows}) / "g.csv")
    assert (seen.part, seen.kind, seen.unused) == ("grades", "a table", ("position", "note"))
    assert "'query'" in seen.why
    assert len(seen.rows) == 3
    assert seen.columns == ("position", "query", "docid", "rating", "note")
    assert seen.rows[0][:4] == ("0", "kettle", "d0", "3")
    assert max(len(cell) for row in seen.rows for cell in row) == 200


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("bigquery_docs.jsonl", "passages"),
        ("BigQuery.jsonl", None),
        ("my-queries.txt", "queries"),
        ("queries2024.csv", "queries"),
        ("case_7_judgements.csv", "grades"),
        ("qrels.dev.small.tsv", "grades"),
        ("runs.txt", "run"),
        ("labelled.csv", None),
        ("documentation.md", None),
    ],
)
def test_a_name_claims_by_its_words(name: str, part: str | None):
    assert claimed(Path(name)).part == part


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("test.tsv", "test"),
        ("test.jsonl.gz", "test"),
        ("qrels.dev.small.tsv", "dev.small"),
        ("qrels.txt", "qrels"),
        ("grades.qrels", "grades"),
        ("default/test-00001-of-00003.parquet", "test"),
        ("default/test/0000.parquet", "test"),
        ("qrels_test.csv", "qrels_test"),
        ("qrels-test.csv", "test"),
    ],
)
def test_the_split_is_the_name_without_endings_and_shards(path: str, split: str):
    assert split_name(Path(path)) == split


@pytest.mark.parametrize("text", ["a.csv", "=queries", "a.csv=qrels", "a.csv=", ""])
def test_a_part_that_is_none_is_refused(text: str):
    with pytest.raises(SettingsError, match="FILE=PART"):
        parse_part(text)


def test_a_file_name_may_hold_an_equals_sign():
    assert parse_part("a=b.csv=Not-Read") == ("a=b.csv", "not read")


class TestFolders:
    def test_a_beir_folder_uploaded_flat_finds_its_parts(self, tmp_path: Path):
        files = {"corpus.jsonl": DOC, "queries.jsonl": QUERY, "README.md": "# read me\n"}
        found = find_sources(write(tmp_path, {**files, "test.tsv": "query-id\tcorpus-id\tscore\nq\td1\t1\n"}))
        assert found.passages == (tmp_path / "corpus.jsonl",)
        assert found.queries == (tmp_path / "queries.jsonl",)
        assert dict(found.qrels) == {"test": (tmp_path / "test.tsv",)}
        assert [(item.kind, item.count, item.files) for item in found.not_read] == [("a text", 1, ("README.md",))]

    def test_files_of_one_part_are_read_by_name(self, tmp_path: Path):
        files = {"b.csv": "id,text\n1,a\n", "a.csv": "id,text\n2,a\n", "my-queries.txt": "find a\n"}
        found = find_sources(write(tmp_path, {**files, "grades.qrels": "q1 0 1 2\n"}))
        assert found.passages == (tmp_path / "a.csv", tmp_path / "b.csv")
        assert found.queries == (tmp_path / "my-queries.txt",)
        assert dict(found.qrels) == {"grades": (tmp_path / "grades.qrels",)}

    @pytest.mark.parametrize("grades", ["default", "qrels"])
    def test_a_hub_folder_of_shards_and_splits(self, tmp_path: Path, grades: str):
        shard = {"query-id": ["q"], "corpus-id": ["d"], "score": [1]}
        files = {
            "README.md": "# card\n",
            ".gitattributes": "x\n",
            "corpus/corpus-00000-of-00002.parquet": parquet(_id=["a"], title=[""], text=["x"]),
            "corpus/corpus-00001-of-00002.parquet": parquet(_id=["b"], title=[""], text=["x"]),
            "queries/queries-00000-of-00001.parquet": parquet(_id=["q"], title=[""], text=["x"]),
            f"{grades}/test-00000-of-00002.parquet": parquet(**shard),
            f"{grades}/test-00001-of-00002.parquet": parquet(**shard),
            f"{grades}/train-00000-of-00001.parquet": parquet(**shard),
        }
        found = find_sources(write(tmp_path, files))
        assert [path.name for path in found.passages] == [f"corpus-0000{n}-of-00002.parquet" for n in (0, 1)]
        assert [path.name for path in found.queries] == ["queries-00000-of-00001.parquet"]
        assert {split: len(paths) for split, paths in found.qrels.items()} == {"test": 2, "train": 1}
        assert found.by_split
        assert [(item.kind, item.count) for item in found.not_read] == [("a text", 1), ("hidden files and folders", 1)]

    def test_the_layout_of_configurations_and_splits(self, tmp_path: Path):
        files = {
            "corpus/corpus/0000.parquet": parquet(_id=["a"], text=["x"]),
            "queries/queries/0000.parquet": parquet(_id=["q"], text=["x"]),
            "default/test/0000.parquet": parquet(**{"query-id": ["q"], "corpus-id": ["a"], "score": [1.0]}),
        }
        found = find_sources(write(tmp_path, files))
        assert (len(found.passages), len(found.queries), list(found.qrels)) == (1, 1, ["test"])

    def test_ms_marco_as_it_is_downloaded(self, tmp_path: Path):
        files = {
            "collection.tsv": "0\tThe kettle.\n1\tThe oven lamp.\n",
            "queries.dev.tsv": "10\tkettle\n",
            "queries.train.tsv": "11\tlamp\n",
            "qrels.dev.small.tsv": "10\t0\t0\t1\n",
            "qrels.train.tsv": "11\t0\t1\t1\n",
        }
        found = find_sources(write(tmp_path, files))
        assert [path.name for path in found.queries] == ["queries.dev.tsv", "queries.train.tsv"]
        assert list(found.qrels) == ["dev.small", "train"]
        assert found.by_split

    def test_the_readme_is_never_the_corpus(self, tmp_path: Path):
        write(tmp_path, {"README.md": "# card\n", "LICENSE.txt": "MIT\n", "qrels/test.jsonl": GRADE})
        with pytest.raises(BadInputError, match=r"no file of passages .*README\.md: not read"):
            find_sources(tmp_path)

    def test_texts_beside_grades_are_the_passages(self, tmp_path: Path):
        files = {
            "README.md": "x",
            "docs/a.md": "x",
            "docs/b.txt": "x",
            "grades.csv": "query,docid,grade\na,docs/a.md,1\n",
        }
        found = find_sources(write(tmp_path, files))
        assert found.passages == (tmp_path,)
        assert found.not_a_passage == {tmp_path / "README.md"}
        assert list(found.qrels) == ["grades"]

    def test_a_folder_of_texts_alone_keeps_all_of_them(self, tmp_path: Path):
        found = find_sources(write(tmp_path, {"README.md": "x", "queries-explained.md": "x", "n/questions.md": "x"}))
        assert (found.passages, found.not_a_passage, found.not_read) == ((tmp_path,), frozenset(), ())

    def test_lists_beside_texts_play_their_parts(self, tmp_path: Path):
        files = {"a.txt": "x", "queries.txt": "why\n", "qrels.txt": "q1 0 a.txt 1\n", "README.txt": "x"}
        found = find_sources(write(tmp_path, files))
        assert found.queries == (tmp_path / "queries.txt",)
        assert list(found.qrels) == ["qrels"]
        assert found.not_a_passage == {tmp_path / name for name in ("queries.txt", "qrels.txt", "README.txt")}

    def test_what_is_of_another_kind_is_named_with_its_count(self, tmp_path: Path):
        pdf, png = b"%PDF-1.4", b"\x89PNG\r\n\x1a\n"
        write(tmp_path, {"a.txt": "x", "b.pdf": pdf, "c.pdf": pdf, "d.docx": b"x", "e.png": png, "g.html": "<p>"})
        files = {"f.xyz": "what is this\n", ".hidden": "x", ".git/config": "x"}
        found = find_sources(write(tmp_path, files))
        assert {item.kind: (item.count, item.files) for item in found.not_read} == {
            "a PDF": (2, ("b.pdf", "c.pdf")),
            "a Word document": (1, ("d.docx",)),
            "a PNG image": (1, ("e.png",)),
            "an HTML page": (1, ("g.html",)),
            "a .xyz file": (1, ("f.xyz",)),
            "hidden files and folders": (2, ()),
        }

    def test_grades_beside_their_folder_and_a_run_are_not_read(self, tmp_path: Path):
        grade = "query-id\tcorpus-id\tscore\nq1\td1\t1\n"
        files = {"corpus.jsonl": DOC, "queries.jsonl": QUERY, "qrels/test.tsv": grade}
        write(tmp_path, {**files, "qrels.full.txt": "q1 0 d1 1\n", "runs/bm25.trec": "q1 Q0 d1 1 2.5 bm25\n"})
        found = find_sources(tmp_path)
        assert dict(found.qrels) == {"test": (tmp_path / "qrels/test.tsv",)}
        assert {item.files for item in found.not_read} == {("qrels.full.txt",), ("runs/bm25.trec",)}

    def test_corpus_jsonl_is_the_whole_corpus(self, tmp_path: Path):
        found = find_sources(write(tmp_path, {"corpus.jsonl": DOC, "generated.jsonl": DOC, "corpus.jsonl.gz": b"x"}))
        assert found.passages == (tmp_path / "corpus.jsonl",)
        assert {item.files for item in found.not_read} == {("generated.jsonl",), ("corpus.jsonl.gz",)}

    def test_two_data_sets_in_one_folder_are_refused_by_name(self, tmp_path: Path):
        write(tmp_path, {"scifact/corpus.jsonl": DOC, "nfcorpus/corpus.jsonl": DOC})
        with pytest.raises(BadInputError, match=r"several folders hold passages \(nfcorpus, scifact\)"):
            find_sources(tmp_path)

    def test_a_deeper_folder_is_left_out_beside_passages(self, tmp_path: Path):
        found = find_sources(write(tmp_path, {"a.jsonl": DOC, "old/b.jsonl": DOC, "old/queries.jsonl": QUERY}))
        assert found.passages == (tmp_path / "a.jsonl",)
        assert found.not_read[0].files == ("old/b.jsonl",)

    def test_json_that_is_no_data_is_left_out_and_named(self, tmp_path: Path):
        whole = json.dumps({"queries": {}, "corpus": {}})
        files = {"a.jsonl": DOC, "package.json": '{\n"name": "x"\n}\n', "list.json": "[\n]\n", "infos.json": whole}
        found = find_sources(write(tmp_path, files))
        assert {name for item in found.not_read for name in item.files} == {"package.json", "list.json", "infos.json"}

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("qrels/test.tsv", "nothing\n", "grade, rating, label, score"),
            ("qrels/test.jsonl", '{"a": 1}\n', "these are not grades"),
            ("queries.csv", "a,b,c\n1,2,3\n", "no queries"),
            ("docs.csv", "a,b\nx,y\n", "--id-field"),
            ("labels.csv", "query_id,query,product_id,esci_label\n1,kettle,d1,E\n", "these are not grades"),
            ("anything.jsonl", "{oops\n", "one JSON object per line"),
            ("grades.csv", b"PK\x03\x04\x14\x00xl/workbook.xml", "an Excel workbook"),
            ("empty.csv", "\n", "the file is empty"),
        ],
    )
    def test_data_that_cannot_be_read_refuses_the_folder(self, tmp_path: Path, name: str, content, words: str):
        with pytest.raises(BadInputError, match=words) as caught:
            find_sources(write(tmp_path, {"corpus.jsonl": DOC, name: content}))
        assert caught.value.source == str(tmp_path / name)

    def test_a_folder_that_cannot_be_listed_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def scandir(folder: str):
            raise PermissionError(13, "Permission denied", f"{folder}/closed")

        monkeypatch.setattr("rerank_core.corpus.formats.walk.os.scandir", scandir)
        with pytest.raises(BadInputError, match=r"closed: it cannot be read \(Permission denied\)"):
            find_sources(tmp_path)

    def test_a_missing_path_and_an_empty_folder_are_refused(self, tmp_path: Path):
        with pytest.raises(BadInputError, match="No such file"):
            look(tmp_path / "none.jsonl")
        with pytest.raises(BadInputError, match="nothing that can be imported"):
            find_sources(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.run", "q1 Q0 d1 1 2.5 bm25\n", "this is a TREC run"),
        ("g.csv", "query,docid,rating\na,b,1\n", "these are grades"),
        ("q.jsonl", '{"qid": "q1", "query": "a"}\n', "these are queries"),
        ("a.txt", "<top>\n<num> Number: 301\n<title> a\n</top>\n", "these are queries"),
        ("noend", "hello\n", r"\.parquet"),
        ("d.json", '{"queries": {"q": "a"}, "corpus": {"d": "b"}, "mode": "text"}', "holds everything"),
    ],
)
def test_one_file_of_another_part_is_no_source_of_passages(tmp_path: Path, name: str, content: str, words: str):
    write(tmp_path, {name: content})
    with pytest.raises(BadInputError, match=words):
        find_sources(tmp_path / name)


class TestWhatTheUserSays:
    def test_a_part_wins_over_the_guess(self, tmp_path: Path):
        write(tmp_path, {"a.jsonl": QUERY, "b.jsonl": QUERY, "sub/c.jsonl": DOC, "d.txt": "why\n"})
        said = {"b.jsonl": "queries", "sub/c.jsonl": "not read", "d.txt": "queries"}
        assert parts(tmp_path, Choices(parts=said)) == {
            "a.jsonl": "passages", "b.jsonl": "queries", "sub/c.jsonl": "not read", "d.txt": "queries",
        }  # fmt: skip

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path):
        with pytest.raises(BadInputError, match=r"no file 'x\.csv'"):
            look(write(tmp_path, {"a.jsonl": DOC}), Choices(parts={"x.csv": "queries"}))

    def test_a_part_that_the_content_is_not_is_refused_by_its_reader(self, tmp_path: Path):
        found = find_sources(write(tmp_path, {"a.jsonl": DOC, "b.csv": "a,b\n"}), Choices(parts={"b.csv": "grades"}))
        assert list(found.qrels) == ["b"]

    def test_chosen_fields_make_a_table_one_of_passages(self, tmp_path: Path):
        write(tmp_path, {"a.csv": "ref,blurb,stars\n1,words,5\n"})
        assert look(tmp_path)[0].part == "not read"
        assert look(tmp_path, Choices(Columns("ref", None, "blurb")))[0].part == "passages"
