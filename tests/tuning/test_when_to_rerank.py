"""When to rerank: a signal that foretells is found and saves work, noise is not taken for one, a floor is kept."""

from __future__ import annotations

import random

import pytest

from rerank_core.errors import SettingsError
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures, figures
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.systems.composites.router import route
from rerank_core.systems.systems import get_system
from rerank_core.tuning.afterwards.when_to_rerank import save_router, when_to_rerank
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

DOCIDS = tuple(f"d{number:02d}" for number in range(12))
SYSTEM = "minilm-cosine"
SETTINGS = RetrievalSettings(("bm25",), "rrf", (), depth=12)


def world(workspace: Workspace, foretells: bool, queries: int = 80, seed: int = 0, scored: bool = True) -> Figures:
    """On half of the queries the first stage has the relevant passage at rank 4, and the reranker at rank 1.

    On the others both have it at rank 1. `foretells`: whether the first stage's lead is small on the former; else it
    has nothing to do with them.
    """
    rng = random.Random(seed)
    asked = [Query(f"q{number:03d}", f"question {number}") for number in range(queries)]
    helped = {query.qid: number % 2 == 0 for number, query in enumerate(asked)}
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "routed", "tests")
        datasets.add_docs(db, dataset_id, [Doc(docid, f"passage {docid}") for docid in DOCIDS])
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        right = {qid: DOCIDS[3] if helped[qid] else DOCIDS[0] for qid in helped}
        events = [GradeEvent("c", seq, "grade", qid, docid, 1) for seq, (qid, docid) in enumerate(right.items(), 1)]
        judgments.record(db, dataset_id, "ann", events, datasets.get_dataset(db, "routed").scale)
    experiment = Experiment.of(workspace, "routed", ["first-stage", SYSTEM], settings=SETTINGS)
    with workspace.write() as db:
        for query in asked:
            key = experiment.key(query)
            sure = (not helped[query.qid]) if foretells else rng.random() < 0.5
            # the range is 1: the lead of the first is what is drawn
            lead = rng.uniform(0.5, 0.9) if sure else rng.uniform(0.05, 0.3)
            scores = [1.0, *sorted((rng.uniform(0.0, 1.0 - lead) for _ in range(9)), reverse=True)]
            scores = [1.0, 1.0 - lead, *scores[2:9], 0.0, -1.0, -1.0]
            docs = tuple(
                ScoredDoc(d, s if scored else None, r) for r, (d, s) in enumerate(zip(DOCIDS, scores, strict=True), 1)
            )
            found = Ranking(query.qid, "first-stage", docs, 0.001)
            rankings.put_candidates(db, key, experiment.dataset.id, experiment.settings.to_json(), found)
            rankings.put_ranking(db, key, experiment.systems[0].key, found)
            order = [right[query.qid], *(docid for docid in DOCIDS if docid != right[query.qid])]
            made = tuple(ScoredDoc(docid, float(-rank), rank) for rank, docid in enumerate(order, 1))
            rankings.put_ranking(db, key, experiment.systems[1].key, Ranking(query.qid, SYSTEM, made, 0.2))
    return figures(experiment, ["nDCG@10"])


def test_a_signal_that_foretells_is_found_and_saves_half_of_the_work(workspace):
    found = when_to_rerank(world(workspace, foretells=True), SYSTEM)
    assert found.foretells
    assert found.condition.feature in ("lead_2_below", "lead_3_below")
    # leads are below 0.3 where it helps and above 0.5 where it does not
    assert 0.2 < found.condition.value < 0.9
    # rank 4 gives 1 / log2(5) = 0.431 on half of the queries
    assert found.never == pytest.approx((1 + 0.4307) / 2, abs=1e-3)
    assert found.always == 1.0
    assert 0.44 <= found.held_out_share <= 0.56
    assert found.held_out > found.always - 0.03
    assert found.sentence.startswith("Rerank where the lead of rank 1 over rank")


def test_noise_is_not_taken_for_a_signal(workspace):
    found = when_to_rerank(world(workspace, foretells=False), SYSTEM)
    assert not found.foretells
    assert found.sentence.startswith("Rerank every query: MiniLM bi-encoder (cosine) changes nDCG@10 by +0.28")
    assert "no signal of the first stage tells on which" in found.sentence


def test_noise_is_called_a_signal_in_about_one_world_of_twenty(tmp_path):
    seen = 0
    for seed in range(30):
        space = Workspace(tmp_path / f"{seed}.db")
        seen += when_to_rerank(world(space, foretells=False, queries=24, seed=seed), SYSTEM, seed=seed).foretells
    # of 30 worlds 1.5 are expected; 6 or more come up once in 200 such tests
    assert seen < 6


def test_the_curve_goes_from_none_to_all_with_what_each_part_costs(workspace):
    curve = when_to_rerank(world(workspace, foretells=True), SYSTEM, price_an_hour=3.6).curve
    assert (curve[0].share, curve[0].ms, curve[0].usd) == (0.0, 0.0, 0.0)
    assert curve[-1].share == 1.0
    assert curve[-1].ms == pytest.approx(200.0)
    # 0.2 seconds at 3.6 dollars an hour: 0.0002 a query
    assert curve[-1].usd == pytest.approx(0.2)
    assert [point.share for point in curve] == sorted(point.share for point in curve)
    half = min(curve, key=lambda point: abs(point.share - 0.5))
    assert half.value > half.by_chance + 0.1
    assert half.ms == pytest.approx(200.0 * half.share)


def test_the_floor_is_kept_with_the_router_and_routes_as_it_was_fitted(workspace):
    figured = world(workspace, foretells=True)
    found = when_to_rerank(figured, SYSTEM)
    kept = get_system(workspace, save_router(figured, found, "when unsure"))
    assert kept.spec == found.router()
    picked = []
    with workspace.open() as db:
        for qid in found.qids:
            query = figured.whole.queries[qid]
            first = rankings.get_candidates(db, figured.experiment.key(query))
            picked.append(route(kept.spec, query, first).system == SYSTEM)
    assert sum(picked) == round(found.share * len(found.qids))
    queries = list(figured.whole.queries.values())
    view = figured.experiment.with_systems([*figured.experiment.systems, kept])
    assert chosen_on_queries(view, queries) == {"when unsure": 80}


def test_what_cannot_be_said_is_refused(workspace):
    with pytest.raises(SettingsError, match="is no reranker"):
        when_to_rerank(world(workspace, foretells=True), "first-stage")


def test_too_few_queries_hold_nothing_out(workspace):
    with pytest.raises(SettingsError, match=r"12 graded queries are ranked by .*, and 20 are needed"):
        when_to_rerank(world(workspace, foretells=True, queries=12), SYSTEM)


def test_a_first_stage_without_scores_has_no_signals(workspace):
    with pytest.raises(SettingsError, match="The first stage gives no scores"):
        when_to_rerank(world(workspace, foretells=True, scored=False), SYSTEM)
