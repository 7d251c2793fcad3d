"""The curve over depths: values that a person can check, times measured or said to be estimates, and the knee."""

from __future__ import annotations

from math import log2

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.depth import DEPTHS, depth_curve, knee
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking import pipeline
from rerank_core.ranking.jobs import JOBS
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Scorer
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query

BM25 = RetrievalSettings(retrievers=("bm25",), depth=50)
NDCG = parse_measure("nDCG@10")
QUERIES = [Query("q1", "fish"), Query("q2", "fish fish"), Query("never graded", "fish")]


class LikesNumber(Scorer):
    """Scores a passage by its own number: the higher the better."""

    asked = 0

    def score(self, query, texts):
        self.asked += len(texts)
        return [float(text.split()[-1]) for text in texts]


@pytest.fixture
def pond(workspace):
    """Forty passages; BM25 puts the lowest number first, as shorter ones come first. The best one is number 25."""
    docs = [Doc(f"d{place}", f"fish {'water ' * place}{place}") for place in range(40)]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "pond", "tests")
        datasets.add_docs(db, dataset_id, docs)
        datasets.add_queries(db, dataset_id, QUERIES)
        datasets.finish_dataset(db, dataset_id, {})
        made = datasets.get_dataset(db, "pond")
        events = [GradeEvent("c", place, "grade", qid, "d25", 3) for place, qid in enumerate(("q1", "q2"), 1)]
        judgments.record(db, made.id, "ann", events, made.scale)
    return made


@pytest.fixture
def scorer(monkeypatch):
    made = LikesNumber()
    monkeypatch.setattr(pipeline, "load", lambda model, settings, **_: None if model.id == "first-stage" else made)
    return made


def make(workspace, pond, *systems):
    params = {"dataset": "pond", "settings": BM25.to_json(), "systems": list(systems)}
    told = []
    result = JOBS["depth"](Pipeline(workspace), params, lambda done, total, message="": told.append((done, total)))
    return result, told


def test_the_value_at_each_depth_is_that_of_the_candidates_found_there(workspace, pond, scorer):
    make(workspace, pond, "minilm-cosine")
    curve = depth_curve(Experiment(workspace, pond, BM25), get_system(workspace, "minilm-cosine"), NDCG)
    assert [point.depth for point in curve] == [10, 20, 30, 50, 100, 200]
    assert [point.pairs for point in curve] == [10, 20, 30, 40, 40, 40]
    assert {point.n for point in curve} == {2}
    # of 30 candidates, numbers 29 to 26 stand above number 25: rank 5. Of 40 it is rank 15, below the first ten
    values = {point.depth: point.value for point in curve}
    assert values == pytest.approx({10: 0, 20: 0, 30: 1 / log2(5 + 1), 50: 0, 100: 0, 200: 0})
    assert knee(values) == 30


def test_the_deepest_scores_serve_all_other_depths(workspace, pond, scorer):
    result, told = make(workspace, pond, "minilm-cosine")
    assert result == {"failed": {"minilm-cosine": 0}}
    assert scorer.asked == 2 * 40, "two graded queries, each passage once"
    assert told[-1] == (2 * len(DEPTHS), 2 * len(DEPTHS))
    ranked = [done for done, total in told if total == 2 * len(DEPTHS)]
    assert ranked == sorted(ranked), "an index that is made first has steps of its own"


def test_times_are_measured_where_all_was_scored_and_estimated_by_pairs_elsewhere(workspace, pond, scorer):
    make(workspace, pond, "minilm-cosine")
    curve = depth_curve(Experiment(workspace, pond, BM25), get_system(workspace, "minilm-cosine"), NDCG)
    *shallow, deepest = curve
    # the first of the two queries was cold
    assert (deepest.timed, deepest.score_seconds is not None) == (1, True)
    assert {(point.timed, point.score_seconds) for point in shallow} == {(0, None)}
    for point in curve:
        assert point.score_estimate == pytest.approx(deepest.score_seconds / 40 * point.pairs)
        assert point.retrieve_seconds is not None


def test_the_first_stage_scores_nothing(workspace, pond, scorer):
    make(workspace, pond, "first-stage")
    curve = depth_curve(Experiment(workspace, pond, BM25), get_system(workspace, "first-stage"), NDCG)
    assert {(point.score_seconds, point.score_estimate) for point in curve} == {(0.0, 0.0)}


def test_a_depth_that_was_not_ranked_for_every_graded_query_is_left_out(workspace, pond, scorer):
    system = get_system(workspace, "minilm-cosine")
    Pipeline(workspace).run(Experiment(workspace, pond, BM25, (system,)).at_depth(20), QUERIES[:2])
    Pipeline(workspace).run(Experiment(workspace, pond, BM25, (system,)).at_depth(30), QUERIES[:1])
    curve = depth_curve(Experiment(workspace, pond, BM25), system, NDCG)
    assert [point.depth for point in curve] == [20]
    assert curve[0].score_estimate == curve[0].score_seconds


def test_the_passage_with_the_querys_own_id_is_left_out_where_asked(workspace, pond, scorer):
    system, query = get_system(workspace, "minilm-cosine"), Query("d29", "fish fish fish")
    with workspace.write() as db:
        datasets.add_queries(db, pond.id, [query])
        judgments.record(db, pond.id, "ann", [GradeEvent("c", 3, "grade", "d29", "d25", 3)], pond.scale)
    experiment = Experiment(workspace, pond, BM25, (system,))
    Pipeline(workspace).run(experiment.at_depth(30), [query])
    values = [
        depth_curve(experiment, system, NDCG, only=["d29"], ignore_identical_ids=ignored)[0].value
        for ignored in (False, True)
    ]
    assert values == pytest.approx([1 / log2(5 + 1), 1 / log2(4 + 1)])


def test_without_grades_there_is_no_curve(workspace, birds, scorer):
    system = get_system(workspace, "minilm-cosine")
    assert depth_curve(Experiment(workspace, birds, BM25), system, NDCG) == []


def test_the_knee_is_the_smallest_depth_close_enough_to_the_best():
    assert knee({10: 0.60, 20: 0.66, 50: 0.664, 100: 0.665}) == 20
    assert knee({10: 0.60, 20: 0.66, 50: 0.664, 100: 0.665}, tolerance=0.0) == 100
    assert knee({10: 0.70, 20: 0.65, 50: 0.60}) == 10, "a reranker that drowns in candidates"
    assert knee({}) is None
