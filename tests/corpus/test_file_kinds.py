"""Files that are no text are named by their kind, whatever they are called, and with what to do instead."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.lines import read_lines, read_text
from rerank_core.corpus.formats.queries import read_queries
from rerank_core.corpus.formats.trec import read_qrels, read_run
from rerank_core.corpus.survey.sources import find_sources
from rerank_core.errors import BadInputError


def packed(*names: str, content: str = "x" * 50) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


def tar() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return stream.getvalue()


XLSX = packed("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
KINDS = [
    (XLSX, "an Excel workbook", "CSV UTF-8"),
    (packed("[Content_Types].xml", "word/document.xml"), "a Word document", ".txt or .md"),
    (packed("[Content_Types].xml", "ppt/presentation.xml"), "a PowerPoint file", ".txt or .md"),
    (packed("mimetype", content="application/vnd.oasis.opendocument.text"), "a ZIP archive", "unpacked"),
    (packed("corpus.jsonl"), "a ZIP archive", "unpacked"),
    (gzip.compress(b"id,text\n"), "a gzip archive", "ends in .gz"),
    (tar(), "a tar archive", "unpacked"),
    (b"%PDF-1.7\n%\xe2\xe3", "a PDF", ".txt or .md"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file", "CSV UTF-8"),
    (b"{\\rtf1\\ansi", "an RTF document", ".txt or .md"),
    (b"\x89PNG\r\n\x1a\n\x00", "a PNG image", ".jsonl"),
    (b"\xff\xd8\xff\xe0", "a JPEG image", ".jsonl"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a WebP image", ".jsonl"),
    (b"SQLite format 3\x00", "an SQLite database", "CSV, JSONL or Parquet"),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file", "CSV, JSONL or Parquet"),
    (b"\x80\x04\x95", "a Python pickle", "CSV, JSONL or Parquet"),
    (b"\x28\xb5\x2f\xfd\x04", "a Zstandard archive", "unpacked"),
    ("id;text\n".encode("utf-16"), "UTF-16", "UTF-8"),
    ("id;text\na;b\n".encode("utf-16-le"), "UTF-16 without a byte order mark", "UTF-8"),
    ("id;text\na;b\n".encode("utf-16-be"), "UTF-16 without a byte order mark", "UTF-8"),
    ("id;text\n".encode("utf-32"), "UTF-32", "UTF-8"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer", "git lfs pull"),
    (b"\n<!DOCTYPE html>\n<html>404</html>", "an HTML page", ".txt or .md"),
    (b"<DOC>\n<DOCNO> FR-1 </DOCNO>\n</DOC>\n", "a TREC collection of documents", "JSONL"),
]


@pytest.mark.parametrize(("content", "kind", "instead"), KINDS)
def test_a_file_of_another_kind_is_named_under_any_name(tmp_path: Path, content: bytes, kind: str, instead: str):
    for name in ("corpus.csv", "corpus.jsonl", "corpus.txt", "corpus.tsv", "corpus.dat"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInputError) as caught:
            find_sources(tmp_path / name)
        assert caught.value.source == str(tmp_path / name)
        assert f"the file is {kind}" in str(caught.value)
        assert instead in str(caught.value)


@pytest.mark.parametrize("read", [read_judgments, read_queries, read_qrels, read_lines, read_text, read_run])
def test_every_reader_names_the_kind(tmp_path: Path, read):
    (tmp_path / "a.csv").write_bytes(XLSX)
    with pytest.raises(BadInputError, match="an Excel workbook"):
        list(read(tmp_path / "a.csv"))


def test_the_names_of_members_far_behind_leave_the_ending_to_tell(tmp_path: Path):
    (tmp_path / "a.xlsx").write_bytes(packed("a/" + "x" * 5000, "xl/workbook.xml"))
    with pytest.raises(BadInputError, match="an Excel workbook"):
        find_sources(tmp_path / "a.xlsx")


def test_parquet_is_read_under_any_name(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"qid": ["q"], "docid": ["d"], "grade": [2]}), tmp_path / "a.csv")
    assert [(found.query, found.docid, found.grade) for found in read_judgments(tmp_path / "a.csv")] == [("q", "d", 2)]


@pytest.mark.parametrize(
    "text", ["BZh is a name", "ORC", "PK is short", "Obj", "MM", "<p>Markdown</p>", "GIF", "é" * 50]
)
def test_a_text_that_only_begins_alike_is_a_text(tmp_path: Path, text: str):
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert read_text(tmp_path / "a.txt") == text


def test_grades_that_a_spreadsheet_wrote_as_windows_1252_are_read(tmp_path: Path):
    (tmp_path / "a.csv").write_bytes("query,docid,rating\nKüche lüften,d1,3\n".encode("cp1252"))
    assert [grade.query for grade in read_judgments(tmp_path / "a.csv")] == ["Küche lüften"]
