"""The layer above every family, written once: cache, checks, truncation, timing, and the order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from unicodedata import category

from rerank_core.errors import NotFoundError, RerankLensError
from rerank_core.inference.caller import own_clock
from rerank_core.rerankers.family import Orderer, Reranker, ScoreCache, Scorer, TokenLimit
from rerank_core.types import Doc, Progress, Query, Ranking, ScoredDoc, no_progress, text_hash

_NO_SCORE = (None, 0)


def rerank(
    scorer: Reranker | None,
    system: str,
    query: Query,
    candidates: Ranking,
    docs: Mapping[str, Doc],
    cache: ScoreCache | None = None,
    model_key: str = "",
    progress: Progress = no_progress,
) -> Ranking:
    """The candidates in the order of the scorer's raw scores, best first; equal scores keep candidate order.

    `scorer` None is the first stage as it is: the candidates with their scores, under the name `system`. An Orderer
    gives the order itself, and the scores are None.
    `docs` must hold every candidate. `model_key` names everything that changes a score (see `model_key.py`) and is
    needed with a cache. Texts are scored in chunks; after each chunk its scores are kept and `progress` is told (done,
    total in texts), so that a cancelled call loses little. `seconds` is the scorer's own time; None when any score came
    from the cache, because such a time says nothing of the model. `usage` and `notes` are what the scorer tells of this
    call; what came from the cache used nothing. A scorer that `skips_blank` is not given a passage without a sign to
    read: it has no score and stands last, in candidate order.

    Raises NotFoundError for a candidate without a passage, RerankLensError when the scorer gives the wrong number of
    scores, one that is not finite, or an order that is no permutation, and whatever scorer and `progress` raise: then
    there is no ranking, not a partial one.
    """
    if scorer is None:
        return replace(candidates, system=system)
    if cache is not None and not model_key:
        raise ValueError("a cache needs a model key")
    seen = _read(scorer.document, candidates, docs)
    # what a call before this one used and did not tell, because it failed
    scorer.usage(), scorer.notes()
    if isinstance(scorer, Orderer):
        ranking = _ordered(scorer, system, query, candidates, seen, progress)
    elif isinstance(scorer, Scorer):
        ranking = _scored(scorer, system, query, candidates, seen, cache, model_key, progress)
    else:
        raise TypeError(f"{type(scorer).__name__} is neither a Scorer nor an Orderer")
    return replace(ranking, usage=dict(scorer.usage()), notes=(*ranking.notes, *scorer.notes()))


def from_cache(
    system: str, query: Query, candidates: Ranking, docs: Mapping[str, Doc], cache: ScoreCache, model_key: str
) -> Ranking | None:
    """What `rerank` would give, without the model, where every score is kept; None where one is missing.

    For a model that reads a passage's `content` and that is no Orderer. Raises NotFoundError for a candidate without a
    passage.
    """
    hashes = [text_hash(text) for text in _read(_content, candidates, docs)]
    known = cache.get_many(model_key, text_hash(query.text), list(dict.fromkeys(hashes))) if hashes else {}
    if not hashes or any(key not in known for key in hashes):
        return None
    return _by_score(system, query, candidates, [known[key] for key in hashes], None)


def score_checked(scorer: Scorer, system: str, query: str, texts: Sequence[str]) -> list[tuple[float, int]]:
    """(raw score, tokens cut) of each text, scored in one call. Raises RerankLensError as `rerank` does."""
    return _checked(scorer, system, query, texts, scorer.score(query, texts))


def _scored(
    scorer: Scorer,
    system: str,
    query: Query,
    candidates: Ranking,
    seen: Sequence[str],
    cache: ScoreCache | None,
    model_key: str,
    progress: Progress,
) -> Ranking:
    """A ranking by scores; `seen` holds the text of each candidate, in their order."""
    if scorer.together:
        cache = None
    hashes = [text_hash(text) for text in seen]
    blank = _blank_hashes(scorer, hashes, seen)
    texts = {key: text for key, text in zip(hashes, seen, strict=True) if key not in blank}
    query_hash = text_hash(query.text)
    known = dict(cache.get_many(model_key, query_hash, list(texts))) if cache is not None and texts else {}
    partly_kept = bool(known)
    # like lengths share a batch, and equal texts are scored once
    missing = sorted((key for key in texts if key not in known), key=lambda key: (-len(texts[key]), key))
    chunk = (0 if scorer.together else scorer.chunk) or max(1, len(missing))
    seconds = 0.0
    for start in range(0, len(missing), chunk):
        progress(len(texts) - len(missing) + start, len(texts), system)
        keys = missing[start : start + chunk]
        batch = [texts[key] for key in keys]
        before = own_clock()
        scores = scorer.score(query.text, batch)
        seconds += own_clock() - before
        fresh = dict(zip(keys, _checked(scorer, system, query.text, batch, scores), strict=True))
        known.update(fresh)
        if cache is not None:
            cache.put_many(model_key, query_hash, fresh)
    progress(len(texts), len(texts), system)
    values = [_NO_SCORE if key in blank else known[key] for key in hashes]
    ranking = _by_score(system, query, candidates, values, None if partly_kept else seconds)
    return replace(ranking, notes=(_left_out(hashes, blank),)) if blank else ranking


def _by_score(
    system: str, query: Query, candidates: Ranking, values: Sequence[tuple[float | None, int]], seconds: float | None
) -> Ranking:
    """The candidates by their (raw score, tokens cut), best first; equal scores keep candidate order, None is last."""
    scores = [score for score, _ in values]
    order = sorted(range(len(values)), key=lambda place: math.inf if (score := scores[place]) is None else -score)
    ranked = tuple(
        ScoredDoc(candidates.docs[place].docid, values[place][0], rank, tokens_cut=values[place][1])
        for rank, place in enumerate(order, 1)
    )
    return Ranking(query.qid, system, ranked, seconds)


def _ordered(
    orderer: Orderer, system: str, query: Query, candidates: Ranking, seen: Sequence[str], progress: Progress
) -> Ranking:
    """A ranking by an order, without scores; `seen` holds the text of each candidate, in their order."""
    waited = 0.0

    def report_progress(done: int, total: int, message: str = "") -> None:
        # the worker does urgent jobs while it is told: not the orderer's time
        nonlocal waited
        before = perf_counter()
        progress(done, total, message or system)
        waited += perf_counter() - before

    before = perf_counter()
    order = orderer.order(query.text, seen, report_progress)
    seconds = perf_counter() - before - waited
    if sorted(order) != list(range(len(seen))):
        raise RerankLensError(f"{system} gave an order that does not hold each of {len(seen)} passages once")
    cut = _cut(orderer.limit, query.text, seen)
    ranked = tuple(
        ScoredDoc(candidates.docs[place].docid, None, rank, tokens_cut=cut[place])
        for rank, place in enumerate(order, 1)
    )
    return Ranking(query.qid, system, ranked, seconds)


def _read(read: Callable[[Doc], str], candidates: Ranking, docs: Mapping[str, Doc]) -> list[str]:
    """What is read of each candidate, in their order."""
    for docid in candidates.docids:
        if docid not in docs:
            raise NotFoundError(f"candidate {docid!r} has no passage in this dataset")
    return [read(docs[docid]) for docid in candidates.docids]


def _content(doc: Doc) -> str:
    return doc.content


def is_blank(text: str) -> bool:
    """Whether a text holds nothing to read: white space, control and format marks (zero-width, direction) at most."""
    return all(category(sign)[0] in "ZC" for sign in text)


def _blank_hashes(scorer: Scorer, hashes: Sequence[str], texts: Sequence[str]) -> frozenset[str]:
    """The hashes of the texts that the scorer must not be given."""
    if not scorer.skips_blank:
        return frozenset()
    return frozenset(key for key, text in zip(hashes, texts, strict=True) if is_blank(text))


def _left_out(hashes: Sequence[str], blank: frozenset[str]) -> str:
    count = sum(key in blank for key in hashes)
    return f"{count} passage{'' if count == 1 else 's'} without text: not sent, no score, last"


def _checked(
    scorer: Scorer, system: str, query: str, texts: Sequence[str], scores: Sequence[float]
) -> list[tuple[float, int]]:
    """(raw score, tokens cut) of each text."""
    if len(scores) != len(texts):
        raise RerankLensError(f"{system} gave {len(scores)} scores for {len(texts)} passages")
    for score, text in zip(scores, texts, strict=True):
        if not math.isfinite(score):
            raise RerankLensError(f"{system} gave the score {score} for the passage that begins {text[:60]!r}")
    return list(zip(map(float, scores), _cut(scorer.limit, query, texts), strict=True))


def _cut(limit: TokenLimit | None, query: str, texts: Sequence[str]) -> list[int]:
    return limit.tokens_cut(query, texts) if limit is not None else [0] * len(texts)
