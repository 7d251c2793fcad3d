"""What a raw score means: fitted out of fold, with an error that people can work out and a threshold that holds."""

from __future__ import annotations

import numpy as np
import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, rankings
from rerank_core.systems.systems import get_system
from rerank_core.training.calibration import ScoredPairs, calibrate, calibration_error, reliability, scored_pairs
from rerank_core.types import Query, Ranking, ScoredDoc
from tests.support.training_worlds import WORDS_ONLY, numbers_world


def drawn(queries: int = 60, seed: int = 0, shuffled: bool = False) -> ScoredPairs:
    """Ten pairs per query, whose chance to be relevant is a logistic function of the score."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(queries, 10)) * 3
    relevant = rng.random(scores.shape) < 1 / (1 + np.exp(-(scores - 1)))
    if shuffled:
        relevant = rng.permutation(relevant.ravel()).reshape(relevant.shape)
    first = scores == scores.max(axis=1, keepdims=True)
    owners = np.repeat(np.arange(queries), 10)
    asked = tuple(Query(f"q{number}", f"text {number}") for number in range(queries))
    return ScoredPairs(asked, scores.ravel(), relevant.ravel(), owners, first.ravel())


def test_the_error_is_what_a_person_works_out():
    # two bins: 0.15 said and half right, 0.95 said and all right
    said, right = np.array([0.1, 0.2, 0.95, 0.95]), np.array([False, True, True, True])
    assert reliability(np.array([0.11, 0.19]), right[:2]) == ((pytest.approx(0.15), 0.5, 2),)
    # bins 0.1-0.2 and 0.2-0.3 hold one pair each
    assert calibration_error(said, right) == pytest.approx((abs(0.1 - 0) + abs(0.2 - 1) + 2 * abs(0.95 - 1)) / 4)


def test_a_fit_says_what_is_true_and_the_raw_score_does_not():
    found = calibrate(drawn(), "s")
    assert found.after < 0.06
    assert found.before > found.after
    assert sum(pairs for _, _, pairs in found.bins) == found.pairs == 600
    assert "expected calibration error" in found.sentence()


def test_a_threshold_keeps_its_word_on_queries_that_did_not_choose_it():
    found = calibrate(drawn(queries=200), "s")
    promise = next(one for one in found.promises if one.wanted == 0.9)
    assert promise.precision == pytest.approx(0.9, abs=0.06)
    assert 0 <= promise.unanswered < 1
    assert "For 90 %: at 0." in promise.sentence()
    pairs = drawn(queries=200)
    # the raw floor shows just what the probability shows
    shown = pairs.scores[pairs.first] >= promise.floor
    assert pairs.relevant[pairs.first][shown].mean() >= 0.9


def test_scores_that_say_nothing_get_no_threshold_that_holds():
    found = calibrate(drawn(shuffled=True), "s")
    base = drawn(shuffled=True).relevant.mean()
    assert all(abs(said - base) < 0.25 for said, _, pairs in found.bins if pairs > 100)
    assert not [one for one in found.promises if one.wanted == 0.95 and one.precision == 1.0 and one.unanswered < 0.5]


def test_too_little_is_said():
    with pytest.raises(SettingsError, match="10 graded queries are ranked, and 20 are needed"):
        calibrate(drawn(queries=10), "s")
    pairs = drawn()
    with pytest.raises(SettingsError, match="0 are relevant"):
        calibrate(ScoredPairs(pairs.queries, pairs.scores, pairs.scores > 1e9, pairs.owners, pairs.first), "s")


def test_pairs_are_read_of_what_is_kept(workspace):
    numbers_world(workspace)
    view = Experiment.of(workspace, "numbers", ["first-stage", "minilm-cosine"], settings=WORDS_ONLY)
    cosine = get_system(workspace, "minilm-cosine")
    with workspace.write() as db:
        query = datasets.get_queries(db, view.dataset.id)[0]
        docs = [("q00-6", 0.9), ("q01-0", 0.5), ("q00-0", 0.1), ("q00-1", None)]
        order = tuple(ScoredDoc(docid, score, rank) for rank, (docid, score) in enumerate(docs, 1))
        rankings.put_candidates(
            db, view.key(query), view.dataset.id, view.settings.to_json(), Ranking("q00", "", order)
        )
        rankings.put_ranking(db, view.key(query), cosine.key, Ranking("q00", cosine.key, order))
    pairs = scored_pairs(view, cosine)
    # a passage of another query is not graded, one without a score has none
    assert pairs.scores.tolist() == [0.9, 0.1]
    assert pairs.relevant.tolist() == [True, False]
    assert pairs.first.tolist() == [True, False]
    with pytest.raises(SettingsError, match="mean nothing across queries"):
        scored_pairs(view, get_system(workspace, "first-stage"))
