"""Finding a system among many: by words, need, kind and language; what is ready stands first."""

from __future__ import annotations

import pytest

from rerank_core.rerankers.catalogue.model import Model
from rerank_core.systems.finding import (
    ENGLISH,
    GPU,
    KEY,
    MANY,
    NOTHING,
    UNKNOWN,
    Wanted,
    find,
    kind_of,
    languages_of,
    need_of,
    to_choose_from,
)
from rerank_core.systems.systems import System

KEYED = System("far", Model("far", "Far Rerank", "cohere", hosting="api", keys=("NO_SUCH_KEY",), languages="over 100"))
READY = System("first", Model("first", "First", "first-stage", languages="any"))
OWN = System("mine", Model("first", "mine", "first-stage", licence="MIT"))
LARGE = System("large", Model("large", "Large", "yes-no", "org/large-model", needs_gpu=True, languages="English"))
ALL = [KEYED, LARGE, READY, OWN]


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr("rerank_core.rerankers.catalogue.state.has_gpu", lambda: False)


def ids(systems):
    return [system.id for system in systems]


def test_everything_fits_a_wish_for_anything_and_what_is_ready_stands_first():
    assert ids(find(ALL, Wanted())) == ["first", "mine", "far", "large"]


def test_each_filter_narrows_down_and_all_of_them_together():
    assert [need_of(system) for system in ALL] == [KEY, GPU, NOTHING, NOTHING]
    assert [kind_of(system) for system in ALL] == ["service", "language model", "first stage", "first stage"]
    assert [languages_of(system) for system in ALL] == [(ENGLISH, MANY), (ENGLISH,), (ENGLISH, MANY), (UNKNOWN,)]
    assert ids(find(ALL, Wanted(needs=[KEY, GPU]))) == ["far", "large"]
    assert ids(find(ALL, Wanted(kinds=["service"]))) == ["far"]
    assert ids(find(ALL, Wanted(languages=[MANY]))) == ["first", "far"]
    assert find(ALL, Wanted(needs=[KEY], languages=[UNKNOWN])) == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("LARGE", ["large"]),
        ("org large-model", ["large"]),
        ("mit", ["mine"]),
        ("first   stage", ["first", "mine"]),
        ("far large", []),
        ("  ", ["first", "mine", "far", "large"]),
    ],
)
def test_all_words_must_be_there_wherever(words, expected):
    assert ids(find(ALL, Wanted(words))) == expected


def test_a_menu_begins_with_ones_own_that_can_run():
    assert ids(to_choose_from(ALL)) == ["mine", "first", "far", "large"]
