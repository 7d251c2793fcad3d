import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.corpus.formats.chunking import spans
from rerank_core.corpus.formats.folder import first_heading, read_docs
from rerank_core.errors import BadInputError, SettingsError
from rerank_core.text import count_units

TEXTS = st.text(alphabet=st.sampled_from("aé🙂\u05d0 \t\n\r\u00a0\u2003."), max_size=300)


@given(TEXTS, st.integers(1, 12), st.integers(0, 11))
def test_pieces_are_whole_words_that_cover_the_text_and_overlap_as_asked(text: str, size: int, overlap: int):
    overlap = min(overlap, size - 1)
    words = [match.span() for match in re.finditer(r"\S+", text)]
    pieces = list(spans(text, size, overlap))
    ranges = []
    for start, end in pieces:
        inside = [place for place, (a, b) in enumerate(words) if start <= a and b <= end]
        assert start == words[inside[0]][0]
        assert end == words[inside[-1]][1]
        assert 1 <= len(inside) <= size
        ranges.append(inside)
    assert sorted({place for inside in ranges for place in inside}) == list(range(len(words)))
    for before, after in pairwise(ranges):
        assert len(before) == size
        assert len(set(before) & set(after)) == overlap
        assert after[-1] > before[-1]  # no piece lies inside the one before


@given(st.lists(st.sampled_from(["# a\r\n", "two words\n", "é🙂 x", "\t", "\n\n"]), max_size=60), st.integers(0, 5))
def test_the_kept_offsets_cut_the_same_text_out_of_the_file(tmp_path_factory, parts: list[str], size: int):
    folder = tmp_path_factory.mktemp("texts")
    (folder / "a.md").write_bytes(b"\xef\xbb\xbf" + "".join(parts).encode())
    content = (folder / "a.md").read_bytes().decode("utf-8-sig")
    for doc in read_docs(folder, size, min(1, max(0, size - 1))):
        assert content[doc.metadata["start"] : doc.metadata["end"]] == doc.text


def test_five_words_in_pieces_of_three_with_one_shared():
    assert [("a b c d e")[start:end] for start, end in spans("a b c d e", 3, 1)] == ["a b c", "c d e"]


def test_a_word_of_ten_thousand_characters_is_cut():
    assert list(spans("x" * 250 + " tail", 1, 0)) == [(0, 100), (100, 200), (200, 250), (251, 255)]


CHINESE = "设备每周清洗一次，然后晾干。" * 40  # 14 characters, 7 pairs, two of them with a sign


def test_text_without_spaces_is_cut_at_the_ends_of_sentences():
    pieces = [CHINESE[start:end] for start, end in spans(CHINESE, 50, 0)]
    assert "".join(pieces) == CHINESE
    assert {len(piece) for piece in pieces[:-1]} == {14 * 8}  # 8 sentences of 6 units are 48, a ninth does not fit
    assert all(piece.endswith("。") for piece in pieces)


@given(
    st.text(alphabet=st.sampled_from("中文字。，กำ\u0e31 가\u0301a🙂\u200d\n"), max_size=300),
    st.integers(1, 20),
    st.integers(0, 19),
)
def test_pieces_are_bounded_and_cover_every_script(text: str, size: int, overlap: int):
    overlap = min(overlap, size - 1)
    pieces = list(spans(text, size, overlap))
    covered = {place for start, end in pieces for place in range(start, end)}
    assert covered >= {place for place, character in enumerate(text) if not character.isspace()}
    for (start, end), (after, later) in pairwise(pieces):
        assert start < after <= later
        assert end < later
    assert all(count_units(text[start:end]) <= size for start, end in pieces)


@pytest.mark.parametrize(("size", "overlap"), [(3, 3), (-1, 0), (3, -1)])
def test_an_overlap_as_long_as_the_piece_is_refused(size: int, overlap: int):
    with pytest.raises(SettingsError):
        list(spans("a b", size, overlap))


def test_a_folder_gives_relative_paths_headings_and_skips_what_is_hidden(tmp_path: Path):
    (tmp_path / "b" / ".git").mkdir(parents=True)
    (tmp_path / "b" / "two.md").write_text("intro\n\n## Heading two ##\nbody")
    (tmp_path / "a.txt").write_text("one two three")
    (tmp_path / "empty.txt").write_text("  \n")
    (tmp_path / "b" / ".git" / "x.txt").write_text("hidden")
    (tmp_path / "b" / "code.py").write_text("print()")
    docs = list(read_docs(tmp_path, 2, 0))
    assert [(d.docid, d.text, d.title) for d in docs if d.docid[0] != "b"] == [
        ("a.txt#1", "one two", ""),
        ("a.txt#2", "three", ""),
        ("empty.txt", "", ""),
    ]
    assert {d.title for d in docs if d.docid.startswith("b/two.md")} == {"Heading two"}
    assert [d.docid for d in read_docs(tmp_path, 0, 0)] == ["a.txt", "b/two.md", "empty.txt"]


def test_a_heading_inside_fenced_code_is_no_title():
    assert first_heading("```\n# not me\n```\n# Me\r\n") == "Me"
    assert first_heading("#no space\ntext") == ""


def test_a_folder_without_texts_is_refused(tmp_path: Path):
    with pytest.raises(BadInputError, match=r"\.txt or \.md"):
        list(read_docs(tmp_path))
