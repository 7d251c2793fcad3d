"""One form of text for comparing, and units that can be counted in every script."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.text import (
    LONGEST_WORD,
    count_units,
    cut_words,
    folded,
    same_text,
    shortened,
    shown_words,
    units,
    words,
)

ZWNJ, SHY = "\u200c", "\u00ad"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Don’t buy 'x'", ["don", "t", "buy", "x"]),
        ("plan B E-42 user_id", ["plan", "b", "e", "42", "user_id"]),
        ("Cafe\u0301 CAFÉ", ["café", "café"]),
        (f"Wert{SHY}papier data\u200bbase \ufefffirst", ["wertpapier", "database", "first"]),
        ("ＡＢＣ１２３ ｶﾞ ﬁnd x² Ⅳ", ["abc123", "ガ", "find", "x2", "iv"]),
        ("STRASSE Straße ΛΌΓΟΣ λόγος İzmir", ["strasse", "strasse", "λόγοσ", "λόγοσ", "izmir"]),
        ("Kindle™ 1½ cup", ["kindle", "1", "1", "2", "cup"]),
        (f"می{ZWNJ}خواهم ك{chr(0x064E)}تـاب", ["میخواهم", "كتاب"]),
        ("हिन्दी தமிழ்நாடு ภาษาไทย", ["हिन्दी", "தமிழ்நாடு", "ภาษาไทย"]),
        ("١٢٣ १२३ ๑๒๓", ["123", "123", "123"]),
        ("п'ять пʼять שָׁלוֹם 1️⃣", ["п", "ять", "п", "ять", "שלום", "1"]),
        ("👍 … — 。", []),
    ],
)
def test_words_are_those_that_people_see(text, wanted):
    assert words(folded(text)) == wanted


def test_turkish_has_two_letters_i():
    assert words(folded("ISPARTA I\u0307zmir", turkish=True)) == ["ısparta", "izmir"]


def test_scripts_without_spaces_and_hangul_are_cut_into_pairs_of_characters():
    assert cut_words("低头思故乡") == ["低头", "头思", "思故", "故乡"]
    assert cut_words("Tシャツ10枚") == ["t", "シャ", "ャツ", "10", "枚"]
    assert cut_words(unicodedata.normalize("NFD", "테스트 물")) == ["테스", "스트", "물"]
    assert cut_words("กำลัง") == cut_words("ก\u0e4d\u0e32ลัง")  # the two ways to write sara am


@given(st.text())
def test_the_unicode_form_of_a_text_does_not_change_its_words(text):
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert {tuple(cut_words(form)) for form in forms[:2]} == {tuple(cut_words(text))}
    assert folded(folded(text)) == folded(text)


@given(st.text(), st.text())
def test_texts_side_by_side_have_the_words_of_both(one, other):
    assert cut_words(f"{one} {other}") == cut_words(one) + cut_words(other)


# a sign that NFKC makes a word of (㍗, ㊗) is no word as it is shown, and is not marked
SHOWN = st.characters(categories=["Lu", "Ll", "Nd", "Mn", "Zs", "Pd"], exclude_characters="\u0345")


@given(st.text(SHOWN | st.sampled_from("中猫カーｶﾞ가กำ้เहिन्दीعَ_'’\u00ad\u200c")))
def test_words_as_shown_are_the_words_that_are_compared(text):
    shown = [text[start:end] for start, end, _ in shown_words(text)]
    assert [term for word in shown for term in cut_words(word)] == cut_words(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Cafe\u0301", "Café", True),
        (f"Wert{SHY}papier", "Wertpapier", True),
        ("  two\u00a0 words ", "two words", True),
        ("Apple", "apple", False),
        ("ＡＢ", "AB", False),
        ("cafe", "café", False),
    ],
)
def test_the_same_text_is_one_that_looks_the_same(one, other, same):
    assert (same_text(one) == same_text(other)) is same


def pieces(text):
    return [text[start:end] for start, end in units(text)]


def test_units_are_words_and_pairs_of_characters_with_their_signs():
    assert pieces("Zwei Wörter, E-42!") == ["Zwei", "Wörter,", "E-42!"]
    assert pieces("床前明月光，疑是。") == ["床前", "明月", "光，", "疑是。"]
    assert pieces("他说「你好」iPhone15很好") == ["他说", "「你好」", "iPhone15", "很好"]


@given(st.text(alphabet=st.sampled_from("aé 中文。กำ\u0301🙂\u200d\n"), max_size=400))
def test_units_cover_all_but_white_space_and_are_bounded(text):
    spans = list(units(text))
    assert "".join(text[start:end] for start, end in spans) == "".join(text.split())
    assert all(end - start <= 8 * LONGEST_WORD for start, end in spans)
    assert count_units(text) == len(spans)
    assert not [start for start, _ in spans if start and unicodedata.combining(text[start]) and text[start - 1] == "a"]


def test_a_run_without_end_is_cut():
    assert [len(piece) for piece in pieces("x" * 250)] == [100, 100, 50]
    assert all(len(piece) % 7 == 0 for piece in pieces("👩\u200d👩\u200d👧\u200d👦" * 300))  # families stay together


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("exactly te", "exactly te"), ("one more than", "one more…"), ("brown foxes run", "brown fox…")],
)
def test_a_shortened_text_is_never_longer_than_asked_and_shows_that_it_goes_on(text, shown):
    assert shortened(text, 10) == shown
