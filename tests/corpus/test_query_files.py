from pathlib import Path

import pytest

from rerank_core.corpus.formats.queries import read_queries, write_queries
from rerank_core.errors import BadInputError
from rerank_core.types import Query


def test_jsonl_round_trips_with_notes_and_tags(tmp_path: Path):
    queries = [Query("007", "a “b” 🙂", "what is meant", ("short", "numbers")), Query("1e5", "c")]
    write_queries(tmp_path / "q.jsonl", queries)
    assert [query for _, query in read_queries(tmp_path / "q.jsonl")] == queries


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("q.jsonl", '{"qid": 7, "query": "a", "metadata": {"note": "n", "url": "x"}}\n', [Query("7", "a", "n")]),
        ("q.csv", '\ufeffid,text\r\n007,"a, b"\r\n', [Query("007", "a, b")]),
        ("q.tsv", '007\tsize 6" pipe\n008\tb\n', [Query("007", 'size 6" pipe'), Query("008", "b")]),
        ("q.txt", "first\n\n second \r\n", [Query("q1", "first"), Query("q2", "second")]),
    ],
)
def test_other_shapes_are_read(tmp_path: Path, name: str, text: str, wanted: list[Query]):
    (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    assert [query for _, query in read_queries(tmp_path / name)] == wanted


@pytest.mark.parametrize(
    ("name", "text", "line", "words"),
    [
        ("q.jsonl", '{"_id": "1", "text": "a"}\n{"_id": "2"}\n', 2, "an id"),
        ("q.jsonl", '{"_id": "1", "text": "  "}\n', 1, "has no text"),
        ("q.jsonl", '{"_id": "1", "text": "a", "tags": "x"}\n', 1, "list of texts"),
        ("q.jsonl", '{"_id": ["1"], "text": "a"}\n', 1, "the id is a list"),
        ("q.csv", "id,text\n1\n", 2, "2, as in the header"),
        ("q.csv", "a,b,c\n", 1, "no queries"),
    ],
)
def test_a_bad_query_names_its_line(tmp_path: Path, name: str, text: str, line: int, words: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match=words) as caught:
        list(read_queries(tmp_path / name))
    assert caught.value.line == line
