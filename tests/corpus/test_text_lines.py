import gzip
from pathlib import Path

import pytest

from rerank_core.corpus.formats.lines import count_lines, read_lines, read_text
from rerank_core.errors import BadInputError


def test_bom_and_crlf_leave_the_lines_as_they_were_meant(tmp_path: Path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n\nfour")
    assert [(n, text.strip()) for n, text in read_lines(file)] == [(1, "one"), (2, "two"), (3, ""), (4, "four")]


def test_a_packed_file_reads_like_a_plain_one(tmp_path: Path):
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(gzip.compress("é\nb\n".encode()))
    assert [text for _, text in read_lines(file)] == ["é\n", "b\n"]
    assert count_lines(file) == 2


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"fine\ncaf\x81\n", 2, "0x81 is neither UTF-8"),
        (b"\xff\xfea\x00", 1, "UTF-16"),
        (b"x" * (8 * 2**20 + 2), 1, "longer than 8 MiB"),
    ],
)
def test_bytes_that_are_no_utf8_lines_are_named(tmp_path: Path, content: bytes, line: int, words: str):
    file = tmp_path / "a.txt"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=words) as caught:
        list(read_lines(file))
    assert caught.value.line == line
    assert str(file) in str(caught.value)


def test_a_whole_text_names_the_line_of_a_bad_byte(tmp_path: Path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\ntwo\nthr\x81ee")
    with pytest.raises(BadInputError) as caught:
        read_text(file)
    assert caught.value.line == 3


@pytest.mark.parametrize("content", [b"not packed", gzip.compress(b"a line\n" * 5000)[:40]])
def test_a_file_that_cannot_be_unpacked_says_so(tmp_path: Path, content: bytes):
    file = tmp_path / "a.jsonl.gz"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match="cannot be read"):
        list(read_lines(file))


def test_a_missing_file_says_so(tmp_path: Path):
    with pytest.raises(BadInputError, match="No such file"):
        list(read_lines(tmp_path / "none.txt"))
