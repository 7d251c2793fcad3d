"""All figures of an experiment in one value: over which queries, against what, and in words."""

from __future__ import annotations

import pytest

from rerank_core.errors import BadInputError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import figures
from rerank_core.types import Query
from tests.support.reports import BASE, OTHER, SETTINGS, ranked_dataset

ORDERS = {
    BASE: {"q1": "bac", "q2": "bac", "q3": "abc"},
    OTHER: {"q1": "abc", "q2": "abc", "q3": None},
}
QRELS = {"q1": {"a": 3}, "q2": {"a": 3}, "q3": {"a": 2}}
QUERIES = [Query("q1", "one", tags=("x",)), Query("q2", "two", tags=("x",)), Query("q3", "three", tags=("y",))]


@pytest.fixture
def experiment(workspace):
    dataset = ranked_dataset(workspace, ORDERS, QRELS, queries=QUERIES)
    return Experiment.of(workspace, dataset.name, [BASE, OTHER], settings=SETTINGS)


def test_measures_are_named_and_the_first_one_is_compared_on(experiment):
    found = figures(experiment, ["RR@10", "nDCG@10"])
    # "a" stands second, and then first
    means = {one.system: one.values[found.summary.measures[0]] for one in found.summary.systems}
    assert means == {BASE: 0.5, OTHER: 1.0}
    assert found.summary.headline == "RR@10"
    assert set(found.losses) == set(found.efficiency) == {BASE, OTHER}
    assert len(found.verdicts) == 1
    assert "0.5" in found.verdicts[0]


def test_a_query_on_which_a_system_failed_is_left_out_and_said(experiment):
    found = figures(experiment, ["RR@10"])
    assert (found.summary.qids, found.left_out, found.graded) == (("q1", "q2"), 1, 3)
    label = found.whole.labels[OTHER]
    assert found.remarks() == [
        f"{label} failed on 1 query: it <b>broke</b>",
        "1 graded queries are left out: a system has not ranked them, or failed.",
    ]


def test_figures_of_a_slice_are_over_its_queries_alone(experiment):
    found = figures(experiment, ["RR@10"], only=["tag: x"])
    assert found.only_qids == ("q1", "q2")
    assert list(found.everything.queries) == ["q1", "q2", "q3"]
    assert (found.left_out, found.remarks()) == (0, [])
    assert figures(experiment, ["RR@10"]).only_qids is None


def test_what_is_not_there_is_said(experiment):
    with pytest.raises(SettingsError, match=r"There is no slice 'tag: z'. Known: tag: x, tag: y"):
        figures(experiment, ["RR@10"], only=["tag: z"])
    with pytest.raises(BadInputError):
        figures(experiment, ["no measure"])
    with pytest.raises(SettingsError, match="The baseline 'first-stage' is not among the systems"):
        figures(experiment.with_systems(experiment.systems[1:]), ["RR@10"])
