"""Clicks with position bias, simulated on TREC DL 2019: corrected, they agree with the grades more often than raw."""

import pytest

from tests.support.click_worlds import load_world, pairs_that_differ, simulate

WORLDS = 8


def test_corrected_clicks_agree_with_the_grades_more_often_than_raw_ones(collections):
    folder = collections / "trec-dl-2019"
    if not folder.is_dir():
        pytest.skip(f"trec-dl-2019 is not at {folder}")
    world = load_world(folder)
    pairs = [pair for pair, _ in zip(pairs_that_differ(world, seed=0), range(WORLDS), strict=False)]
    found = [simulate(world, *pair, seed) for seed, pair in enumerate(pairs)]
    corrected = sum(one.corrected == one.graded for one in found)
    raw = sum(one.raw == one.graded for one in found)
    assert corrected > raw
    assert corrected >= WORLDS - 2
