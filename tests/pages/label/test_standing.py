"""What the judge is told of the verdict."""

from __future__ import annotations

from dataclasses import replace

from pages.ui.label.standing import sentences
from rerank_core.judging.next_grade.stopping import VerdictStanding

OPEN = VerdictStanding(0.13, -0.012, -0.04, 0.016, 42, False, "Not yet.", 60, 0.95)


def test_a_judge_hears_how_sure_it_is_and_how_much_is_missing_and_no_name():
    assert sentences(OPEN, None) == [
        "It is now 87 % certain which of the two systems is better.",
        "About 42 more grades until 95 %.",
    ]


def test_who_sets_the_list_up_hears_names_and_the_difference():
    said = " ".join(sentences(OPEN, ("First stage", "Blend")))
    assert "87 % certain that First stage is better than Blend" in said
    assert "-0.0120, from -0.0400 to +0.0160" in said
    better = " ".join(sentences(replace(OPEN, p_better=0.9), ("First stage", "Blend")))
    assert "90 % certain that Blend is better than First stage" in better


def test_it_says_when_to_stop_and_never_that_it_is_wholly_sure_before_it_is():
    done = replace(OPEN, p_better=0.998, more=0, may_stop=True)
    assert sentences(done, None)[0] == "It is now 99 % certain which of the two systems is better."
    assert sentences(done, None)[1] == "You may stop here."
    assert "100 %" in sentences(replace(done, p_better=1.0), None)[0]


def test_before_the_first_grades_nothing_is_claimed():
    (said,) = sentences(replace(OPEN, grades=3, more=None), None)
    assert said.startswith("3 of the first 20 grades are given")


def test_where_nothing_can_be_predicted_it_asks_to_go_on():
    assert sentences(replace(OPEN, more=None), None)[1] == "Please go on: the comparison is not decided yet."
