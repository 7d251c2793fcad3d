"""The picture and table of a search: drawn from what the record holds."""

from __future__ import annotations

import pytest

from rerank_core.tuning.record import record
from rerank_core.tuning.tune import tune
from rerank_core.views.tuning import CHANCE, tuning_chart, tuning_frame
from tests.support.searched_worlds import SMALL, searched_world

COSINE = "MiniLM bi-encoder (cosine)"


@pytest.fixture
def found(workspace):
    return record(tune(searched_world(workspace, ["minilm-cosine"], help_of=4.0), space=SMALL))


def test_the_picture_has_a_row_per_system_and_one_for_chance(found):
    drawn = tuning_chart(found).to_dict()
    rows = {row["system"] for data in drawn["datasets"].values() for row in data if "system" in row}
    assert rows == {COSINE, CHANCE}


def test_the_band_of_chance_lies_around_nothing_and_far_below_a_true_gain(found):
    drawn = tuning_chart(found).to_dict()
    rows = [row for data in drawn["datasets"].values() for row in data if "system" in row]
    chance = next(row for row in rows if row["system"] == CHANCE)
    cosine = next(row for row in rows if row["system"] == COSINE)
    assert chance["low"] < 0 < chance["high"] < cosine["delta"]


def test_the_table_has_the_tuned_first_stage_first_and_its_interval_in_words(found):
    frame = tuning_frame(found)
    assert list(frame["System"]) == ["Tuned first stage", COSINE]
    assert frame["95 % interval"].isna().tolist() == [True, False]
    assert " to " in frame["95 % interval"][1]
