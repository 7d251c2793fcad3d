"""What the judge is told of the verdict."""

from __future__ import annotations

from dataclasses import replace

from pages.ui.label.standing import decision_json, sentences
from rerank_core.judging.next_grade.decision import Decision
from rerank_core.judging.next_grade.stopping import CHECKED, VerdictStanding

OPEN = VerdictStanding(0.13, 0.4, "open", -0.012, -0.04, 0.016, (24, 131), False, "Not yet.", 60, 0.95, 0.02)


def test_a_judge_hears_how_sure_it_is_and_how_much_is_missing_and_no_name():
    assert sentences(OPEN, None) == [
        "It is now 87 % certain which of the two systems is better.",
        "Probably 20 to 140 more grades until 95 %.",
    ]


def test_who_sets_the_list_up_hears_names_and_the_difference():
    said = " ".join(sentences(OPEN, ("First stage", "Blend")))
    assert "87 % certain that First stage is better than Blend" in said
    assert "−0.012, from −0.040 to +0.016" in said
    better = " ".join(sentences(replace(OPEN, p_better=0.9), ("First stage", "Blend")))
    assert "90 % certain that Blend is better than First stage" in better


def test_it_says_when_to_stop_and_never_that_it_is_wholly_sure_before_it_is():
    done = replace(OPEN, p_better=0.998, more=(0, 0), may_stop=True)
    assert sentences(done, None)[0] == "It is now 99 % certain which of the two systems is better."
    assert sentences(done, None)[1] == "You may stop here."
    assert "100 %" in sentences(replace(done, p_better=1.0), None)[0]
    sure = replace(done, word="better")
    assert CHECKED in sentences(sure, ("First stage", "Blend"))
    assert CHECKED not in sentences(sure, None) + sentences(OPEN, ("First stage", "Blend"))


def test_a_forecast_is_a_range_whose_ends_are_as_rough_as_they_are():
    for more, words in [
        ((3, 17), "Probably 3 to 17 more grades until 95 %."),
        ((0, 4), "Probably 1 to 4 more grades until 95 %."),
        ((97, 1_203), "Probably 95 to 1,210 more grades until 95 %."),
        ((9, 9), "Probably 9 more grades until 95 %."),
        ((1, 1), "Probably 1 more grade until 95 %."),
    ]:
        assert sentences(replace(OPEN, more=more), None)[1] == words


def test_two_that_differ_by_less_than_the_margin_are_called_equal():
    equal = replace(OPEN, p_equal=0.96, word="equal", more=(0, 0), may_stop=True)
    assert sentences(equal, None) == [
        "It is now 96 % certain that the two systems are equal: they differ by less than 0.02.",
        "You may stop here.",
    ]
    assert "96 % certain that Blend and First stage are equal" in sentences(equal, ("First stage", "Blend"))[0]


def test_before_the_first_grades_nothing_is_claimed():
    (said,) = sentences(replace(OPEN, grades=3, more=None), None)
    assert said.startswith("3 of the first 20 grades are given")


def test_where_nothing_can_be_predicted_it_asks_to_go_on():
    assert sentences(replace(OPEN, more=None), None)[1] == "Please go on: the comparison is not decided yet."


LEANS = Decision("worse", "open", -0.05, -0.09, -0.01, -0.08, -0.02, 0.02,
                 {"better": 0.0, "worse": 0.6, "equal": 0.1, "open": 0.3}, 42, 60)  # fmt: skip
NAMES = ("First stage", "Blend")


def drawn(decision: Decision) -> tuple[str, str, str]:
    made = decision_json(decision, NAMES, "nDCG@10")
    return made["word"], made["headline"], " ".join(made["lines"])


def test_what_is_only_predicted_is_not_called_settled_and_says_how_many_passages_decide():
    word, headline, lines = drawn(LEANS)
    assert (word, headline) == ("open", "Blend looks worse, not settled")
    assert "−0.050 nDCG@10, −0.090 … −0.010 (95 %)" in lines
    assert "42 passages could still change it." in lines
    assert "Once all is graded it will be: worse 60 %, equal 10 %, still too close 30 %." in lines


def test_what_is_settled_is_said_in_each_of_the_three_ways():
    chances = {"better": 0.0, "worse": 1.0, "equal": 0.0, "open": 0.0}
    assert drawn(replace(LEANS, seen="worse", chances=chances))[:2] == ("worse", "Blend is worse")
    at_end = replace(LEANS, passages=0)
    assert drawn(replace(at_end, word="better", seen="better"))[1] == "Blend is better"
    word, headline, lines = drawn(replace(at_end, word="equal", seen="equal"))
    assert (word, headline) == ("equal", "Equal within your margin of 0.02")
    assert "It is settled" in lines


def test_where_grading_has_stopped_being_able_to_decide_it_is_said():
    word, headline, lines = drawn(replace(LEANS, word="open", passages=0))
    assert (word, headline) == ("open", "Too close to call")
    assert "cannot decide it any more: 60 queries leave ±0.030 open" in lines
    assert "choose a wider margin" in lines
