"""Specs: the JSON round trip, what is refused and how it is said, circles, keys."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rerank_core.errors import SettingsError
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.members import check_acyclic, describe, key, members, scale_of
from rerank_core.systems.composites.spec import (
    Authority,
    Blend,
    Cascade,
    Condition,
    Diversity,
    Floor,
    Member,
    Recency,
    Router,
    Rule,
    Signals,
    Stage,
)
from rerank_core.systems.composites.spec_json import from_dict, from_json, to_json
from rerank_core.systems.learned.spec import Learned
from tests.systems.composites.scripted import DOCS, QUERY, Members, candidates

CASCADE = Cascade((Stage("A", 20), Stage("B", 5), Stage("C")))
BLEND = Blend((Member("first-stage", 1), Member("A", 2.5)), "zscore")
SIGNALS = Signals(
    "A", Recency("date", 30, "2025-01-01"), Authority("source", (("é", 2), ("b", 0.5))), Diversity(), "rank", "add"
)
ROUTER = Router((Rule((Condition("min_words", 3), Condition("has_digits", False)), "A"),), "B")
SIGNAL_ROUTER = Router((Rule((Condition("lead_2_below", 0.25), Condition("overlap_from", 1)), "A"),), "first-stage")
LEARNED = Learned(("first-stage", "A"), (("score:A", 2), ("rank:A", 0.5), ("rare words", -1)), "abc")
FLOORS = [Floor("A", -0.5), Floor("blend", 2, "A")]
SPECS = [CASCADE, BLEND, SIGNALS, Signals("A", diversity=Diversity(0.5, 1)), ROUTER, SIGNAL_ROUTER, LEARNED, *FLOORS]


@pytest.mark.parametrize("spec", SPECS)
def test_json_reads_back_to_an_equal_spec(spec) -> None:
    assert from_json(to_json(spec)) == spec
    assert from_dict(json.loads(to_json(spec))) == spec


def test_what_a_person_writes_by_hand_is_read() -> None:
    text = '{"kind": "router", "rules": [{"when": {"is_question": true}, "system": "A"}], "default": "B"}'
    assert from_json(text) == Router((Rule((Condition("is_question", True),), "A"),), "B")
    assert from_json('{"kind": "blend", "members": [{"system": "A"}]}') == Blend((Member("A"),))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "must be JSON"),
        ("[]", "A composite must be a JSON object"),
        ("{}", "kind must be one of cascade, blend, signals, router, own-first-stage, floor, learned, not None"),
        ('{"kind": ["blend"]}', "kind must be one of"),
        ('{"kind": "cascade"}', "the cascade needs the field stages"),
        ('{"kind": "cascade", "stages": []}', "A cascade needs at least one stage"),
        ('{"kind": "cascade", "stages": "A"}', "stages of the cascade must be a JSON list"),
        ('{"kind": "cascade", "stages": ["A"]}', "number 1 in stages of the cascade must be a JSON object"),
        ('{"kind": "cascade", "stages": [{"system": "A", "keep": 5}]}', "The last stage of a cascade keeps all"),
        ('{"kind": "cascade", "stages": [{"system": "A"}, {"system": "B"}]}', "must say how many passages it keeps"),
        ('{"kind": "cascade", "stages": [{"system": "A", "keep": 0}, {"system": "B"}]}', "keep must be a whole number"),
        ('{"kind": "cascade", "stages": [{"system": "A", "keep": true}, {"system": "B"}]}', "keep must be a whole"),
        ('{"kind": "cascade", "stages": [{"system": "A", "keep": 2}, {"system": "A"}]}', "'A' is in it twice"),
        (
            '{"kind": "cascade", "stages": [{"system": "A", "keep": 5}, {"system": "B", "keep": 5}, {"system": "C"}]}',
            "cannot keep 5 of the 5 passages",
        ),
        ('{"kind": "blend", "members": [{"system": ""}]}', "a member's system must be a text"),
        ('{"kind": "blend", "members": [{"system": "A", "weight": -1}]}', "weight must be a number from 0"),
        ('{"kind": "blend", "members": [{"system": "A", "weight": NaN}]}', "weight must be a number"),
        ('{"kind": "blend", "members": [{"system": "A", "weight": "1"}]}', "weight must be a number"),
        ('{"kind": "blend", "members": [{"system": "A", "weight": 0}]}', "One weight of a blend must be above 0"),
        ('{"kind": "blend", "members": [{"system": "A"}], "by": "magic"}', "by must be one of rank, zscore, minmax"),
        ('{"kind": "blend", "members": [{"system": "A"}], "by": []}', "by must be one of"),
        ('{"kind": "blend", "members": [{"system": "A"}], "extra": 1}', "the blend has no field extra"),
        ('{"kind": "signals", "member": "A"}', "Signals need one signal"),
        (
            '{"kind": "signals", "member": "A", "recency": {"field": "d", "half_life_days": 9}}',
            "recency of the signals needs the field reference",
        ),
        (
            '{"kind": "signals", "member": "A", "recency": {"field": "d", "half_life_days": 9, "reference": "now"}}',
            "must be a date such as 2026-01-31, not 'now'",
        ),
        (
            '{"kind": "signals", "member": "A",'
            ' "recency": {"field": "d", "half_life_days": 0, "reference": "2025-01-01"}}',
            "half_life_days must be above 0",
        ),
        (
            '{"kind": "signals", "member": "A", "authority": {"field": "s", "table": {"x": 1}, "weight": 2}}',
            "weight of authority must lie from 0 to 1",
        ),
        ('{"kind": "signals", "member": "A", "authority": {"field": "s", "table": {}}}', "needs at least one value"),
        ('{"kind": "signals", "member": "A", "diversity": {"mmr_lambda": 0}}', "mmr_lambda must lie from 0.01 to 1"),
        ('{"kind": "router", "rules": [], "default": "B"}', "A router needs at least one rule"),
        ('{"kind": "router", "rules": [{"when": {}, "system": "A"}], "default": "B"}', "needs at least one condition"),
        (
            '{"kind": "router", "rules": [{"when": {"regex": "("}, "system": "A"}], "default": "B"}',
            "'(' is not a pattern",
        ),
        (
            '{"kind": "router", "rules": [{"when": {"mood": 1}, "system": "A"}], "default": "B"}',
            "a rule's condition must be one of",
        ),
        (
            '{"kind": "router", "rules": [{"when": {"has_code": 1}, "system": "A"}], "default": "B"}',
            "has_code must be true or false",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        from_json(text)
    assert said in str(caught.value)


def test_members_are_named_once_in_their_order() -> None:
    assert members(CASCADE) == ("A", "B", "C")
    assert members(Blend((Member("A"), Member("B", 0)))) == ("A",)
    assert members(Router((Rule((Condition("tag", "x"),), "A"), Rule((Condition("tag", "y"),), "B")), "A")) == (
        "A",
        "B",
    )


def test_a_circle_is_refused_and_shown() -> None:
    blend = Blend((Member("second"), Member("A")))
    with pytest.raises(SettingsError, match="itself: first → second → first"):
        check_acyclic({"first": blend, "second": Signals("first", diversity=Diversity())})
    with pytest.raises(SettingsError, match="itself: self → self"):
        check_acyclic({"self": Cascade((Stage("self"),))})


def test_composites_of_composites_without_a_circle_are_fine() -> None:
    diamond = {
        "top": Blend((Member("left"), Member("right"))),
        "left": Cascade((Stage("base"),)),
        "right": Cascade((Stage("base"),)),
        "base": Signals("A", diversity=Diversity()),
    }
    check_acyclic(diamond)


def test_a_composite_can_be_a_member_and_its_first_stage_is_the_first_stage() -> None:
    table = {"a": 0.0, "b": 1.0, "c": 2.0, "d": 3.0, "e": 4.0}
    plain = Members({"A": table})
    inner = Blend((Member("first-stage", 3), Member("A", 1)), "rank", 1)

    def rank_member(system, given):
        return apply(inner, QUERY, given, DOCS, plain) if system == "inner" else plain(system, given)

    ranking = apply(Cascade((Stage("A", 2), Stage("inner"))), QUERY, candidates(), DOCS, rank_member)
    # A keeps e and d; for the first stage d stands before e, and it weighs three times as much
    assert ranking.docids == ("d", "e", "c", "b", "a")
    assert ranking.docs[0].parts["inner: first-stage"] == pytest.approx(3 / 4 * 1 / (1 + 1))


def test_the_key_changes_with_whatever_changes_the_result() -> None:
    keys = {"A": "A@1", "B": "B@1", "C": "C@1", "first-stage": "first-stage@1", "blend": "blend@1"}
    base = key(CASCADE, keys)
    assert key(from_json(to_json(CASCADE)), keys) == base
    assert key(CASCADE, {**keys, "unrelated": "x"}) == base
    assert key(CASCADE, {**keys, "B": "B@2"}) != base
    assert key(replace(CASCADE, stages=(Stage("A", 21), *CASCADE.stages[1:])), keys) != base
    every = {key(spec, keys) for spec in SPECS}
    assert len(every) == len(SPECS)
    assert key(Blend((Member("A", 1),)), keys) == key(Blend((Member("A", 1.0),)), keys)


def test_a_key_without_a_member_is_refused() -> None:
    with pytest.raises(SettingsError, match="There is no system 'C'"):
        key(CASCADE, {"A": "1", "B": "2"})


def test_only_a_cascade_and_a_floor_pass_raw_scores_on() -> None:
    assert [scale_of(spec) for spec in SPECS] == ["C", None, None, None, None, None, None, "A", "blend"]


def test_a_line_says_what_it_does() -> None:
    assert describe(CASCADE) == "A keeps 20 → B keeps 5 → C"
    assert describe(BLEND) == "29% first-stage + 71% A, by zscore"
    assert describe(SIGNALS) == "A with recency, authority, diversity"
    assert describe(ROUTER) == "1 rule to A, else B"
