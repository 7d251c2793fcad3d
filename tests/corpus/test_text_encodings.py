"""Windows-1252 is read as such and noticed; what is neither it nor UTF-8 is refused at its line."""

import gzip
from pathlib import Path

import pytest

from rerank_core.corpus.formats.encoding import noting_windows_1252
from rerank_core.corpus.formats.lines import find_encoding, read_lines, read_text
from rerank_core.errors import BadInputError

ASCII = b"id;text\n"


def texts(path: Path) -> list[str]:
    return [text.strip() for _, text in read_lines(path)]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("text", ["Küche lüften", "garçon à côté", "5 € – „Angebot“", "naïve ‘quote’"])
def test_windows_1252_is_read_and_noted(tmp_path: Path, text: str, name: str):
    content = ASCII + f"1;{text}\n2;{text} und mehr ä\n".encode("cp1252")
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    with noting_windows_1252() as met:
        found = texts(path)
    assert found == ["id;text", f"1;{text}", f"2;{text} und mehr ä"]
    assert met == {path}
    assert find_encoding(path, 2**20) == "Windows-1252"


def test_a_whole_text_in_windows_1252_is_read_and_noted(tmp_path: Path):
    path = tmp_path / "a.md"
    path.write_bytes("# Über uns\r\nEs gilt § 5.\r\n".encode("cp1252"))
    with noting_windows_1252() as met:
        assert read_text(path) == "# Über uns\r\nEs gilt § 5.\r\n"
    assert met == {path}


@pytest.mark.parametrize(
    "content", [b"id;text\n1;abc\n", "1;Küche\n".encode(), b"\xef\xbb\xbf1;a\n", "1;水\n".encode()]
)
def test_utf8_is_noted_by_nobody(tmp_path: Path, content: bytes):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with noting_windows_1252() as met:
        texts(path)
    assert met == set()
    assert find_encoding(path, 2**20) in (None, "UTF-8")


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a\nK\xfcche\nK\x81che\n", 3, "0x81 is neither UTF-8 nor Windows-1252"),
        ("Küche\n".encode() + b"K\xfcche\n", 2, "0xfc is not UTF-8 text, though line 1 is"),
        (b"K\xfcche\n" + "Küche\n".encode(), 2, "the line is UTF-8 text, though line 1 is not"),
        (b"\xef\xbb\xbfa\nK\xfcche\n", 2, "0xfc is not UTF-8 text, though line 1 is"),
        (b"a\n\x07\xfc\x02\xe9\n", 2, "0x07, and is neither"),
        (b"a\n\x00\xfc\n", 2, "0x00, and is neither"),
    ],
)
def test_what_is_neither_names_its_line(tmp_path: Path, content: bytes, line: int, words: str):
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    for read in (texts, read_text):
        with pytest.raises(BadInputError, match=words) as caught:
            read(path)
        assert caught.value.line == line


def test_an_encoding_is_looked_for_as_far_as_asked(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (3 * 2**20) + b"\n\xfc\n")
    assert find_encoding(path, 2**20) is None
    assert find_encoding(path, 8 * 2**20) == "Windows-1252"


def test_a_line_across_two_blocks_is_looked_at_as_a_whole(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * (2**20 - 1) + "ü\n".encode())
    assert find_encoding(path, 2**21) == "UTF-8"
