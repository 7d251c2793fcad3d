"""A dataset whose lists and scores are kept already, so that a search of settings needs no model."""

from __future__ import annotations

import random
from collections.abc import Sequence

from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from rerank_core.tuning.inputs import list_experiments, models_of, pool_experiments, searched
from rerank_core.tuning.search_space import SearchSpace
from rerank_core.tuning.variant_lists import split_name
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

DOCIDS = tuple(f"d{number:02d}" for number in range(40))
SMALL = SearchSpace(rrf_ks=(1, 60), weights=(0.0, 0.5, 1.0), depths=(10, 20), shares=(0.5, 1.0), most=60)
REQUESTED = {"rrf_ks": [1, 60], "weights": [0.0, 0.5, 1.0], "depths": [10, 20], "shares": [0.5, 1.0], "most": 60}
"""`SMALL` as a request says it."""


def searched_world(
    workspace: Workspace,
    systems: Sequence[str],
    help_of: float,
    queries: int = 30,
    seed: int = 0,
    space: SearchSpace = SMALL,
    help_of_variants: float = 0.0,
) -> Experiment:
    """Passages with one relevant one per query. `help_of`: how much higher a system's score is for the relevant one.

    BM25 finds words and is right less often than dense; both hold every passage. Scores are drawn, seeded.
    """
    rng = random.Random(seed)
    asked = [Query(f"q{number:02d}", f"question number {number}") for number in range(queries)]
    with workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "world", "tests")
        datasets.add_docs(db, dataset_id, [Doc(docid, f"passage {docid}") for docid in DOCIDS])
        datasets.add_queries(db, dataset_id, asked)
        datasets.finish_dataset(db, dataset_id, {})
        right = {query.qid: rng.choice(DOCIDS) for query in asked}
        events = [GradeEvent("world", seq, "grade", qid, docid, 1) for seq, (qid, docid) in enumerate(right.items(), 1)]
        judgments.record(db, dataset_id, "ann", events, datasets.get_dataset(db, "world").scale)
    experiment = Experiment.of(workspace, "world", ["first-stage", *systems], depth=20)
    keep(experiment, space, right, rng, help_of, help_of_variants)
    return experiment


def keep(
    experiment: Experiment,
    space: SearchSpace,
    right: dict[str, str],
    rng: random.Random,
    help_of: float,
    help_of_variants: float = 0.0,
) -> None:
    """Write lists and scores for a search space, as the worker would. `help_of_variants`: what theirs add."""
    models = models_of(searched(experiment.systems))
    lists = list_experiments(experiment, space)
    pools = pool_experiments(experiment, space, models)
    with experiment.workspace.write() as db:
        docids = DOCIDS
        for query in datasets.get_queries(db, experiment.dataset.id):
            for name, one in lists.items():
                own, variant = split_name(name)
                better = (0.5 if own == "bm25" else 1.0) + (help_of_variants if variant else 0.0)
                found = _ranked(query.qid, docids, right[query.qid], rng, better)
                rankings.put_candidates(db, one.key(query), one.dataset.id, one.settings.to_json(), found)
            everything = _ranked(query.qid, docids, right[query.qid], rng, 0.0)
            scored = {model.id: _ranked(query.qid, docids, right[query.qid], rng, help_of) for model in models}
            for pool in pools:
                key = pool.key(query)
                rankings.put_candidates(db, key, pool.dataset.id, pool.settings.to_json(), everything)
                for model in models:
                    kept = Ranking(query.qid, model.key, scored[model.id].docs, 0.1)
                    rankings.put_ranking(db, key, model.key, kept)


def _ranked(qid: str, docids: Sequence[str], right: str, rng: random.Random, more: float) -> Ranking:
    scores = {docid: rng.gauss(0, 1) + (more if docid == right else 0.0) for docid in docids}
    order = sorted(scores, key=lambda docid: (-scores[docid], docid))
    return Ranking(qid, "", tuple(ScoredDoc(docid, scores[docid], rank) for rank, docid in enumerate(order, 1)))
