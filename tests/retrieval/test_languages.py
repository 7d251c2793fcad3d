"""Words in every language: what finds what, in which language a dataset is, and indexes that keep to it."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import NotReadyError
from rerank_core.retrieval.analysis import Analyzer
from rerank_core.retrieval.bm25 import Bm25Retriever
from rerank_core.retrieval.dictionaries import cutter
from rerank_core.retrieval.index import build_or_load
from rerank_core.retrieval.language import detect, detect_corpus
from rerank_core.retrieval.languages import LANGUAGES
from rerank_core.retrieval.parts import parts
from rerank_core.retrieval.postings import analysis
from rerank_core.retrieval.settings import RetrievalSettings

SETS = sorted((Path(__file__).parent / "languages").glob("*.jsonl"))
BM25 = RetrievalSettings(retrievers=("bm25",))


def read(path):
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["_id"]: row["text"] for row in rows if "_id" in row}, [row for row in rows if "query" in row]


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_the_right_passage_comes_first_in_every_language(tmp_path, corpus_of, path):
    passages, queries = read(path)
    retriever = Bm25Retriever.build(corpus_of(passages), tmp_path / "bm25", BM25)
    assert analysis(tmp_path / "bm25") == (True, True, path.stem, "pairs")
    first = {row["query"]: retriever.retrieve(row["query"], 1).docids for row in queries}
    assert first == {row["query"]: (row["right"],) for row in queries}
    assert (len(passages), len(queries)) == (20, 10)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "running co\u00adoperates don’t", "runs cooperate don't"),
        ("de", "Häuser STRASSE", "Haus Straße"),
        ("tr", "IŞIKLAR kitapları", "ışık kitap"),
        ("ru", "Ёлки КНИГАМИ", "елка книга"),
        ("el", "ΔΡΌΜΟΙ", "δρόμος"),
        ("fa", "کتاب\u200cهای علي ۱۲", "کتاب علی 12"),
        ("ar", "المَدْرَسَةُ إسلام والمكتبه", "مدرسه اسلام مكتبة"),
        ("hi", "हिन्दी क़लमों", "हिंदी कलम"),
        ("ta", "புத்தகங்கள்", "புத்தகம்"),
        ("sr", "књиге", "knjiga"),
        ("vi", "VIỆT NAM", "việt nam"),
        ("uk", "п’ять", "пʼять"),
        ("he", "שָׁלוֹם", "שלום"),
        ("ur", "يہ ك", "یہ ک"),
        ("zh", "running 鞋", "runs 鞋"),
        ("ja", "ﾊﾟｿｺﾝ", "パソコン"),
        ("none", "Café أحمد", "CAFE\u0301 احمد"),
    ],
)
def test_other_spellings_and_forms_are_the_same_terms(language, one, other):
    analyzer = Analyzer(stemming=True, stop_words=True, language=language)
    assert analyzer.query_terms(one) == analyzer.query_terms(other) != []


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [("hi", "हिन्दी", "हिन्दू"), ("none", "running", "runs"), ("ru", "мука", "мак"), ("tr", "ısı", "isi")],
)
def test_other_words_are_other_terms(language, one, other):
    analyzer = Analyzer(stemming=True, stop_words=True, language=language)
    assert analyzer.query_terms(one) != analyzer.query_terms(other)


def test_stop_words_are_those_of_the_language():
    assert Analyzer(True, True, "de").terms("Die Katze und der Hund") == ["katz", "hund"]
    assert Analyzer(True, True, "en").terms("die und der") == ["die", "und", "der"]
    assert Analyzer(True, True, "none").terms("the cats") == ["the", "cats"]
    assert Analyzer(True, True, "ru").terms("the cats и кошки") == ["cat", "кошк"]


def test_one_character_finds_passages_that_hold_it_in_a_word(tmp_path, corpus_of):
    index = Bm25Retriever.build(corpus_of({"1": "大人の猫は寝る", "2": "犬は走る"}), tmp_path / "i", BM25)
    assert index.retrieve("猫", 5).docids == ("1",)


@pytest.mark.parametrize(("language", "library"), [("zh", "rjieba"), ("ja", "janome")])
def test_a_dictionary_finds_the_right_passages_too(tmp_path, corpus_of, language, library):
    pytest.importorskip(library)
    passages, queries = read(Path(__file__).parent / "languages" / f"{language}.jsonl")
    settings = RetrievalSettings(retrievers=("bm25",), cutting="dictionary")
    retriever = Bm25Retriever.build(corpus_of(passages), tmp_path / "bm25", settings)
    right = [retriever.retrieve(row["query"], 1).docids == (row["right"],) for row in queries]
    assert sum(right) >= 9
    assert (
        Analyzer(True, True, language, "dictionary").query_terms("図書館" if language == "ja" else "图书馆")[-1:] != []
    )


def test_a_dictionary_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rjieba", None)
    cutter.cache_clear()
    with pytest.raises(NotReadyError, match=r"rerank-lens\[words\]"):
        Analyzer(True, True, "zh", "dictionary")
    assert Analyzer(True, True, "de", "dictionary").terms("Haus") == ["haus"]  # nothing to cut: nothing is missing


@pytest.mark.parametrize("language", ["none", *LANGUAGES])
def test_every_language_can_be_chosen(language):
    assert RetrievalSettings(language=language).language == language
    assert Analyzer(True, True, language).terms("K-42") == ["k", "42"]


@given(st.text(), st.sampled_from(["en", "de", "tr", "ar", "fa", "hi", "ja", "none"]))
def test_the_unicode_form_of_a_text_does_not_change_its_terms(text, language):
    analyzer = Analyzer(stemming=True, stop_words=True, language=language)
    forms = {tuple(analyzer.terms(unicodedata.normalize(form, text))) for form in ("NFC", "NFD")}
    assert forms == {tuple(analyzer.terms(text))}
    assert set(analyzer.query_terms(text)) <= set(analyzer.terms(text))
    assert analyzer.terms(f"{text} x9 {text}") == [*analyzer.terms(text), "x9", *analyzer.terms(text)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("cat dog fish 123 E-42", "en"),
        ("iPhone 14 Pro Max 128 GB", "en"),
        ("東京大学", "zh"),
        ("東京の大学", "ja"),
        ("这个の字在中文招牌里很常见，但是它是一个日文假名，不是汉字。", "zh"),
        ("한국어 문서와 English words", "ko"),
        ("这是一个 USB-C cable 的说明", "zh"),
        ("The word 猫 means cat in Japanese", "en"),
        ("این یک متن فارسی درباره کتاب است", "fa"),
        ("هذا نص عربي عن الكتب", "ar"),
        ("Це українська мова, і вона гарна", "uk"),
        ("Hei maailma, tämä on suomea ja se on kaunista", "fi"),
        ("Wasserkocher aus Edelstahl für 1,7 Liter, Lieferung kostenlos", "de"),
        ("שלום עולם", "he"),
    ],
)
def test_the_language_of_a_text(text, language):
    assert detect([text]) == language


def test_a_corpus_of_several_languages_has_none():
    sets = {path.stem: list(read(path)[0].values()) for path in SETS}
    assert detect(sets["de"] + sets["tr"]) == "none"
    assert detect(sets["de"] * 9 + sets["tr"]) == "de"


def test_the_order_of_the_passages_does_not_matter(corpus_of):
    passages = read(SETS[0])[0]
    backwards = dict(reversed(passages.items()))
    assert detect_corpus(corpus_of(passages)) == detect_corpus(corpus_of(backwards)) == SETS[0].stem


def test_a_language_that_is_chosen_is_not_asked_for(tmp_path, corpus_of):
    passages = read(SETS[1])[0]
    settings = RetrievalSettings(retrievers=("bm25",), language="none")
    Bm25Retriever.build(corpus_of(passages), tmp_path / "i", settings)
    assert analysis(tmp_path / "i")[2] == "none"


def test_an_index_in_another_language_is_no_base_for_the_next(tmp_path, corpus_of, store, monkeypatch):
    monkeypatch.setattr("rerank_core.retrieval.index.LEAST_ROWS", 10)
    monkeypatch.setattr("rerank_core.retrieval.index.MOST_CHANGED", 0.9)
    german, english = read(SETS[1])[0], {f"e{n}": f"This is the English text number {n}" for n in range(26)}
    assert SETS[1].stem == "de"
    found = {}
    for name, passages in {"one": german, "two": german | english, "three": german | {"21": "Noch eins"}}.items():
        build_or_load(tmp_path, corpus_of(passages), name, BM25, store)
        (folder,) = (tmp_path / name).glob("bm25-*")
        found[name] = analysis(folder)[2], len(parts(folder))
    assert found == {"one": ("de", 1), "two": ("none", 1), "three": ("de", 2)}
