"""Values that others have published, typed as facts."""

from __future__ import annotations

import pytest

from rerank_core.evaluation.measures import evaluate, mean
from rerank_core.evaluation.names import parse_measure

# the example of ranx's README (AmenRA/ranx, "Evaluate"): scores, best first
QRELS = {"q_1": {"d_12": 5, "d_25": 3}, "q_2": {"d_11": 6, "d_22": 1}}
RUN = {
    "q_1": ["d_12", "d_23", "d_25", "d_36", "d_32", "d_35"],
    "q_2": ["d_12", "d_11", "d_25", "d_36", "d_22", "d_35"],
}


@pytest.mark.parametrize(
    ("name", "published"),
    [("nDCG@5", 0.7861), ("AP@5", 0.6416), ("RR", 0.75)],
)
def test_the_example_of_ranx(name, published):
    measure = parse_measure(name)
    # its README cuts after the fourth decimal, it does not round
    assert mean(evaluate(RUN, QRELS, [measure])[measure]).value == pytest.approx(published, abs=1e-4)


def test_the_example_of_ranx_by_hand():
    measure = parse_measure("AP@5")
    values = evaluate(RUN, QRELS, [measure])[measure]
    assert values == pytest.approx({"q_1": (1 / 1 + 2 / 3) / 2, "q_2": (1 / 2 + 2 / 5) / 2})
