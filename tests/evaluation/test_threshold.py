"""Say nothing below t: precision, answered share, and the threshold for a target."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.corpus.formats.trec import read_run
from rerank_core.errors import SettingsError
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import parse_measure
from rerank_core.evaluation.threshold import threshold_curve, threshold_for
from rerank_core.types import Ranking, ScoredDoc


def ranking(qid: str, *scores: float | None) -> Ranking:
    docs = tuple(ScoredDoc(f"d{rank}", score, rank) for rank, score in enumerate(scores, 1))
    return Ranking(qid, "S", docs)


RANKINGS = {"q1": ranking("q1", 4.0, 1.0, -2.0), "q2": ranking("q2", 3.0, 1.0), "q3": ranking("q3", -5.0)}
QRELS = {"q1": {"d1": 1, "d2": 0}, "q2": {"d1": 0, "d2": 2}}


def test_every_raw_score_is_a_point_and_unjudged_passages_are_counted_apart() -> None:
    curve = threshold_curve(RANKINGS, QRELS)
    rows = [
        (p.threshold, p.answered, p.share, p.shown, p.relevant, p.unjudged, p.judged, p.precision) for p in curve.points
    ]
    assert rows == [
        (-5.0, 3, 3 / 3, 6, 2, 2, 4, 2 / 4),
        (-2.0, 2, 2 / 3, 5, 2, 1, 4, 2 / 4),
        (1.0, 2, 2 / 3, 4, 2, 0, 4, 2 / 4),
        (3.0, 2, 2 / 3, 2, 1, 0, 2, 1 / 2),
        (4.0, 1, 1 / 3, 1, 1, 0, 1, 1 / 1),
    ]
    assert (curve.system, curve.queries, curve.unscored) == ("S", 3, 0)


def test_only_the_top_k_is_shown() -> None:
    curve = threshold_curve(RANKINGS, QRELS, k=1)
    assert [p.threshold for p in curve.points] == [-5.0, 3.0, 4.0]
    assert [p.shown for p in threshold_curve(RANKINGS, QRELS, k=None).points] == [6, 5, 4, 2, 1]


def test_the_level_says_what_is_relevant() -> None:
    assert [p.relevant for p in threshold_curve(RANKINGS, QRELS, level=2).points] == [1, 1, 1, 0, 0]


def test_the_threshold_for_a_target_is_the_lowest_that_reaches_it() -> None:
    curve = threshold_curve(RANKINGS, QRELS)
    assert threshold_for(curve, 0.5) == curve.points[0]
    found = threshold_for(curve, 0.9)
    assert found is not None
    assert (found.threshold, found.precision, found.share) == (4.0, 1.0, 1 / 3)


def test_a_target_that_is_not_reached_has_no_threshold() -> None:
    assert threshold_for(threshold_curve(RANKINGS, {"q1": {"d1": 0}}), 0.1) is None


def test_a_target_that_too_few_judged_passages_reach_has_no_threshold() -> None:
    curve = threshold_curve(RANKINGS, QRELS)
    # 1.0 is reached at 4, by one judged passage
    assert threshold_for(curve, 1.0, min_judged=1) == curve.points[-1]
    assert threshold_for(curve, 1.0, min_judged=2) is None
    assert threshold_for(curve, 0.5, min_judged=4) == curve.points[0]


def test_a_precision_that_equals_the_target_reaches_it() -> None:
    # 0.55 * 100 is above 55 in floating point
    curve = threshold_curve(
        {"q": ranking("q", *[1.0] * 100)}, {"q": {f"d{n}": int(n <= 55) for n in range(1, 101)}}, 100
    )
    assert threshold_for(curve, 0.55) == curve.points[0]


def test_nothing_judged_has_no_precision_and_no_threshold() -> None:
    curve = threshold_curve(RANKINGS, {})
    assert {p.precision for p in curve.points} == {None}
    assert threshold_for(curve, 0.01) is None


def test_precision_that_falls_again_higher_up_does_not_hide_the_lower_threshold() -> None:
    curve = threshold_curve({"q": ranking("q", 3.0, 2.0, 1.0)}, {"q": {"d1": 0, "d2": 1, "d3": 1}})
    # at 3: 0/1, at 2: 1/2, at 1: 2/3
    found = threshold_for(curve, 0.6)
    assert found is not None
    assert found.threshold == 1.0


def test_equal_scores_come_together() -> None:
    curve = threshold_curve({"q": ranking("q", 1.0, 1.0)}, {"q": {"d1": 1, "d2": 0}})
    assert [(p.threshold, p.shown, p.precision) for p in curve.points] == [(1.0, 2, 1 / 2)]


def test_a_system_without_scores_is_refused() -> None:
    with pytest.raises(SettingsError, match="S gives an order without scores"):
        threshold_curve({"q1": ranking("q1", 1.0), "q2": ranking("q2", None, None)}, {})


def test_passages_that_a_cascade_cut_are_never_shown_and_are_counted() -> None:
    curve = threshold_curve({"q": ranking("q", -7.0, None)}, {"q": {"d1": 1, "d2": 1}})
    assert curve.unscored == 1
    assert [(p.threshold, p.shown) for p in curve.points] == [(-7.0, 1)]


def test_no_queries_and_empty_rankings_have_no_points() -> None:
    assert threshold_curve({}, {}).points == ()
    assert threshold_curve({"q": ranking("q")}, {}).points == ()


@pytest.mark.parametrize(("k", "level"), [(0, 1), (-1, 1), (10, 0)])
def test_settings_out_of_range_are_refused(k: int, level: int) -> None:
    with pytest.raises(SettingsError):
        threshold_curve(RANKINGS, QRELS, k, level)


@pytest.mark.parametrize("target", [0.0, -1.0, 1.1, float("nan")])
def test_a_target_out_of_range_is_refused(target: float) -> None:
    with pytest.raises(SettingsError):
        threshold_for(threshold_curve(RANKINGS, QRELS), target)


def test_a_real_run_is_as_precise_as_p_at_10_says(collections: Path) -> None:
    folder = collections / "trec-dl-2019"
    rankings = read_run(folder / "runs" / "first-tasb.trec")
    qrels: dict[str, dict[str, int]] = {}
    for line in (folder / "qrels.full-nist.txt").read_text("utf-8").splitlines():
        qid, _, docid, grade = line.split()
        qrels.setdefault(qid, {})[docid] = int(grade)
    all_shown = threshold_curve(rankings, qrels, k=10, level=2).points[0]
    measure = parse_measure("P(rel=2)@10")
    values = [evaluate_query(found.docids, qrels[qid], [measure])[measure] for qid, found in rankings.items()]
    assert all_shown.share == 1.0
    # P@10 counts unjudged passages as not relevant, the curve leaves them out of precision
    assert all_shown.relevant / all_shown.shown == pytest.approx(sum(values) / len(values))
    assert all_shown.precision > all_shown.relevant / all_shown.shown


SCORES = st.lists(st.integers(-3, 3).map(float), max_size=6).map(lambda found: sorted(found, reverse=True))
GRADES = st.dictionaries(st.sampled_from([f"d{n}" for n in range(1, 7)]), st.integers(0, 2))


@given(st.dictionaries(st.sampled_from("xyz"), st.tuples(SCORES, GRADES), min_size=1), st.integers(1, 6))
def test_every_point_is_what_a_count_by_hand_gives(queries, k: int) -> None:
    rankings = {qid: ranking(qid, *scores) for qid, (scores, _) in queries.items()}
    qrels = {qid: grades for qid, (_, grades) in queries.items()}
    curve = threshold_curve(rankings, qrels, k)
    assert [p.threshold for p in curve.points] == sorted({s for scores, _ in queries.values() for s in scores[:k]})
    for point in curve.points:
        shown = [
            (qid, doc.docid)
            for qid, own in rankings.items()
            for doc in own.docs[:k]
            if doc.score is not None and doc.score >= point.threshold
        ]
        grades = [qrels[qid].get(docid) for qid, docid in shown]
        assert point.shown == len(shown)
        assert point.unjudged == grades.count(None)
        assert point.relevant == sum(grade is not None and grade >= 1 for grade in grades)
        assert point.share == len({qid for qid, _ in shown}) / len(queries)
