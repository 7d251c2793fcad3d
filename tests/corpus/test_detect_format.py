import gzip
from pathlib import Path

import pytest

from rerank_core.corpus.detect import HEAD_BYTES, detect, detect_upload
from rerank_core.corpus.sources import find_sources
from rerank_core.errors import BadInputError

DOC = '{"_id": "d1", "title": "t", "text": "x"}\n'


@pytest.mark.parametrize(
    ("name", "head", "wanted"),
    [
        ("corpus.jsonl", DOC, ("jsonl", "passages")),
        ("queries.jsonl", '{"_id": "q1", "text": "x"}\n', ("jsonl", "queries")),
        ("QUERIES.JSONL", "\ufeff{}\r\n", ("jsonl", "queries")),
        ("x.csv", "id,title,text\n1,a,b\n", ("delimited", "passages")),
        ("x.csv", "query,docid,rating\na,b,1\n", ("delimited", "judgments")),
        ("x.csv", "a,b,1\n", ("delimited", "judgments")),
        ("test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n", ("delimited", "judgments")),
        ("topics.tsv", "1\twhat is\n", ("delimited", "queries")),
        ("a.parquet", "PAR1", ("parquet", "passages")),
        ("qrels.txt", "q1 0 d1 1\nq1 0 d2 0\n", ("trec", "judgments")),
        ("bm25.run", "q1 Q0 d1 1 2.5 bm25\n", ("trec", "run")),
        ("notes.md", "# Title\n", ("text", "passages")),
        ("queries.txt", "how to\n", ("text", "queries")),
    ],
)
def test_name_and_first_bytes_tell_format_and_role(name: str, head: str, wanted: tuple[str, str]):
    assert detect_upload(name, head.encode()) == wanted
    assert detect_upload(name + ".gz", gzip.compress(head.encode())) == wanted


def test_prose_whose_first_line_ends_in_a_number_is_no_qrels():
    assert detect_upload("notes.txt", b"Release notes version 2\n\nNothing new.\n") == ("text", "passages")


def test_a_head_that_ends_inside_a_character_is_read():
    head = ("é" * HEAD_BYTES).encode()[: HEAD_BYTES - 1] + "é".encode()[:1]
    assert detect_upload("a.txt", head) == ("text", "passages")


@pytest.mark.parametrize(("name", "head"), [("a.pdf", b"%PDF-1.7 \n"), ("a.csv", b" \n"), ("noend", b"hello\n")])
def test_an_unknown_file_is_refused_with_what_is_accepted(name: str, head: bytes):
    with pytest.raises(BadInputError, match=r"\.parquet") as caught:
        detect_upload(name, head)
    assert caught.value.source == name


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path: Path):
    with pytest.raises(BadInputError, match="No such file"):
        detect(tmp_path / "none.jsonl")
    with pytest.raises(BadInputError, match="nothing that can be imported"):
        detect(tmp_path)


def test_a_beir_folder_uploaded_flat_finds_its_parts(tmp_path: Path):
    (tmp_path / "corpus.jsonl").write_text(DOC)
    (tmp_path / "queries.jsonl").write_text('{"_id": "q", "text": "x"}\n')
    (tmp_path / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\td1\t1\n")
    (tmp_path / "README.md").write_text("# read me\n")
    found = find_sources(tmp_path)
    assert found.passages == (tmp_path / "corpus.jsonl",)
    assert found.queries == (tmp_path / "queries.jsonl",)
    assert dict(found.qrels) == {"test": tmp_path / "test.tsv"}


def test_a_folder_of_data_files_is_told_apart_by_content(tmp_path: Path):
    (tmp_path / "b.csv").write_text("id,text\n1,a\n")
    (tmp_path / "a.csv").write_text("id,text\n2,a\n")
    (tmp_path / "my-queries.txt").write_text("find a\n")
    (tmp_path / "grades.qrels").write_text("q1 0 1 2\n")
    found = find_sources(tmp_path)
    assert found.passages == (tmp_path / "a.csv", tmp_path / "b.csv")
    assert found.queries == (tmp_path / "my-queries.txt",)
    assert dict(found.qrels) == {"grades": tmp_path / "grades.qrels"}


def test_a_run_is_no_source_of_passages(tmp_path: Path):
    (tmp_path / "a.run").write_text("q1 Q0 d1 1 2.5 bm25\n")
    with pytest.raises(BadInputError, match="TREC run"):
        find_sources(tmp_path / "a.run")
