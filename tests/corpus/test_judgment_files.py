from pathlib import Path

import pytest

from rerank_core.corpus.formats.judgments import read_judgments
from rerank_core.corpus.formats.trec import Grade
from rerank_core.errors import BadInputError


@pytest.mark.parametrize(
    ("name", "text", "by_text"),
    [
        ("quepid.csv", 'query,docid,rating\n"red, shoes",007,3\n', True),
        ("search_tweak.csv", 'grade,keyword,doc\n3,"red, shoes",007\n', True),
        ("none.csv", '"red, shoes",007,3\n', True),
        ("bom.csv", '\ufeffQuery,DocID,Rating\r\n"red, shoes",007,3\r\n', True),
        ("wide.csv", 'position,query,docid,note,rating\n1,"red, shoes",007,x,3\n', True),
        ("pyterrier.csv", 'qid,docno,label\n"red, shoes",007,3\n', False),
        ("beir.tsv", "query-id\tcorpus-id\tscore\nred, shoes\t007\t3\n", False),
    ],
)
def test_the_tables_of_the_usual_tools_are_read(tmp_path: Path, name: str, text: str, by_text: bool):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8", newline="")
    found = list(read_judgments(file))
    assert [(g.query, g.docid, g.grade, g.by_text) for g in found] == [("red, shoes", "007", 3, by_text)]


def test_a_blank_grade_is_not_zero(tmp_path: Path):
    (tmp_path / "a.csv").write_text("query,docid,rating\na,d1,\na,d2,0\n")
    assert list(read_judgments(tmp_path / "a.csv")) == [Grade("a", "d1", None, 2, True), Grade("a", "d2", 0, 3, True)]


def test_a_tsv_of_trec_lines_is_trec(tmp_path: Path):
    (tmp_path / "a.tsv").write_text("q1\t0\td1\t2\n")
    assert list(read_judgments(tmp_path / "a.tsv")) == [Grade("q1", "d1", 2, 1)]


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("a,b\n", 1, "grade, rating, label, score"),
        ("query,docid,rating\na,d1,1.5\n", 2, "a whole number from -1000 to 1000"),
        ("query,docid,rating\na,d1\n", 2, "3, as in the header"),
        ("query,docid,rating\na,,1\n", 2, "text or a whole number"),
        ('query,docid,rating\n"a,d1,1\n', 2, "quotes doubled"),
        ("", 1, "a header"),
    ],
)
def test_a_bad_table_names_line_and_what_was_expected(tmp_path: Path, text: str, line: int, expected: str):
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(BadInputError) as caught:
        list(read_judgments(file))
    assert (caught.value.source, caught.value.line) == (str(file), line)
    assert expected in str(caught.value)
