"""Who is on the front, who is beaten by whom, who cannot be placed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rerank_core.errors import SettingsError
from rerank_core.evaluation.pareto import Point, pareto_front


def test_a_slower_and_worse_system_is_beaten_and_says_by_whom():
    points = [
        Point("bm25", 0.50, 0.01, 0.0),
        Point("small", 0.60, 0.10, 0.1),
        Point("slow", 0.59, 0.90, 0.1),
        Point("large", 0.70, 0.80, 2.0),
    ]
    found = pareto_front(points)
    assert found.best == ("bm25", "small", "large")
    assert found.beaten == {"slow": ("small",)}
    assert found.excluded == {}


def test_equal_systems_stand_on_the_front_together():
    points = [Point("a", 0.6, 0.1, 1.0), Point("b", 0.6, 0.1, 1.0), Point("c", 0.6, 0.2, 1.0)]
    found = pareto_front(points)
    assert (found.best, found.beaten) == (("a", "b"), {"c": ("a", "b")})


def test_what_is_not_known_is_named_and_beats_nobody():
    points = [Point("a", 0.6, None, None), Point("b", 0.5, 0.1, 1.0), Point("c", float("nan"), 0.1, 1.0)]
    found = pareto_front(points)
    assert found.best == ("b",)
    assert found.excluded == {"a": ("latency", "cost"), "c": ("quality",)}
    assert pareto_front(points, ["quality"]).best == ("a",)


def test_fewer_dimensions_can_be_asked_for():
    points = [Point("fast", 0.5, 0.1, 9.0), Point("good", 0.6, 0.2, 1.0), Point("slow", 0.6, 0.3, 0.0)]
    assert pareto_front(points, ["quality", "latency"]).best == ("fast", "good")


@pytest.mark.parametrize("dimensions", [[], ["speed"]])
def test_unknown_dimensions_are_refused(dimensions):
    with pytest.raises(SettingsError, match="quality, latency, cost"):
        pareto_front([], dimensions)


def test_two_points_of_one_name_are_refused():
    with pytest.raises(SettingsError, match="same name"):
        pareto_front([Point("a", 1.0, 1.0, 1.0), Point("a", 0.5, 1.0, 1.0)])


FEW = st.sampled_from([0.0, 1.0, 2.0])


@given(st.lists(st.tuples(FEW, FEW, FEW), max_size=8))
def test_everything_off_the_front_is_beaten_by_something_on_it(rows):
    points = {str(place): Point(str(place), *row) for place, row in enumerate(rows)}
    found = pareto_front(list(points.values()))
    assert set(found.best) | set(found.beaten) == set(points)
    assert all(found.beaten.values())
    for name, others in found.beaten.items():
        for other in others:
            mine, theirs = points[name], points[other]
            assert theirs.quality >= mine.quality
            assert theirs.latency <= mine.latency
            assert theirs.cost <= mine.cost
            assert theirs != Point(other, mine.quality, mine.latency, mine.cost)
