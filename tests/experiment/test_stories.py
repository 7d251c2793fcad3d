"""Stories: which queries are told, what moved, and a sentence that claims what the grades say."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.stories import Place, order_of_stories, sentence, tell
from rerank_core.experiment.summary import summarise
from rerank_core.types import Doc
from tests.support.whole_sets import whole_set

SCALE = {0: "no", 1: "a bit", 2: "much", 3: "all"}
QRELS = {"up": {"d": 3}, "down": {"a": 3, "b": 1}, "same": {"a": 1}, "even": {"a": 1, "b": 1}}
BEFORE = {"up": "abcd", "down": "abcd", "same": "abcd", "even": "abcd"}
AFTER = {"up": "dabc", "down": "bacd", "same": "abdc", "even": "bacd"}


@pytest.fixture
def told():
    whole = whole_set(QRELS, {"A": BEFORE, "B": AFTER})
    return whole, summarise(whole, [parse_measure("nDCG@10")], "A", 3)


def test_the_largest_difference_comes_first_for_better_or_worse_and_no_difference_never(told):
    _, summary = told
    gain = 1 - 1 / log2(5)  # from 4 to 1
    best = 3 + 1 / log2(3)
    loss = (best - (1 + 3 / log2(3))) / best
    assert gain > loss
    assert order_of_stories(summary, "B") == ["up", "down"]


def test_a_story_holds_both_lists_and_where_each_passage_came_from(told):
    story = tell(*told, "B", "up", shown=2)
    assert story.before == (Place("a", 1, 2, None), Place("b", 2, 3, None))
    assert story.after == (Place("d", 1, 4, 3), Place("a", 2, 1, None))
    assert [place.moved for place in story.after] == [3, -1]
    assert (story.subject, story.subject_grade, story.subject_before, story.subject_after) == ("d", 3, 4, 1)


def test_the_sentence_says_up_or_down_or_that_nothing_useful_moved(told):
    docs = {"d": Doc("d", "text", "Refunds"), "a": Doc("a", "the answer")}
    assert sentence(tell(*told, "B", "up"), docs, SCALE) == "“Refunds” (graded “all”) comes up from place 4 to place 1."
    assert sentence(tell(*told, "B", "down"), docs, SCALE) == (
        "“the answer” (graded “all”) falls from place 1 to place 2."
    )
    assert "as good as before" in sentence(tell(*told, "B", "even"), docs, SCALE)
    assert sentence(tell(*told, "B", "same"), docs, SCALE).startswith("The order changed, but no passage")


def test_a_passage_that_the_other_list_lacks_has_no_rank_there():
    whole = whole_set({"q": {"z": 2}}, {"A": {"q": "ab"}, "B": {"q": "za"}})
    summary = summarise(whole, [parse_measure("nDCG@10")], "A", 3)
    story = tell(whole, summary, "B", "q")
    assert story.after[0] == Place("z", 1, None, 2)
    assert sentence(story, {}, SCALE) == "“z” (graded “much”) comes up from nowhere to place 1."
