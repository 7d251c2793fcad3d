"""What there is to learn from: pairs by what is known of them, their languages and lengths, and what is missing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any

from rerank_core.evaluation.numbers import count, counted, share
from rerank_core.retrieval.language import detect
from rerank_core.retrieval.languages import NONE, language_name
from rerank_core.text import count_units
from rerank_core.types import Doc, Query, Ranking, text_hash

ENOUGH_PAIRS = 300
"""Below about so many graded pairs a model learns little that holds."""
WEAK_FROM = 3
"""Ungraded passages at higher ranks may well be relevant: nobody has looked. Those from here on seldom are."""


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How many pairs there are of each sort.

    `queries`: with at least one grade. `relevant`: graded at the level or above; `lower`: graded above 0 and below it;
    `judged_zero`: graded 0. `weak`: ungraded candidates from rank `WEAK_FROM` on, which count as not relevant, for less
    than those that somebody has read. `too_high`: ungraded candidates above it, which are not learned from.
    """

    queries: int
    relevant: int
    lower: int
    judged_zero: int
    weak: int
    too_high: int

    @property
    def graded(self) -> int:
        """Pairs that somebody has graded."""
        return self.relevant + self.lower + self.judged_zero


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What a training reads. `data_hash`: over query texts, passage texts and grades; another grade, another hash.

    `languages`: name -> share of the graded passages. `lengths`: the 5th, 50th and 95th percentile of their words.
    """

    counts: PairCounts
    languages: Mapping[str, float]
    lengths: tuple[int, int, int]
    data_hash: str

    def missing(self) -> str:
        """What would have to be graded for results that hold, as a sentence; "" where it is enough."""
        lacks = []
        if self.counts.graded < ENOUGH_PAIRS:
            lacks.append(f"{counted(ENOUGH_PAIRS - self.counts.graded, 'more graded pair')}")
        if not self.counts.relevant:
            lacks.append("a relevant passage: without one there is nothing to learn")
        if not lacks:
            return ""
        return (
            f"Little to learn from: {counted(self.counts.graded, 'graded pair')} of "
            f"{counted(self.counts.queries, 'query', 'queries')}. It lacks {' and '.join(lacks)}."
        )

    def sentence(self) -> str:
        """What is there, for a person."""
        counts = self.counts
        low, middle, high = self.lengths
        languages = ", ".join(f"{name} {share(part)}" for name, part in self.languages.items())
        return (
            f"{counted(counts.graded, 'graded pair')} of {counted(counts.queries, 'query', 'queries')}: "
            f"{count(counts.relevant)} relevant, {count(counts.lower)} graded lower, {count(counts.judged_zero)} "
            f"graded 0. Ungraded passages from rank {WEAK_FROM} on count as weak negatives: {count(counts.weak)}. "
            f"Graded passages have {count(low)} to {count(high)} words, the median {count(middle)}; "
            f"{languages or 'no text'}."
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, with both sentences."""
        return {**asdict(self), "lengths": list(self.lengths), "sentence": self.sentence(), "missing": self.missing()}


def training_data(
    queries: Sequence[Query],
    qrels: Mapping[str, Mapping[str, int]],
    docs: Mapping[str, Doc],
    candidates: Mapping[str, Ranking],
    level: int = 1,
) -> TrainingData:
    """Count the pairs of these queries. `docs`: the graded passages; one that is gone is not counted.

    `candidates`: qid -> what the first stage found, which the weak negatives come from; {}: none are counted yet.
    """
    grades = {query.qid: {d: g for d, g in qrels.get(query.qid, {}).items() if d in docs} for query in queries}
    every = [grade for own in grades.values() for grade in own.values()]
    weak, too_high = 0, 0
    for query in queries:
        if query.qid in candidates and grades[query.qid]:
            for rank, docid in enumerate(candidates[query.qid].docids, 1):
                if docid not in qrels.get(query.qid, {}):
                    weak, too_high = weak + (rank >= WEAK_FROM), too_high + (rank < WEAK_FROM)
    counts = PairCounts(
        queries=sum(map(bool, grades.values())),
        relevant=sum(grade >= level for grade in every),
        lower=sum(0 < grade < level for grade in every),
        judged_zero=sum(grade <= 0 for grade in every),
        weak=weak,
        too_high=too_high,
    )
    graded = [docs[docid] for docid in {docid: None for own in grades.values() for docid in own}]
    return TrainingData(counts, _languages(graded), _lengths(graded), _hash(queries, grades, docs))


def query_hashes(queries: Iterable[Query]) -> frozenset[str]:
    """What names the queries that a model has seen: the hashes of their texts."""
    return frozenset(text_hash(query.text) for query in queries)


def _hash(queries: Sequence[Query], grades: Mapping[str, Mapping[str, int]], docs: Mapping[str, Doc]) -> str:
    rows = sorted(
        [text_hash(query.text), docs[docid].text_hash, grade]
        for query in queries
        for docid, grade in grades[query.qid].items()
    )
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]


_SAMPLE = 300


def _languages(docs: Sequence[Doc]) -> dict[str, float]:
    """Name -> share, the most frequent first, of a sample: every n-th passage."""
    sample = docs[:: max(1, len(docs) // _SAMPLE)]
    codes = Counter(detect([doc.content]) for doc in sample)
    return {_name(code): number / len(sample) for code, number in codes.most_common()}


def _name(code: str) -> str:
    return "several languages" if code == NONE else language_name(code)


def _lengths(docs: Sequence[Doc]) -> tuple[int, int, int]:
    lengths = [count_units(doc.content) for doc in docs]
    if len(lengths) < 2:
        return (lengths[0],) * 3 if lengths else (0, 0, 0)
    cuts = quantiles(lengths, n=20, method="inclusive")
    return round(cuts[0]), round(cuts[9]), round(cuts[18])
