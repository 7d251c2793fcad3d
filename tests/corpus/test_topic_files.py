"""TREC topics as queries: the old markup and XML."""

from pathlib import Path

import pytest

from rerank_core.corpus.formats.queries import read_queries
from rerank_core.errors import BadInputError
from rerank_core.types import Query

OLD = """<top>
<num> Number: 301
<title> descale kettle

<desc> Description:
How is limescale
removed?

<narr> Narrative:
Anything.
</top>

<top>
<num> Number: 302
<title> Topic: oven &amp; lamp
</top>
"""


def read(folder: Path, text: str, name: str = "topics.txt") -> list[tuple[int, Query]]:
    (folder / name).write_text(text, encoding="utf-8")
    return list(read_queries(folder / name))


@pytest.mark.parametrize("name", ["topics.txt", "topics.301-302", "topics.xml", "anything.trec"])
def test_old_topics_have_numbers_titles_and_descriptions(tmp_path: Path, name: str):
    assert read(tmp_path, OLD, name) == [
        (1, Query("301", "descale kettle", "How is limescale removed?")),
        (13, Query("302", "oven & lamp")),
    ]


@pytest.mark.parametrize(
    "topic",
    [
        '<topic number="7"><query>oven lamp</query><question>How?</question></topic>',
        "<topic number='7'>\n  oven\n  lamp\n</topic>",
        "<topic><num>7</num><title>oven lamp</title></topic>",
        "<topic><identifier>7</identifier><title>oven lamp</title></topic>",
        '<TOPIC ID="7"><TITLE>oven <![CDATA[lamp]]></TITLE></TOPIC>',
        "<top><num>7</num><title>oven lamp</title></top>",
        "<top>\n<num> 7 </num>\n<title>\noven lamp\n</title>\n</top>",
    ],
)
def test_the_ways_to_write_a_topic(tmp_path: Path, topic: str):
    whole = f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n<topics task="ad hoc">{topic}</topics>\n'
    assert [(query.qid, query.text) for _, query in read(tmp_path, whole)] == [("7", "oven lamp")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("<top>\n<num> Number: 1\n<title> a\n</top>\n<top>\n<title> b\n</top>\n", 5, "the topic has no number"),
        ("<top>\n<num> Number: 1\n<desc> a\n</top>\n", 1, "the topic 1 has no title"),
    ],
)
def test_a_bad_topic_names_its_line(tmp_path: Path, text: str, line: int, words: str):
    with pytest.raises(BadInputError, match=words) as caught:
        read(tmp_path, text)
    assert caught.value.line == line


def test_a_document_type_is_not_expanded(tmp_path: Path):
    kind = '<!DOCTYPE t [<!ENTITY a "boom">]>'
    text = f'<?xml version="1.0"?>{kind}<topics><topic number="1"><title>&a;</title></topic></topics>'
    assert read(tmp_path, text)[0][1].text == "&a;"
