"""Switching from A to B: the verdict, the floor at equal precision, the queries that flip, time and money."""

from __future__ import annotations

import random

import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures, figures
from rerank_core.experiment.switching import switch
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.spec import Blend, Member
from rerank_core.systems.systems import add_composite, get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

A, B = "minilm-maxsim", "minilm-cosine"
SETTINGS = RetrievalSettings(("bm25",), "rrf", (), depth=10)
DOCIDS = tuple("abcdefghij")


def world(workspace: Workspace, queries: int = 40, worse: int = 0, noise: float = 0.0, third: str = "") -> Figures:
    """The first passage by A is relevant on every second query; there it scores 10, on the others 2.

    B says the same in a tenth of A's scores, and turns the first two passages round on the first `worse` queries.
    `noise`: how far the first scores stray, in B's unit, of each system on its own.
    """
    rng = random.Random(1)
    asked = [Query(f"q{number:02d}", f"question {number}") for number in range(queries)]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "switched", "tests")
        datasets.add_docs(db, dataset_id, [Doc(docid, f"passage {docid}") for docid in DOCIDS])
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        scale = datasets.get_dataset(db, "switched").scale
        grades = [(q.qid, "a", int(place % 2 == 0)) for place, q in enumerate(asked)]
        grades += [(q.qid, "j", 1) for place, q in enumerate(asked) if place % 2]
        events = [GradeEvent("c", seq, "grade", qid, docid, grade) for seq, (qid, docid, grade) in enumerate(grades, 1)]
        judgments.record(db, dataset_id, "ann", events, scale)
    experiment = Experiment.of(workspace, "switched", [A, B, *([third] if third else [])], settings=SETTINGS)
    with workspace.write() as db:
        for place, query in enumerate(asked):
            key = experiment.key(query)
            found = Ranking(query.qid, "", tuple(ScoredDoc(docid, -1.0, n) for n, docid in enumerate(DOCIDS, 1)), 0.01)
            rankings.put_candidates(db, key, experiment.dataset.id, SETTINGS.to_json(), found)
            top = 10.0 if place % 2 == 0 else 2.0
            first = [top + 10 * rng.uniform(-noise, noise), *(-9.0 - n / 100 for n in range(1, 10))]
            second = [top / 10 + rng.uniform(-noise, noise), *(score / 10 for score in first[1:])]
            order = list(DOCIDS)
            if place < worse:
                order[0], order[1] = order[1], order[0]
            for system, scores, docids, seconds in ((A, first, DOCIDS, 0.6), (B, second, order, 0.02)):
                docs = tuple(ScoredDoc(docid, s, n) for n, (docid, s) in enumerate(zip(docids, scores, strict=True), 1))
                rankings.put_ranking(
                    db, key, get_system(workspace, system).key, Ranking(query.qid, system, docs, seconds)
                )
    return figures(experiment, ["nDCG@10"])


def test_the_same_answers_are_safe_and_the_floor_is_carried_over_at_equal_precision(workspace):
    found = switch(world(workspace), A, B, precision=0.9, k=1)
    assert found.safety == "safe"
    # 20 of 40 first passages are relevant, and all of these score 10 by A and 1 by B
    assert (found.floors.before.threshold, found.floors.after.threshold) == (10.0, 1.0)
    assert (found.floors.before.precision, found.floors.promised) == (1.0, 1.0)
    assert found.floors.after.answered == 20
    assert found.flips == ()
    assert "0 % of 40 queries change" in found.sentence


def test_a_floor_in_use_is_read_as_a_raw_score(workspace):
    figured = world(workspace)
    # everything scores 2 or more within the first passage: half of it is relevant, and B's lowest score does that too
    found = switch(figured, A, B, floor=1.5, k=1)
    assert (found.floors.before.threshold, found.floors.before.precision) == (2.0, 0.5)
    assert found.floors.after.threshold == pytest.approx(0.2)


def test_queries_that_change_between_answer_and_refusal_are_listed_with_what_is_shown(workspace):
    # B's scores stray so far that some of the second half come above the floor, or some of the first fall below
    found = switch(world(workspace, noise=0.6), A, B, precision=0.7, k=1)
    assert found.flips
    for flip in found.flips:
        number = int(flip.qid[1:])
        was, now = flip.before >= found.floors.before.threshold, flip.after >= found.floors.after.threshold
        assert was != now
        assert now == flip.answered
        assert flip.shown == ("relevant" if number % 2 == 0 else "not relevant")
    listed = {flip.qid for flip in found.flips}
    silent = [qid for qid in found.tops if qid not in listed]
    for qid in silent:
        before, after = found.tops[qid]
        assert (before >= found.floors.before.threshold) == (after >= found.floors.after.threshold)
    assert [row["qid"] for row in found.rows()] == sorted(listed)


def test_precision_is_checked_on_queries_that_did_not_choose_the_floor(workspace):
    found = switch(world(workspace, noise=0.6), A, B, precision=0.7, k=1)
    assert 0.0 <= found.floors.held_out <= 1.0
    # what chose the floors is as precise as was asked for; elsewhere it need not be
    assert found.floors.before.precision >= 0.7
    assert found.floors.promised >= found.floors.before.precision
    assert 0.4 < found.floors.held_out_before <= 1.0


def test_a_worse_system_is_not_safe(workspace):
    found = switch(world(workspace, worse=30), A, B)
    assert found.safety == "not safe"
    assert found.sentence.startswith(
        "Not safe to switch: MiniLM bi-encoder (cosine) is worse than MiniLM late interaction"
    )


def test_a_few_losses_are_too_close_to_call(workspace):
    found = switch(world(workspace, worse=4), A, B)
    assert found.safety == "open"
    assert found.sentence.startswith("Too close to call whether")


def test_time_and_money_of_both_stand_in_the_sentence(workspace):
    found = switch(world(workspace), A, B, price_an_hour=3.6)
    assert found.times == (pytest.approx(0.6, abs=0.02), pytest.approx(0.02, abs=0.02))
    # 3.6 dollars an hour are 0.001 a second: 0.6 seconds, 1,000 times
    assert found.prices == (pytest.approx(0.6), pytest.approx(0.02))
    assert "instead of" in found.sentence
    assert "it costs $0.02 for 1,000 queries instead of $0.60" in found.sentence


def test_scores_that_mean_nothing_across_queries_carry_no_floor(workspace):
    add_composite(workspace, "both", Blend((Member(A), Member(B))))
    figured = world(workspace, third="both")
    found = switch(figured, A, "both", precision=0.5)
    assert found.floors is None
    assert "The scores of both mean nothing from query to query" in found.no_floor


def test_too_few_grades_carry_no_floor(workspace):
    found = switch(world(workspace, queries=8), A, B, precision=0.9, k=1)
    assert found.floors is None
    assert "too few graded passages in its first 1 for a precision of 90 %" in found.no_floor


def test_what_is_no_switch_is_refused(workspace):
    figured = world(workspace, queries=8)
    with pytest.raises(SettingsError, match="A switch is between two systems"):
        switch(figured, A, A)
    with pytest.raises(SettingsError, match="There is no system 'elsewhere' here"):
        switch(figured, A, "elsewhere")
