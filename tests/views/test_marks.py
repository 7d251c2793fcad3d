"""Marked text: what BM25 would match, and never a character more or less than the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.views.marks import marker


def marked(query, text):
    return [piece for piece, hit in marker(query)(text) if hit]


def test_words_with_the_same_stem_are_marked_and_stop_words_are_not():
    assert marked("the returned goods", "Goods are returning with the return slip") == ["Goods", "returning", "return"]


def test_codes_are_marked_as_they_are_searched():
    assert marked("TRN-210", "The TRN-210 and the TRN-210-C, not TRN-200") == ["TRN", "210", "TRN", "210", "TRN"]


@pytest.mark.parametrize(
    ("query", "language", "text", "wanted"),
    [
        ("故乡", "zh", "举头望明月，低头思故乡。乡", ["故乡"]),
        ("猫", "ja", "大人の猫は寝る", ["猫"]),
        ("Häuser", "de", "Das Haus, ein Cafe\u0301 und HÄUSER", ["Haus", "HÄUSER"]),
        ("café", "en", "Cafe\u0301, cafe", ["Cafe\u0301"]),
        ("Wertpapier", "de", "das Wert\u00adpapier", ["Wert\u00adpapier"]),
        ("हिन्दी", "hi", "यह हिंदी है", ["हिंदी"]),
        ("パソコン", "ja", "ﾊﾟｿｺﾝ12", ["ﾊﾟｿｺﾝ"]),
    ],
)
def test_words_are_marked_in_every_language_as_they_stand_there(query, language, text, wanted):
    assert [piece for piece, hit in marker(query, language)(text) if hit] == wanted


def test_markup_is_text():
    assert "".join(piece for piece, _ in marker("script")("<script>x</script>")) == "<script>x</script>"


@given(st.text(), st.text())
def test_the_pieces_join_to_the_text(query, text):
    assert "".join(piece for piece, _ in marker(query)(text)) == text
