"""Floor: what scores lower is left out, and nothing is put in its place."""

from __future__ import annotations

import pytest

from rerank_core.errors import SettingsError
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.members import describe, members, scale_of
from rerank_core.systems.composites.spec import Blend, Floor, Member, OwnFirstStage
from rerank_core.systems.systems import add_composite
from tests.systems.composites.scripted import DOCS, QUERY, Members, candidates

SCORES = {"a": 0.1, "b": 0.9, "c": 0.5, "d": -1.0, "e": 0.5}


def test_passages_below_the_floor_are_left_out_and_a_score_at_it_stays():
    found = apply(Floor("A", 0.5), QUERY, candidates(), DOCS, Members({"A": SCORES}))
    assert [(doc.docid, doc.score, doc.rank) for doc in found.docs] == [("b", 0.9, 1), ("c", 0.5, 2), ("e", 0.5, 3)]
    assert found.notes[0] == "2 of 5 passages score below 0.5"


def test_where_nothing_reaches_the_floor_the_answer_is_empty():
    assert apply(Floor("A", 5), QUERY, candidates(), DOCS, Members({"A": SCORES})).docs == ()


def test_the_order_of_a_blend_is_kept_and_the_raw_scores_of_one_member_decide():
    # by the blend a, whose score is 0.1, stands before c: half of it is the first stage's 9, 8, 7 ...
    blend = Blend((Member("first-stage"), Member("A")), "minmax")

    class WithBlend(Members):
        def __call__(self, system, given):
            if system == "blend":
                return apply(blend, QUERY, given, DOCS, Members({"A": SCORES}))
            return super().__call__(system, given)

    asked = WithBlend({"A": SCORES})
    plain = apply(blend, QUERY, candidates(), DOCS, Members({"A": SCORES}))
    found = apply(Floor("blend", 0.1, "A"), QUERY, candidates(), DOCS, asked)
    assert plain.docids.index("a") < plain.docids.index("c")
    assert found.docids == tuple(docid for docid in plain.docids if docid != "d")
    assert [doc.score for doc in found.docs] == [doc.score for doc in plain.docs if doc.docid != "d"]


def test_an_order_without_scores_has_nothing_to_put_a_floor_under():
    with pytest.raises(SettingsError, match="nothing to put a floor under"):
        apply(Floor("A", 0), QUERY, candidates(), DOCS, Members({"A": "edcba"}))


def test_its_scores_are_those_of_the_system_and_it_says_what_it_does():
    spec = Floor("blend", 0.4242, "A")
    assert (members(spec), scale_of(spec)) == (("blend", "A"), "blend")
    assert describe(spec) == "blend, nothing below 0.4242 by A"


def test_a_system_that_leaves_passages_out_is_no_part_of_another_but_may_find_its_own(workspace):
    kept = add_composite(workspace, "sure", Floor("minilm-cosine", 0.3))
    with pytest.raises(SettingsError, match="'sure' leaves passages out"):
        add_composite(workspace, "mixed", Blend((Member("first-stage"), Member(kept))))
    from rerank_core.retrieval.settings import RetrievalSettings

    add_composite(workspace, "own", OwnFirstStage(kept, RetrievalSettings(depth=10)))
