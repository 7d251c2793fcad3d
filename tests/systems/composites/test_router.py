"""Router: the first rule that a query meets, and the reason in words."""

from __future__ import annotations

import pytest

from rerank_core.errors import RerankLensError, SettingsError
from rerank_core.retrieval.first_stage_signals import lead, overlap, spread
from rerank_core.systems.composites import router as router_module
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.router import has_code, is_question, route
from rerank_core.systems.composites.spec import Condition, Router, Rule
from rerank_core.types import Query, Ranking, ScoredDoc
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


def test_a_pattern_that_goes_back_without_end_is_ended_and_said(monkeypatch):
    monkeypatch.setattr(router_module, "PATTERN_SECONDS", 0.05)
    spec = Router((Rule((Condition("regex", "(a|aa)+$"),), "first"),), "second")
    with pytest.raises(RerankLensError, match="takes too long on the query"):
        route(spec, Query("q", "a" * 60 + "!"))
    assert route(spec, Query("q", "aaa")).system == "first"


def first_stage(*scores: float | None, lists: dict[str, str] | None = None) -> Ranking:
    """Passages a, b, c ... with these scores. `lists`: retriever -> docids in its order."""
    found_by = {
        docid: {name: order.index(docid) + 1 for name, order in (lists or {}).items() if docid in order}
        for docid in "abcdefghijkl"
    }
    docs = [
        ScoredDoc(docid, score, rank, found_by[docid])
        for rank, (docid, score) in enumerate(zip("abcdefghijkl", scores, strict=False), 1)
    ]
    return Ranking("q", "first-stage", tuple(docs))


def test_signals_of_the_first_stage():
    found = first_stage(10.0, 8.0, 5.0, 0.0)
    # 10 lies 2 above 8 and 5 above 5, of a range of 10; deviations from the mean 5.75: 4.25, 2.25, 0.75, 5.75
    assert (lead(found, 2), lead(found, 3)) == (0.2, 0.5)
    assert spread(found) == pytest.approx(((4.25**2 + 2.25**2 + 0.75**2 + 5.75**2) / 4) ** 0.5)
    assert lead(first_stage(3.0, 3.0), 2) == 0.0
    assert (lead(first_stage(3.0), 2), lead(first_stage(3.0, 2.0), 3), spread(first_stage(1.0))) == (None, None, None)
    assert (lead(first_stage(None, None), 2), spread(first_stage(None, None))) == (None, None)


def test_signals_read_the_first_ten_candidates_whatever_the_depth():
    shallow = first_stage(*range(12, 2, -1))
    assert len(shallow.docs) == 10
    deep = first_stage(*range(12, 2, -1), -50.0, -90.0)
    assert (lead(deep, 2), spread(deep)) == (lead(shallow, 2), spread(shallow))


def test_the_overlap_is_the_share_of_the_first_ten_that_two_retrievers_have_in_common():
    both = first_stage(5.0, 4.0, 3.0, 2.0, lists={"bm25": "abcd", "dense": "bade"})
    # three of four are in both lists
    assert overlap(both) == 0.75
    assert overlap(first_stage(5.0, 4.0, lists={"bm25": "ab"})) is None


@pytest.mark.parametrize(
    ("feature", "value", "picked"),
    [
        ("lead_2_below", 0.3, True),
        ("lead_2_below", 0.2, False),
        ("lead_2_from", 0.2, True),
        ("lead_3_from", 0.6, False),
        ("spread_below", 10.0, True),
        # one list alone: there is no overlap to speak of, and neither side holds
        ("overlap_below", 1.0, False),
        ("overlap_from", 0.0, False),
    ],
)
def test_a_rule_reads_the_first_stage(feature, value, picked):
    spec = Router((Rule((Condition(feature, value),), "yes"),), "no")
    assert route(spec, Query("q", "fish"), first_stage(10.0, 8.0, 5.0, 0.0)).system == ("yes" if picked else "no")
    assert route(spec, Query("q", "fish")).system == "no"


def test_the_router_asks_for_the_first_stage_only_where_a_rule_reads_it_and_says_what_it_saw():
    spec = Router((Rule((Condition("lead_2_below", 0.5),), "A"),), "first-stage")
    members = Members({"A": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}})
    found = apply(spec, Query("q", "fish"), candidates(), DOCS, members)
    # candidates score 9, 8, 7, 6, 5: the first leads by 1 of 4
    assert found.docids == ("e", "d", "c", "b", "a")
    assert found.notes[0] == "routed to A, by rule 1: lead of rank 1 over rank 2 0.25 (below 0.5)"
    assert [system for system, _ in members.asked] == ["first-stage", "A"]
    members = Members({"A": {}, "B": {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}})
    apply(Router((Rule((Condition("max_words", 9),), "B"),), "A"), Query("q", "fish"), candidates(), DOCS, members)
    assert [system for system, _ in members.asked] == ["B"]


def test_a_number_is_wanted_for_a_signal():
    with pytest.raises(SettingsError, match="value must be a number"):
        Condition("lead_2_below", True)
