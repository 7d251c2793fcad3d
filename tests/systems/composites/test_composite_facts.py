"""The facts of a composite follow from its members'."""

from __future__ import annotations

from rerank_core.rerankers.catalogue.model import Model
from rerank_core.systems.composites.facts import composite_model
from rerank_core.systems.composites.spec import (
    Blend,
    Cascade,
    Condition,
    Diversity,
    Member,
    Router,
    Rule,
    Signals,
    Stage,
)

SMALL = Model("S", "Small", "cross-encoder", parameters=20, max_tokens=512, score_scale="logit")
LARGE = Model("L", "Large", "flag", parameters=500, max_tokens=8192, score_scale="log-odds")
SERVICE = Model("A", "Api", "http", hosting="api", cost="per search", score_scale="0 to 1")
MODELS = {"S": SMALL, "L": LARGE, "A": SERVICE}


def test_parameters_are_the_sum_and_the_shortest_input_counts() -> None:
    row = composite_model("mine", Cascade((Stage("S", 20), Stage("L"))), MODELS, [SMALL, LARGE])
    assert (row.label, row.family, row.parameters, row.max_tokens) == ("mine", "cascade", 20 + 500, 512)
    assert row.note == "S keeps 20 → L"
    assert row.hosting == "local"


def test_one_unknown_number_makes_the_sum_unknown_and_one_service_makes_it_hosted() -> None:
    row = composite_model("mine", Blend((Member("S"), Member("A"))), MODELS, [SMALL, SERVICE])
    assert (row.parameters, row.hosting, row.cost) == (None, "api", "own hardware, per search")


def test_the_scale_is_said_where_scores_are_passed_on_and_where_they_are_made() -> None:
    specs = [
        Cascade((Stage("S", 20), Stage("L"))),
        Blend((Member("S"),), "zscore"),
        Signals("S", diversity=Diversity()),
        Router((Rule((Condition("tag", "x"),), "S"),), "L"),
    ]
    assert [composite_model("x", spec, MODELS, []).score_scale for spec in specs] == [
        "log-odds (last stage)",
        "zscore, within one query only",
        "minmax, within one query only",
        "that of the picked system",
    ]
