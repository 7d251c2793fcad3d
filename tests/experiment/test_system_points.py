"""The systems as points of quality, latency and cost: what is not known of one is never guessed."""

from __future__ import annotations

from rerank_core.evaluation.pareto import Point
from rerank_core.experiment.pareto import knows_costs, system_front

GOOD, FAST = Point("good", 0.9, 0.5, 2.0), Point("fast", 0.5, 0.1, 3.0)
DEAR = Point("dear", 0.6, 0.6, 1.0)


def test_cost_counts_where_it_is_known_of_all_that_were_timed():
    assert knows_costs([GOOD, FAST, DEAR])
    assert system_front([GOOD, FAST, DEAR]).best == ("good", "fast", "dear")


def test_one_unknown_cost_leaves_cost_out():
    points = [GOOD, FAST, DEAR, Point("unpriced", 0.4, 0.7)]
    assert not knows_costs(points)
    found = system_front(points)
    assert (found.best, dict(found.beaten)["dear"], dict(found.excluded)) == (("good", "fast"), ("good",), {})


def test_what_was_not_timed_does_not_hide_the_costs_of_the_others():
    points = [GOOD, DEAR, Point("never timed", 0.95)]
    found = system_front(points)
    assert (found.best, list(found.excluded)) == (("good", "dear"), ["never timed"])
