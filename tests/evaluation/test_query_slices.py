"""Queries cut into slices."""

from __future__ import annotations

from rerank_core.evaluation.slices import in_slices, query_slices
from rerank_core.types import Query


def test_tags_length_and_script():
    found = query_slices(
        [
            Query("q1", "soak", tags=("keyword", "jargon")),
            Query("q2", "two words", tags=("keyword",)),
            Query("q3", "one two three four five"),
            Query("q4", "als das Gerät nach dem Update nicht mehr ging was dann"),
            Query("q5", "где находится датчик"),
            Query("q6", "温度传感器"),
            Query("q7", "42"),
        ]
    )
    assert found == {
        "tag: keyword": ["q1", "q2"],
        "tag: jargon": ["q1"],
        "tag: no tag": ["q3", "q4", "q5", "q6", "q7"],
        "length: single keyword": ["q1", "q7"],
        "length: 2–4 words": ["q2", "q5"],
        "length: 5–9 words": ["q3"],
        "length: 10 words or more": ["q4"],
        "length: written without spaces": ["q6"],
        "script: Latin letters": ["q1", "q2", "q3", "q4"],
        "script: other letters": ["q5", "q6"],
        "script: no letters": ["q7"],
    }


def test_a_kind_with_one_slice_only_says_nothing():
    assert query_slices([Query("q1", "soak"), Query("q2", "rinse")]) == {}
    assert query_slices([]) == {}


def test_a_tag_given_twice_counts_once():
    assert query_slices([Query("q1", "soak", tags=("x", "x")), Query("q2", "soak")])["tag: x"] == ["q1"]


def test_slices_of_one_kind_add_up_and_those_of_two_kinds_narrow():
    slices = {"tag: a": ["q1", "q2"], "tag: b": ["q3"], "length: short": ["q2", "q3", "q4"]}
    assert in_slices(slices, ["tag: a", "tag: b"]) == ["q1", "q2", "q3"]
    assert in_slices(slices, ["tag: a", "tag: b", "length: short"]) == ["q2", "q3"]
    assert in_slices(slices, ["tag: b", "tag: gone"]) == ["q3"]
    assert in_slices(slices, ["tag: gone"]) == []
    assert in_slices(slices, []) == []
