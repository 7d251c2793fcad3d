"""The plain verdict claims a difference where the strict one does, and never names a measure."""

from __future__ import annotations

from rerank_core.evaluation.compare import compare_all
from rerank_core.evaluation.verdict import plain_verdict


def said(deltas):
    base = {f"q{n}": 0.5 for n in range(len(deltas))}
    own = {f"q{n}": 0.5 + delta for n, delta in enumerate(deltas)}
    return plain_verdict(compare_all({"old": base, "new": own}, "old", "nDCG@10")["new"])


def test_a_clear_gain_is_more_than_chance():
    text = said([0.1 + n / 1000 for n in range(40)])
    assert text == (
        "Of 40 graded queries, new answers 40 better than old, 0 worse. "
        "Overall new is better, and by more than chance explains."
    )


def test_a_clear_loss_names_the_better_one():
    assert "Overall old is better" in said([-0.1 - n / 1000 for n in range(40)])


def test_a_mixed_picture_may_be_chance():
    text = said([0.1, -0.1, 0.2, -0.2, 0.0])
    assert text.startswith("Of 5 graded queries, new answers 2 better than old, 2 worse and 1 alike.")
    assert "may be chance" in text


def test_equal_answers_are_no_difference():
    assert said([0.0, 0.0]).endswith("There is no difference.")
    assert "nDCG" not in said([0.0, 0.0]) + said([0.1, -0.1])


def test_nothing_graded_says_so():
    assert said([]).startswith("Cannot tell yet")
