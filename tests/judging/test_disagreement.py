"""Disagreements: only where grades differ, the widest first."""

from __future__ import annotations

from rerank_core.judging.disputes import disagreements

GRADED = {
    ("q1", "same"): {"ann": 2, "bob": 2},
    ("q1", "alone"): {"ann": 3},
    ("q2", "near"): {"bob": 1, "ann": 2},
    ("q1", "far"): {"ann": 3, "bob": 0},
    ("q1", "near"): {"ann": 2, "bob": 1},
    ("q3", "near of three"): {"ann": 2, "bob": 1, "eve": 1},
}


def test_only_pairs_with_different_grades_are_listed_the_widest_first():
    assert [(one.qid, one.docid, one.spread) for one in disagreements(GRADED)] == [
        ("q1", "far", 3),
        ("q3", "near of three", 1),
        ("q1", "near", 1),
        ("q2", "near", 1),
    ]


def test_each_judges_grade_is_there_by_name():
    assert list(disagreements(GRADED)[3].grades.items()) == [("ann", 2), ("bob", 1)]
