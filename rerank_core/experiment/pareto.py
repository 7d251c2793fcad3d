"""The systems of a summary as points of quality, latency and cost, and which of them are on the front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rerank_core.evaluation.pareto import HIGHER_IS_BETTER, Front, Point, pareto_front
from rerank_core.experiment.efficiency import Efficiency
from rerank_core.experiment.summary import Summary


def system_points(
    summary: Summary, efficiency: Mapping[str, Efficiency], price_an_hour: float | None
) -> tuple[Point, ...]:
    """A point for each system, in the summary's order, under its label.

    Quality: the headline's mean. Latency: half of the queries took less, in seconds, finding and reranking together.
    Cost: US dollars for 1,000 queries, on one's own machine at `price_an_hour`. None where it is not known.
    """
    points = []
    for row in summary.systems:
        times = efficiency[row.system]
        quality = row.values[summary.measures[0]] if row.values else None
        latency = times.whole.p50 if times.whole is not None else None
        points.append(Point(row.label, quality, latency, times.cost(price_an_hour)))
    return tuple(points)


def knows_costs(points: Sequence[Point]) -> bool:
    """Whether the front can weigh cost: it is known for every point with a latency."""
    return all(point.cost is not None for point in points if point.latency is not None)


def system_front(points: Sequence[Point]) -> Front:
    """The front over quality and latency, and over cost too where it `knows_costs`."""
    return pareto_front(points, [name for name in HIGHER_IS_BETTER if name != "cost" or knows_costs(points)])
