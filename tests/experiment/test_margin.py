"""The smallest difference that matters: one per dataset, kept in the workspace, used in every verdict over it."""

from __future__ import annotations

import pytest

from rerank_core.errors import SettingsError
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import figures
from rerank_core.experiment.margin import margin_of, set_margin
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from tests.support.label_lists import SETTINGS, SYSTEMS, make_list


@pytest.fixture
def letters(workspace):
    """Sixty queries of three passages, the graded one in the middle of both orders; on the first the two differ."""
    dataset = make_list(workspace, queries=60, passages=3)
    grades = {**{(f"q{n}", f"q{n}-d1"): 3 for n in range(60)}, ("q0", "q0-d0"): 1}
    with workspace.write() as db:
        events = [GradeEvent("c", seq, "grade", *pair, grade) for seq, (pair, grade) in enumerate(grades.items(), 1)]
        judgments.record(db, dataset.id, "ann", events, dataset.scale)
    return dataset


def test_a_dataset_has_the_default_until_somebody_sets_its_own(workspace, letters):
    other = make_list(workspace, "others")
    assert margin_of(workspace, letters) == DEFAULT_MARGIN == 0.02
    set_margin(workspace, letters, 0.05)
    set_margin(workspace, letters, 0.07)
    assert margin_of(workspace, letters) == 0.07
    assert margin_of(workspace, other) == DEFAULT_MARGIN


@pytest.mark.parametrize("margin", [0.0, -1.0, 2.0, float("nan")])
def test_what_is_no_difference_of_a_measure_is_refused_and_nothing_changes(workspace, letters, margin):
    with pytest.raises(SettingsError):
        set_margin(workspace, letters, margin)
    assert margin_of(workspace, letters) == DEFAULT_MARGIN


def test_it_goes_with_its_dataset(workspace, letters):
    set_margin(workspace, letters, 0.05)
    with workspace.write() as db:
        db.execute("DELETE FROM dataset WHERE id = ?", [letters.id])
        assert db.execute("SELECT count(*) FROM margin").fetchone()[0] == 0


def test_the_figures_say_equal_by_the_margin_of_the_dataset_or_by_the_one_that_is_asked_for(workspace, letters):
    experiment = Experiment.of(workspace, letters.name, SYSTEMS, settings=SETTINGS)
    found = figures(experiment, ["nDCG@10"])
    assert found.summary.margin == DEFAULT_MARGIN
    assert "equal within your margin of 0.02" in found.verdicts[0]
    assert found.rows()[1]["outcome"] == "equal"
    set_margin(workspace, letters, 0.001)
    assert figures(experiment, ["nDCG@10"]).verdicts[0].startswith("Too close to call")
    assert "margin of 0.05" in figures(experiment, ["nDCG@10"], margin=0.05).verdicts[0]
