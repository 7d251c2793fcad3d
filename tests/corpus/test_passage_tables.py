"""Passages out of JSONL, CSV, TSV and Parquet."""

import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest

from rerank_core.corpus.formats import delimited, jsonl, parquet
from rerank_core.corpus.formats.columns import Columns
from rerank_core.errors import BadInputError
from rerank_core.types import Doc

DOCS = [
    Doc("007", 'Text, with “quotes” "and"\nlines\tand tabs 🙂', "T", {"n": 1, "tags": ["a"], "deep": {"x": None}}),
    Doc("1e5", "", "", {}),
    Doc("a b/c#1", "\x00 a NUL and <script>", "عنوان", {}),
]


def test_jsonl_round_trips(tmp_path: Path):
    jsonl.write_docs(tmp_path / "a.jsonl", DOCS)
    assert list(jsonl.read_docs(tmp_path / "a.jsonl")) == DOCS


@pytest.mark.parametrize(
    ("record", "doc"),
    [
        ({"id": 7, "body": "x"}, Doc("7", "x")),
        ({"docno": "007", "contents": "x", "title": None, "year": 1999}, Doc("007", "x", "", {"year": 1999})),
        ({"DocId": "d", "Passage": "x", "metadata": {"a": 1}, "a": 2}, Doc("d", "x", "", {"a": 1})),
        ({"_id": "d", "id": "other", "text": None}, Doc("d", "", "", {"id": "other"})),
        ({"_id": "d", "text": "x", "metadata": None}, Doc("d", "x")),
        ({"_id": "d", "text": "x", "p": float("nan")}, Doc("d", "x", "", {"p": None})),
    ],
)
def test_usual_names_are_found_and_the_rest_is_metadata(tmp_path: Path, record: dict, doc: Doc):
    (tmp_path / "a.jsonl").write_text("\n" + json.dumps(record) + "\r\n\n")
    assert list(jsonl.read_docs(tmp_path / "a.jsonl")) == [doc]


def test_chosen_fields_win_over_the_usual_names(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"id": "x", "sku": "A-1", "text": "no", "blurb": "yes", "name": "n"}')
    assert list(jsonl.read_docs(tmp_path / "a.jsonl", Columns("sku", "name", "blurb"))) == [
        Doc("A-1", "yes", "n", {"id": "x", "text": "no"})
    ]


def test_csv_keeps_quoted_commas_line_breaks_and_ids_as_text(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_bytes(
        b'\xef\xbb\xbfid,title,text,kind\r\n007,"A, b","line one\r\nline ""two""",x\r\n\r\n 1e5 ,,plain,\r\n'
    )
    assert list(delimited.read_docs(file)) == [
        Doc("007", 'line one\r\nline "two"', "A, b", {"kind": "x"}),
        Doc("1e5", "plain"),
    ]


def test_a_semicolon_table_and_a_column_named_metadata_are_read(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("docid;body;metadata\nd1;a, b;m\n")
    assert list(delimited.read_docs(file)) == [Doc("d1", "a, b", "", {"metadata": "m"})]


def test_a_tsv_takes_a_lone_quote_as_text_and_whole_quotes_off(tmp_path: Path):
    file = tmp_path / "a.tsv"
    file.write_text('id\ttext\n1\t"unfinished\n2\t"a ""b"" c"\n3\t6" pipe\n')
    assert [doc.text for doc in delimited.read_docs(file)] == ['"unfinished', 'a "b" c', '6" pipe']


def test_a_cell_far_longer_than_the_csv_modules_limit_is_read(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("id,text\n1," + "x" * 1_000_000 + "\n")
    assert [len(doc.text) for doc in delimited.read_docs(file)] == [1_000_000]


def test_parquet_keeps_whole_number_ids_as_text_and_makes_values_plain(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "id": [1, 70000000000],
        "text": ["a", None],
        "title": ["t", None],
        "day": [datetime.date(2024, 2, 29), None],
        "price": [Decimal("1.50"), None],
        "ratio": [float("nan"), 0.5],
        "raw": [b"\xff", b"ok"],
        "tags": [["x", "y"], []],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=1)
    first = {"day": "2024-02-29", "price": "1.50", "ratio": None, "raw": None, "tags": ["x", "y"]}
    second = {"day": None, "price": None, "ratio": 0.5, "raw": "ok", "tags": []}
    docs = list(parquet.read_docs(tmp_path / "a.parquet"))
    assert docs == [Doc("1", "a", "t", first), Doc("70000000000", "", "", second)]
    assert json.loads(json.dumps(dict(docs[0].metadata))) == first
    assert parquet.count_rows(tmp_path / "a.parquet") == 2


def test_a_parquet_file_of_float_ids_names_the_row(tmp_path: Path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"id": [1.0, 2.0], "text": ["a", "b"]}), tmp_path / "a.parquet")
    with pytest.raises(BadInputError, match=r"line 1: the id is a number \(1\.0\)"):
        list(parquet.read_docs(tmp_path / "a.parquet"))


def test_a_csv_reader_takes_no_more_lines_than_its_rows_need(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.write_text("id,text\n1,a\n2,b\n3\n")
    docs = delimited.read_docs(file)
    assert [next(docs).docid, next(docs).docid] == ["1", "2"]  # the broken row is not reached yet
    with pytest.raises(BadInputError, match="line 4"):
        next(docs)
