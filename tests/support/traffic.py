"""Traffic that is drawn, with faults that are planted in it: as requests, as columns, and as a log of our server."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rerank_core.monitoring.traffic import Traffic, traffic_of
from rerank_core.store.traffic_requests import RERANKED, SERVED, SKIPPED, LoggedDoc, LoggedRequest, query_key

START = 1_793_491_200.0  # 2026-11-01T00:00:00Z
DAY = 86_400.0
DRIFT, SLOW_TAIL, SKIPS, OTHER_MODEL = FAULTS = ("drift of 0.5 sd", "p99 doubled", "reranks skipped", "a model changed")


def draw_requests(
    n: int,
    seed: int,
    fault: str = "",
    since: int | None = None,
    places: int = 20,
    queries: int = 800,
    system: str = "mini",
    first: int = 0,
    start: float = START,
) -> list[LoggedRequest]:
    """`n` requests over a day, the queries by Zipf's law; from the `since`-th on (None: never) with a fault.

    Scores of a query lie around a level of its own, as a cross-encoder's do: their standard deviation between queries
    is as large as within. Skips last an hour; the other faults stay.
    """
    dice = np.random.default_rng(seed)
    weights = 1 / np.arange(1, queries + 1)
    asked = dice.choice(queries, size=n, p=weights / weights.sum())
    fixed = np.random.default_rng(7)  # what passages score is no matter of the day
    levels, spread = fixed.normal(0, 1.5, queries), 1.5
    within = fixed.normal(0, spread, (queries, places))
    other = fixed.normal(0, spread, (queries, places))
    ms = dice.lognormal(np.log(40), 0.35, n)
    step = DAY / n
    hit = dice.random(n) < 0.85
    made = []
    tail = float(np.exp(np.log(40) + 0.35 * 1.6449))  # the 95th percentile
    sd = float(np.hypot(1.5, spread))
    for number in range(n):
        query = int(asked[number])
        is_faulty = since is not None and number >= since
        at = start + number * step
        # what the model gives is nearly the same each time
        scores = levels[query] + within[query] + dice.normal(0, 0.02, places)
        if is_faulty and fault == DRIFT:
            scores = scores + 0.5 * sd
        if is_faulty and fault == OTHER_MODEL:
            scores = 0.6 * (levels[query] + within[query]) + 0.4 * other[query] + 1.0
        took = float(ms[number]) * (2 if is_faulty and fault == SLOW_TAIL and ms[number] > tail else 1)
        skipped = is_faulty and fault == SKIPS and at < start + since * step + 3_600
        order = list(range(places)) if skipped else np.argsort(-scores, kind="stable").tolist()
        docs = tuple(
            LoggedDoc(f"d{query}-{place}", None if skipped else float(scores[place]), place + 1) for place in order
        )
        made.append(
            LoggedRequest(
                request=f"{system}-{first + number}", at=at, system=system, query=f"what is thing number {query}",
                outcome=SKIPPED if skipped else RERANKED, docs=docs, made_of="k1", ms=took, pairs=places,
                kept=0 if skipped or not hit[number] else places, moved=order != sorted(order),
            )
        )  # fmt: skip
    return made


def columns(requests: Iterable[LoggedRequest]) -> Traffic:
    """The requests as they are read from a workspace."""
    rows = []
    for number, one in enumerate(requests):
        scores = np.array([doc.score for doc in one.docs if doc.score is not None], dtype=np.float32).tobytes()
        rows.append((number, one.at, one.system, one.role, query_key(one.query), one.made_of, one.outcome, one.ms,
                     one.pairs, one.kept, None if one.moved is None else int(one.moved), scores))  # fmt: skip
    return traffic_of(rows)


def write_own_log(path: Path, requests: Iterable[LoggedRequest]) -> Path:
    """The requests as our server logs them."""
    with path.open("w", encoding="utf-8") as stream:
        for one in requests:
            given = sorted(one.docs, key=lambda doc: doc.before or 0)
            places = {doc.docid: place for place, doc in enumerate(given)}
            row = {
                "v": 1, "kind": "rerank" if one.role == SERVED else "shadow",
                "time": datetime.fromtimestamp(one.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "request": one.request, "protocol": "cohere-v2", "system": one.system, "key": one.made_of,
                "query_hash": "0", "query": one.query, "status": 200,
                "candidates": [{"place": place, "text_hash": "0", "id": doc.docid} for place, doc in enumerate(given)],
                "ranking": [
                    {"place": places[doc.docid], "rank": rank, "score": doc.score}
                    for rank, doc in enumerate(one.docs, 1)
                ],
                "moved": one.moved, "cut": {}, "pairs": one.pairs, "kept_scores": one.kept,
                "ms": {"total": one.ms},
            }  # fmt: skip
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path
