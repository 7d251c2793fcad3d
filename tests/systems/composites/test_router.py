"""Router: the first rule that a query meets, and the reason in words."""

from __future__ import annotations

import pytest

from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.router import has_code, is_question, route
from rerank_core.systems.composites.spec import Condition, Router, Rule
from rerank_core.types import Query
from tests.systems.composites.scripted import DOCS, Members, candidates

SPEC = Router(
    (
        Rule((Condition("has_code", True),), "lexical"),
        Rule((Condition("is_question", True), Condition("min_words", 4)), "large"),
        Rule((Condition("tag", "legal"),), "legal"),
        Rule((Condition("regex", r"(?i)\bprice"),), "small"),
    ),
    "default",
)


@pytest.mark.parametrize(
    ("query", "system", "reason"),
    [
        (Query("q", "error WH1000XM4"), "lexical", "lexical, by rule 1: it has a token like code"),
        (
            Query("q", "who eats fish here"),
            "large",
            "large, by rule 2: it has the form of a question, 4 words (at least 4)",
        ),
        (Query("q", "who eats"), "default", "default, as no rule applies"),
        (Query("q", "old contract", tags=("short", "legal")), "legal", "legal, by rule 3: it has the tag 'legal'"),
        (Query("q", "Prices of fish"), "small", r"small, by rule 4: it matches '(?i)\\bprice'"),
    ],
)
def test_the_first_rule_whose_conditions_all_hold_picks(query: Query, system: str, reason: str) -> None:
    found = route(SPEC, query)
    assert (found.system, found.reason) == (system, reason)


@pytest.mark.parametrize(
    ("feature", "value", "text", "picked"),
    [
        ("max_words", 2, "two words", True),
        ("max_words", 2, "no more than two", False),
        ("max_words", 0, "  ", True),
        ("has_digits", True, "route 66", True),
        ("has_digits", False, "route 66", False),
        ("is_question", False, "fish", True),
        ("has_code", False, "fish", True),
    ],
)
def test_each_condition(feature, value, text: str, picked: bool) -> None:
    spec = Router((Rule((Condition(feature, value),), "yes"),), "no")
    assert route(spec, Query("q", text)).system == ("yes" if picked else "no")


@pytest.mark.parametrize(
    "text", ["B07CXG6C9W", "error E1234x", "snake_case", "getElementById", "main()", "std::vector", "p->next"]
)
def test_code_is_seen(text: str) -> None:
    assert has_code(text)


@pytest.mark.parametrize(
    "text", ["the 20th century", "1990s music", "iPhone", "COVID-19", "mp3", "2024", "a (b) c", ""]
)
def test_plain_words_are_no_code(text: str) -> None:
    assert not has_code(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Where is it", True),
        ("fish?", True),
        ("魚は何ですか？", True),
        ("island life", False),
        ("whatever", False),
        ("", False),
    ],
)
def test_questions_are_seen(text: str, asked: bool) -> None:
    assert is_question(text) is asked


def test_the_picked_systems_ranking_is_passed_on_with_the_reason() -> None:
    table = {"a": -1.0, "b": 4.0, "c": 0.0, "d": 0.0, "e": -3.0}
    members = Members({"large": table})
    query = Query("q", "who eats fish here")
    ranking = apply(SPEC, query, candidates(), DOCS, members)
    assert [(doc.docid, doc.score) for doc in ranking.docs] == [
        ("b", 4.0),
        ("c", 0.0),
        ("d", 0.0),
        ("a", -1.0),
        ("e", -3.0),
    ]
    assert ranking.notes == ("routed to large, by rule 2: it has the form of a question, 4 words (at least 4)",)
    assert [system for system, _ in members.asked] == ["large"]
