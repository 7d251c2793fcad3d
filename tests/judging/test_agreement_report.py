"""The judges of a dataset compared: over what they have in common, and said in words."""

from __future__ import annotations

import pytest

from rerank_core.judging.agreement import Agreement, alpha, kappa
from rerank_core.judging.agreement_report import agreement_report, in_words
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.types import Judgment

ANN, BOB = (3, 2, 0, 1), (3, 1, 0, 1)
DOCIDS = ("d1", "d2", "d3", "007")


@pytest.fixture
def give(workspace, birds):
    """A judge grades the four passages of a query; None leaves one out."""

    def record(judge, grades, source="human", qid="q1"):
        with workspace.write() as db:
            rows = [
                Judgment(qid, docid, grade, judge, source, "", "", "")
                for docid, grade in zip(DOCIDS, grades, strict=True)
                if grade is not None
            ]
            judgments.import_judgments(db, birds.id, rows)

    return record


def test_two_judges_are_compared_over_what_both_graded(workspace, birds, give):
    give("ann", ANN)
    give("bob", BOB)
    give("ann", (1, None, None, None), qid="q2")
    report = agreement_report(workspace, birds)
    assert (report.compared, report.pairs, report.same) == (("ann", "bob"), 4, 3)
    (two,) = report.twos
    assert (two.one, two.other, two.pairs, two.same) == ("ann", "bob", 4, 3)
    pairs = list(zip(ANN, BOB, strict=True))
    assert two.kappa == kappa(pairs)
    assert two.weighted == kappa(pairs, "quadratic")
    assert report.alpha == alpha(pairs, "ordinal")
    assert report.nominal == alpha(pairs, "nominal")


def test_three_judges_may_leave_passages_out(workspace, birds, give):
    give("ann", ANN)
    give("bob", (3, None, 0, None))
    give("eve", (None, 2, 1, None))
    report = agreement_report(workspace, birds)
    assert report.alpha.value == alpha([(3, 3), (2, 2), (0, 0, 1)]).value
    assert [(two.one, two.other, two.pairs) for two in report.twos] == [
        ("ann", "bob", 2),
        ("ann", "eve", 2),
        ("bob", "eve", 1),
    ]


def test_a_file_is_compared_only_where_it_is_asked_for(workspace, birds, give):
    give("ann", ANN)
    give("file", BOB, "import")
    assert agreement_report(workspace, birds).compared == ("ann",)
    assert agreement_report(workspace, birds, ["ann", "file"]).pairs == 4


def test_adjudications_and_language_models_play_no_part(workspace, birds, give):
    give("ann", ANN)
    give("bob", BOB)
    before = agreement_report(workspace, birds)
    give("ann", (0, 0, 0, 0), "adjudication")
    give("model", (0, 0, 0, 0), "llm")
    after = agreement_report(workspace, birds)
    assert (after.alpha, after.twos, after.compared) == (before.alpha, before.twos, before.compared)


def test_a_grade_that_was_confirmed_is_no_judgement_of_its_own(workspace, birds, give):
    give("ann", ANN)
    with workspace.write() as db:
        events = [GradeEvent("c", seq, "grade", "q1", docid, 3, rule="stale") for seq, docid in enumerate(DOCIDS, 1)]
        judgments.record(db, birds.id, "bob", events, birds.scale)
    assert agreement_report(workspace, birds).pairs == 0


def test_what_is_missing_for_agreement_is_said(workspace, birds, give):
    assert "at least two people" in in_words(agreement_report(workspace, birds))[0]
    give("ann", (1, 1, None, None))
    give("bob", (None, None, 1, 1))
    assert "No passage was graded by two" in in_words(agreement_report(workspace, birds))[0]
    give("bob", (1, 1, 1, 1))
    told = in_words(agreement_report(workspace, birds))
    assert told[0] == "2 passages were graded by both judges; 2 of them (100 %) got the same grade."
    assert "is not known" in told[1]


def test_the_words_hold_the_figures(workspace, birds, give):
    give("ann", ANN)
    give("bob", BOB)
    report = agreement_report(workspace, birds)
    told = in_words(report)
    assert "4 passages were graded by both judges; 3 of them (75 %) got the same grade" in told[0]
    assert f"agree at {report.alpha.value:.2f}" in told[1]
    assert report.alpha.low < 0
    assert f"interval −{-report.alpha.low:.2f} to {report.alpha.high:.2f}" in told[1]


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.9, 0.85, 0.95, "can be relied on"),
        (0.85, 0.70, 0.95, "grade some more of the same ones"),
        (0.72, 0.60, 0.80, "tentative conclusions"),
        (0.60, 0.50, 0.70, "more passages in common would tell"),
        (0.40, 0.30, 0.50, "too little to base a verdict on: talk about the guideline"),
    ],
)
def test_the_advice_looks_at_the_interval_as_well(workspace, birds, give, value, low, high, expected):
    from dataclasses import replace

    give("ann", ANN)
    give("bob", BOB)
    report = replace(agreement_report(workspace, birds), alpha=Agreement(value, low, high, 40, 0.95, 0))
    assert expected in in_words(report)[-1]
