"""Signals: what metadata and near-duplicates do to a member's order, and that it can be seen."""

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import NotFoundError, SettingsError
from rerank_core.systems.composites.apply import apply
from rerank_core.systems.composites.diversity import mmr, shingles
from rerank_core.systems.composites.metadata_signals import authority, moment, recency
from rerank_core.systems.composites.spec import Authority, Diversity, Recency, Signals
from rerank_core.types import Doc
from tests.systems.composites.scripted import DOCIDS, QUERY, Members, candidates, tables

YEAR = Recency("date", 365, "2025-01-01", weight=0.5)
SOURCES = Authority("source", (("official", 2.0), ("forum", 0.5)), weight=0.5)
THREE = candidates("abc")
DOCS = {
    "a": Doc("a", "text of a", metadata={"date": "2025-01-01", "source": "forum"}),
    "b": Doc("b", "text of b", metadata={"date": "2024-01-02", "source": "official"}),  # 365 days: 2024 is a leap year
    "c": Doc("c", "text of c", metadata={"date": "2023-01-02", "source": "blog"}),  # 730 days
    "d": Doc("d", "text of d"),
    "e": Doc("e", "text of e", metadata={"date": "soon", "source": ["blog", "forum"]}),
}
A = {"a": -8.0, "b": -4.0, "c": 0.0, "d": -2.0, "e": -6.0}  # min-max over a b c: 0, 1/2, 1


def signalled(spec: Signals, docids: str = "abc", table=A):
    return apply(spec, QUERY, candidates(docids), DOCS, Members({"A": table}, DOCS))


def test_recency_halves_each_half_life() -> None:
    assert recency(YEAR, [DOCS["a"], DOCS["b"], DOCS["c"]]).values == pytest.approx({"a": 1, "b": 1 / 2, "c": 1 / 4})


def test_a_passage_without_a_date_counts_as_the_mean_of_the_others_and_is_counted() -> None:
    found = recency(YEAR, list(DOCS.values()))
    mean = (1 + 1 / 2 + 1 / 4) / 3
    assert found.values["d"] == pytest.approx(mean)
    assert found.values["e"] == pytest.approx(mean)
    assert found.notes == (
        "recency: 1 of 5 passages have no 'date': they count as the mean of the others",
        "recency: 1 of 5 passages have a 'date' that is no date: mean of the others",
    )


def test_no_date_at_all_changes_nothing() -> None:
    assert recency(YEAR, [DOCS["d"]]).values == {"d": 1.0}


def test_a_date_after_the_reference_counts_as_new_and_is_counted() -> None:
    found = recency(YEAR, [Doc("x", "", metadata={"date": "2031-01-01"})])
    assert found.values == {"x": 1.0}
    assert found.notes == ("recency: 1 of 1 passages are dated after 2025-01-01: they count as new",)


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2024-05-06", "2024-05-06T00:00:00+00:00"),
        (" 2024-05-06T10:00:00Z ", "2024-05-06T10:00:00+00:00"),
        ("2024-05-06T10:00:00+02:00", "2024-05-06T08:00:00+00:00"),
        ("2024-05", "2024-05-01T00:00:00+00:00"),
        ("2024", "2024-01-01T00:00:00+00:00"),
        (2024, "2024-01-01T00:00:00+00:00"),
    ],
)
def test_dates_that_are_understood(value, iso: str) -> None:
    assert moment(value).isoformat() == iso


@pytest.mark.parametrize(
    "value", ["soon", "", "2024-13", "0000", "06/05/2024", 1714989600, 12, True, 2024.5, None, [], "0001-01-01T00+14"]
)
def test_what_is_no_date_is_not_guessed(value) -> None:
    assert moment(value) is None


def test_authority_reads_the_table_and_is_neutral_outside_it() -> None:
    found = authority(SOURCES, list(DOCS.values()))
    assert found.values == {"a": 0.5, "b": 2.0, "c": 1.0, "d": 1.0, "e": 0.5}
    assert found.notes == (
        "authority: 1 of 5 passages have no 'source': weight 1",
        "authority: 1 of 5 passages have a 'source' that the table does not name: weight 1",
    )


def test_of_several_values_the_heaviest_one_in_the_table_counts() -> None:
    doc = Doc("x", "", metadata={"source": ["forum", "official", "blog"]})
    assert authority(SOURCES, [doc]).values == {"x": 2.0}


def test_authority_compares_numbers_and_truth_as_text() -> None:
    docs = [Doc("x", "", metadata={"level": 5}), Doc("y", "", metadata={"level": True})]
    assert authority(Authority("level", (("5", 3.0), ("true", 4.0))), docs).values == {"x": 3.0, "y": 4.0}


def test_multiplied_signals_are_factors_of_the_scaled_score() -> None:
    ranking = signalled(Signals("A", recency=YEAR, authority=SOURCES))
    by_id = {doc.docid: doc for doc in ranking.docs}
    # c: relevance 1, recency 1/2 + 1/2 * 1/4, authority neutral; b: 1/2, 1/2 + 1/2 * 1/2, 1/2 + 1/2 * 2
    assert by_id["c"].score == pytest.approx(1 * (1 / 2 + 1 / 8) * 1)
    assert by_id["b"].score == pytest.approx(1 / 2 * (1 / 2 + 1 / 4) * (1 / 2 + 1))
    assert dict(by_id["b"].parts) == pytest.approx({"relevance": 1 / 2, "recency": 3 / 4, "authority": 3 / 2})
    assert by_id["a"].score == 0.0
    assert ranking.docids == ("c", "b", "a")


def test_added_signals_are_terms_and_can_lift_the_last_one() -> None:
    spec = Signals("A", recency=Recency("date", 365, "2025-01-01", weight=2.0), combine="add")
    ranking = signalled(spec)
    # a: 0 + 2 * 1, b: 1/2 + 2 * 1/2, c: 1 + 2 * 1/4: b and c are equal and keep candidate order
    assert [(doc.docid, doc.score) for doc in ranking.docs] == [("a", 2.0), ("b", 1.5), ("c", 1.5)]


def test_a_rank_base_needs_no_scores_and_has_no_zero() -> None:
    ranking = signalled(Signals("A", recency=YEAR, base="rank"), table=list("cba"))
    assert {doc.docid: doc.parts["relevance"] for doc in ranking.docs} == pytest.approx(
        {"c": 1, "b": 2 / 3, "a": 1 / 3}
    )


def test_a_minmax_base_refuses_a_member_without_scores() -> None:
    with pytest.raises(SettingsError, match="A gives an order without scores"):
        signalled(Signals("A", recency=YEAR), table=list("cba"))


def test_equal_scores_of_the_member_let_the_signals_decide() -> None:
    ranking = signalled(Signals("A", authority=SOURCES), table=dict.fromkeys(DOCIDS, -3.0))
    assert ranking.docids == ("b", "c", "a")


def test_a_candidate_without_a_passage_is_told() -> None:
    with pytest.raises(NotFoundError, match="'a'"):
        apply(Signals("A", recency=YEAR), QUERY, THREE, {}, Members({"A": A}))


def test_a_near_duplicate_falls_behind_what_is_new() -> None:
    relevance = {"a": 1.0, "copy": 0.9, "other": 0.5}
    texts = {"a": "one two three four", "copy": "One two, three four!", "other": "five six seven eight"}
    picks = mmr(relevance, texts, 0.5, 3)
    # lambda 1/2: the price of likeness is (1 - 1/2) / (1/2) = 1
    assert [(pick.docid, pick.score, pick.penalty) for pick in picks] == [
        ("a", 1.0, 0.0),
        ("other", 0.5, 0.0),
        ("copy", 0.9 - 1.0, -1.0),
    ]


def test_likeness_is_the_share_of_common_runs() -> None:
    # runs of two words: {one two, two three} and {one two, two four}: 1 shared of 3
    picks = mmr({"a": 1.0, "b": 1.0}, {"a": "one two three", "b": "one two four"}, 0.5, 2)
    assert picks[1].penalty == pytest.approx(-1 / 3)


def test_texts_without_words_are_alike_and_short_texts_are_one_run() -> None:
    assert shingles("", 3) == frozenset()
    assert shingles("Two words", 3) == {("two", "words")}
    picks = mmr({"a": 1.0, "b": 1.0, "c": 1.0}, {"a": "", "b": "...", "c": "word"}, 0.5, 3)
    assert [(pick.docid, pick.penalty) for pick in picks] == [("a", 0.0), ("c", 0.0), ("b", -1.0)]


def test_diversity_is_a_part_that_adds_up_with_the_others() -> None:
    docs = {docid: Doc(docid, "the very same text", metadata=DOCS[docid].metadata) for docid in "abc"}
    spec = Signals("A", recency=YEAR, diversity=Diversity(0.8), combine="add")
    ranking = apply(spec, QUERY, THREE, docs, Members({"A": {"a": 0.0, "b": 1.0, "c": 2.0}}, {
        docid: Doc(docid, docid) for docid in "abc"
    }))  # fmt: skip
    for doc in ranking.docs:
        assert set(doc.parts) == {"relevance", "recency", "diversity"}
        assert fsum(doc.parts.values()) == pytest.approx(doc.score)
    # all texts are equal: every one but the first pays (1 - 0.8) / 0.8
    assert [doc.parts["diversity"] for doc in ranking.docs] == pytest.approx([0.0, -0.25, -0.25])


TEXTS = st.fixed_dictionaries({docid: st.lists(st.sampled_from("xyz"), max_size=5).map(" ".join) for docid in DOCIDS})


def naive_mmr(relevance, texts, trade: float, size: int) -> list[str]:
    """Carbonell and Goldstein's formula as it stands in the paper."""

    def like(one: str, other: str) -> float:
        a, b = shingles(texts[one], size), shingles(texts[other], size)
        return len(a & b) / len(a | b) if a | b else 1.0

    picked: list[str] = []
    while len(picked) < len(relevance):
        left = [docid for docid in relevance if docid not in picked]
        scores = {
            docid: trade * relevance[docid] - (1 - trade) * max((like(docid, other) for other in picked), default=0.0)
            for docid in left
        }
        picked.append(max(left, key=lambda docid: round(scores[docid], 9)))
    return picked


@given(tables(), TEXTS, st.sampled_from([0.5, 0.8, 1.0]), st.integers(1, 3))
def test_mmr_is_the_papers_and_its_scores_never_rise(table, texts, trade, size) -> None:
    picks = mmr(table, texts, trade, size)
    scores = [pick.score for pick in picks]
    assert scores == sorted(scores, reverse=True)
    if trade != 0.8:
        # there equal scores can differ in the last bit
        assert [pick.docid for pick in picks] == naive_mmr(table, texts, trade, size)
    assert sorted(pick.docid for pick in picks) == sorted(DOCIDS)


@given(tables(), st.sampled_from(["minmax", "rank"]), st.sampled_from(["multiply", "add"]))
def test_signals_of_weight_0_and_lambda_1_are_the_member(table, base, combine) -> None:
    none = Recency("date", 365, "2025-01-01", 0.0), Authority("source", (("forum", 3.0),), 0.0)
    members = Members({"A": table}, DOCS)
    for diversity in (None, Diversity(1.0)):
        spec = Signals("A", *none, diversity, base=base, combine=combine)
        ranking = apply(spec, QUERY, candidates(), DOCS, members)
        assert ranking.docids == members("A", candidates()).docids


@given(tables(), st.sampled_from(["minmax", "rank"]), st.sampled_from(["multiply", "add"]), st.floats(0, 1))
def test_whatever_the_scores_equal_ones_keep_candidate_order(table, base, combine, weight) -> None:
    spec = Signals("A", Recency("date", 90, "2025-01-01", weight), SOURCES, Diversity(0.6, 2), base, combine)
    ranking = apply(spec, QUERY, candidates(), DOCS, Members({"A": table}, DOCS))
    assert sorted(ranking.docids) == sorted(DOCIDS)
    keys = [(-doc.score, DOCIDS.index(doc.docid)) for doc in ranking.docs]
    assert keys == sorted(keys)
