"""Members whose answers a test writes down, and candidates to ask them about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hypothesis import strategies as st

from rerank_core.rerankers.family import Scorer
from rerank_core.rerankers.rerank import rerank
from rerank_core.systems.composites.apply import restricted
from rerank_core.types import Doc, Query, Ranking, ScoredDoc

QUERY = Query("q", "who eats fish")
DOCIDS = tuple("abcde")
DOCS = {docid: Doc(docid, f"text of {docid}") for docid in DOCIDS}


def candidates(docids: Sequence[str] = DOCIDS) -> Ranking:
    """In this order, with scores 9, 8, 7 ..."""
    docs = tuple(ScoredDoc(docid, 9.0 - place, place + 1) for place, docid in enumerate(docids))
    return Ranking("q", "first-stage", docs, 0.5)


class ByTable(Scorer):
    """A scorer that knows each text's score."""

    def __init__(self, scores: Mapping[str, float], docs: Mapping[str, Doc]) -> None:
        self._scores = {docs[docid].content: score for docid, score in scores.items()}

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        return [self._scores[text] for text in texts]


class Members:
    """Systems by table (docid -> score) or by order (docids, no scores), through the same `rerank` as real ones.

    `asked` has (system, docids given), in order.
    """

    def __init__(
        self,
        systems: Mapping[str, Mapping[str, float] | Sequence[str]],
        docs: Mapping[str, Doc] = DOCS,
        first_stage: Ranking | None = None,
    ) -> None:
        self._systems, self._docs = systems, docs
        self._first_stage = first_stage or candidates()
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def __call__(self, system: str, given: Ranking) -> Ranking:
        self.asked.append((system, given.docids))
        if system == "first-stage":
            return restricted(self._first_stage, given)
        answer = self._systems[system]
        if isinstance(answer, Mapping):
            return rerank(ByTable(answer, self._docs), system, QUERY, given, self._docs)
        order = sorted(given.docids, key=list(answer).index)
        return Ranking("q", system, tuple(ScoredDoc(docid, None, rank) for rank, docid in enumerate(order, 1)), 0.0)


def with_usage(members: Callable[[str, Ranking], Ranking], **facts: object) -> Callable[[str, Ranking], Ranking]:
    """The same members, whose rankings also carry these fields."""
    return lambda system, given: replace(members(system, given), **facts)  # type: ignore[arg-type]


def tables(docids: Sequence[str] = DOCIDS) -> st.SearchStrategy[dict[str, float]]:
    """Scores with ties and negative numbers, coarse enough that no step is lost in rounding."""
    return st.fixed_dictionaries({docid: st.integers(-6, 6).map(lambda n: n / 4) for docid in docids})
