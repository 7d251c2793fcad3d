from dataclasses import replace

import pytest

from rerank_core.errors import SettingsError
from rerank_core.retrieval.settings import RetrievalSettings


@pytest.mark.parametrize("depth", [9, 1001, 0, -1, 50.0, True, "50"])
def test_a_depth_outside_its_range_is_refused(depth):
    with pytest.raises(SettingsError, match="10 to 1,000"):
        RetrievalSettings(depth=depth)


@pytest.mark.parametrize("depth", [10, 1000])
def test_both_ends_of_the_range_of_depth_are_allowed(depth):
    assert RetrievalSettings(depth=depth).depth == depth


@pytest.mark.parametrize(
    "change",
    [
        {"retrievers": ()},
        {"retrievers": ("bm25", "bm25")},
        {"retrievers": ("splade",)},
        {"fusion": "average"},
        {"weights": (1.0,)},
        {"weights": (0.0, 0.0)},
        {"weights": (-1.0, 2.0)},
        {"weights": (float("nan"), 1.0)},
        {"rrf_k": 0},
        {"k1": -0.1},
        {"b": 1.1},
        {"dense_model": " "},
        {"stemming": "yes"},
        {"language": "xx"},
        {"language": "German"},
        {"language": None},
        {"cutting": "words"},
        {"filters": (("lang", ()),)},
        {"filters": (("lang", ("en",)), ("lang", ("de",)))},
        {"filters": (("lang", ({"a": 1},)),)},
    ],
)
def test_settings_that_cannot_work_are_refused(change):
    with pytest.raises(SettingsError):
        RetrievalSettings(**change)


def test_settings_survive_json_with_their_types():
    settings = RetrievalSettings(
        retrievers=("dense", "bm25"),
        fusion="minmax",
        weights=(0.7, 0.3),
        depth=25,
        filters=(("lang", ("en", "العربية")), ("year", (2024, 1.5)), ("draft", (False,))),
    )
    back = RetrievalSettings.from_json(settings.to_json())
    assert back == settings
    assert back.key() == settings.key()
    assert type(back.filters[2][1][0]) is bool


def test_json_may_leave_out_what_is_default():
    assert RetrievalSettings.from_json('{"depth": 20}') == RetrievalSettings(depth=20)


@pytest.mark.parametrize("text", ["", "[]", '{"dept": 20}', '{"weights": 3}', '{"filters": [["a"]]}', '{"k1": "1"}'])
def test_json_that_is_not_settings_is_refused(text):
    with pytest.raises(SettingsError):
        RetrievalSettings.from_json(text)


@pytest.mark.parametrize(
    "change",
    [
        {"retrievers": ("bm25",)},
        {"retrievers": ("dense", "bm25")},
        {"fusion": "union"},
        {"rrf_k": 10},
        {"depth": 50},
        {"dense_model": "other"},
        {"k1": 1.2},
        {"b": 0.75},
        {"stemming": False},
        {"stop_words": False},
        {"language": "de"},
        {"language": "none"},
        {"cutting": "dictionary"},
        {"filters": (("lang", ("en",)),)},
    ],
)
def test_the_key_changes_with_all_that_changes_the_candidates(change):
    assert replace(RetrievalSettings(), **change).key() != RetrievalSettings().key()


def test_the_key_does_not_change_with_what_is_not_used():
    assert RetrievalSettings(weights=(3.0, 1.0)).key() == RetrievalSettings().key()  # rrf reads no weights
    only_bm25 = RetrievalSettings(retrievers=("bm25",))
    assert replace(only_bm25, dense_model="other", fusion="union", rrf_k=1).key() == only_bm25.key()


def test_weights_of_the_same_proportion_have_one_key():
    settings = RetrievalSettings(fusion="zscore", weights=(1.0, 3.0))
    assert settings.shares() == (1 / 4, 3 / 4)
    assert replace(settings, weights=(2.0, 6.0)).key() == settings.key()
    assert replace(settings, weights=(3.0, 1.0)).key() != settings.key()


def test_terms_of_another_analysis_have_another_key(monkeypatch):
    before = RetrievalSettings()
    keys = before.key(), before.bm25_key()
    only_dense = RetrievalSettings(retrievers=("dense",)).key()
    monkeypatch.setattr("rerank_core.retrieval.settings.ANALYSIS", 1)
    assert before.key() != keys[0]
    assert before.bm25_key() != keys[1]
    assert RetrievalSettings(retrievers=("dense",)).key() == only_dense


def test_filter_values_of_other_types_have_other_keys():
    values = (1, True, "1")
    assert len({RetrievalSettings(filters=(("a", (value,)),)).key() for value in values}) == len(values)
