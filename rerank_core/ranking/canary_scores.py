"""A canary: pairs whose scores by the models of a system are kept, and made anew each time; no kept score is taken."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rerank_core.errors import NotReadyError, RerankLensError, SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.rerankers.family import Orderer, Scorer
from rerank_core.rerankers.rerank import is_blank
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets
from rerank_core.store.traffic_canaries import Canary, CanaryPair, Scores, put_canary, put_check
from rerank_core.systems.imported import IMPORTED
from rerank_core.systems.systems import System
from rerank_core.types import Progress, no_progress

CANDIDATES = RetrievalSettings(retrievers=("bm25",), depth=50)
"""What finds the passages of a canary: words alone, which are there at once."""
PAIRS = 50
PER_QUERY = 5
_DEEP = 50


def choose_pairs(
    pipeline: Pipeline, experiment: Experiment, most: int, progress: Progress = no_progress
) -> list[CanaryPair]:
    """At most `most` pairs: for queries spread over the dataset, passages from the top to the end of the candidates.

    Raises SettingsError where the dataset has no query that finds something.
    """
    with experiment.workspace.open() as db:
        queries = datasets.get_queries(db, experiment.dataset.id)
    wanted = -(-most // PER_QUERY)
    spread = queries[:: max(1, len(queries) // wanted)][:wanted]
    pairs: list[CanaryPair] = []
    for query in spread:
        _, candidates = pipeline.candidates(experiment, query, progress)
        docids = candidates.docids[:_DEEP]
        step = max(1, len(docids) // PER_QUERY)
        chosen = docids[::step][:PER_QUERY]
        with experiment.workspace.open() as db:
            docs = datasets.get_docs(db, experiment.dataset.id, chosen)
        texts = [docs[docid].content for docid in chosen if docid in docs and not is_blank(docs[docid].content)]
        pairs += [CanaryPair(query.text, text) for text in dict.fromkeys(texts)]
    if not pairs:
        raise SettingsError(f"'{experiment.dataset.name}' has no query that finds a passage to keep for a canary.")
    return pairs[:most]


def score_pairs(
    pipeline: Pipeline, system: System, pairs: Sequence[CanaryPair], progress: Progress = no_progress
) -> Scores:
    """Model of the system -> its score of each pair; of a model that gives an order alone, minus the rank.

    Raises SettingsError for a system without a model, NotReadyError, and whatever the models raise.
    """
    scores: dict[str, list[float]] = {}
    for leaf in system.leaves:
        if leaf.model.family == IMPORTED:
            continue
        if not (now := leaf.state).ready:
            raise NotReadyError(f"{leaf.label}: {now.detail}")
        scorer = pipeline.scorer(leaf, progress)
        if scorer is None:
            continue
        own: list[float] = []
        for query, group in groupby(pairs, key=lambda pair: pair.query):
            texts = [pair.text for pair in group]
            progress(len(own), len(pairs), f"{leaf.label}: the canary")
            if isinstance(scorer, Scorer):
                own += [float(score) for score in scorer.score(query, texts)]
            elif isinstance(scorer, Orderer):
                order = list(scorer.order(query, texts, no_progress))
                own += [-float(order.index(place)) for place in range(len(texts))]
        scores[leaf.id] = own
    if not scores:
        raise SettingsError(f"{system.label} has no model whose scores could change.")
    return scores


def make_canary(pipeline: Pipeline, experiment: Experiment, system: System, progress: Progress = no_progress) -> Canary:
    """Keep fifty pairs of the experiment's dataset with their scores, in place of the canary that the system had.

    Raises what `choose_pairs` and `score_pairs` raise; then the one before stays.
    """
    pairs = choose_pairs(pipeline, experiment, PAIRS, progress)
    scores = score_pairs(pipeline, system, pairs, progress)
    # backwards, so that packs and batches are others: what differs then is rounding
    back = score_pairs(pipeline, system, pairs[::-1], progress)
    noise = noise_of(scores, {model: own[::-1] for model, own in back.items()})
    with pipeline.workspace.write() as db:
        return put_canary(db, system.id, system.made_of, noise, pairs, scores)


def score_again(pipeline: Pipeline, canary: Canary, system: System, progress: Progress = no_progress) -> None:
    """Score a canary's pairs now and keep what came of it, for `monitoring.canary.last_check` to judge.

    Raises RerankLensError where the system has other models than then, and what `score_pairs` raises.
    """
    scores = score_pairs(pipeline, system, canary.pairs, progress)
    if set(scores) != set(canary.scores):
        raise RerankLensError(
            f"{canary.system} has the models {', '.join(sorted(scores))} now, and had "
            f"{', '.join(sorted(canary.scores))} when its canary was made. Make a new one."
        )
    with pipeline.workspace.write() as db:
        put_check(db, canary, scores)


def noise_of(one: Scores, other: Scores) -> float:
    """How far two scorings of the same pairs are apart, at most."""
    return max((abs(a - b) for model in one for a, b in zip(one[model], other[model], strict=True)), default=0.0)
