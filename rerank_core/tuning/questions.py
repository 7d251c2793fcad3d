"""Does reranking make sense here at all? Five questions of the trade, and the known cases against it, with numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from rerank_core.evaluation.numbers import count, share
from rerank_core.systems.composites.router import has_code
from rerank_core.tuning.orders import top_places
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.search_space import FirstStage, Setting
from rerank_core.types import Query

DEEP = 50
TOP = 5
SMALL_CORPUS = 1_000
SHORT_QUERY = 3
"""Words; most queries that name a thing are no longer."""
TIGHT_MS = 50.0
MANY_EXACT, MANY_SHORT = 0.3, 0.5
"""Shares of the queries from which on an exact match is what people want."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `speaks_for`: whether the answer speaks for reranking; None: not measured, or neither."""

    question: str
    answer: str
    speaks_for: bool | None


def five_questions(
    queries: Sequence[QueryLists],
    asked: Sequence[Query],
    first: FirstStage,
    level: int,
    n_docs: int,
    seconds: float | None,
) -> tuple[Question, ...]:
    """The answers for what the first stage finds now.

    `queries`: with their grades. `asked`: the same queries as texts. `seconds`: of the best reranker per query, None
    where not measured.
    """
    deep = FirstStage(first.lists, first.fusion, first.rrf_k, first.weight, max(DEEP, first.depth))
    places = [top_places(lists, [Setting(deep)], DEEP)[0] for lists in queries]
    relevant = [sum(grade >= level for grade in lists.judged) for lists in queries]
    hits = [lists.grades[row[row >= 0]] >= level for lists, row in zip(queries, places, strict=True)]
    some = [(found, count) for found, count in zip(hits, relevant, strict=True) if count]
    precision = fmean(sum(found[:TOP]) / min(TOP, count) for found, count in some) if some else 0.0
    recall = fmean(sum(found) / count for found, count in some) if some else 0.0
    buried = sum(not any(found[:TOP]) and any(found) for found, _ in some)
    words = [len(query.text.split()) for query in asked]
    kinds = facts(asked, n_docs)
    return (
        Question(
            "Are the first answers irrelevant although relevant passages are found?",
            f"On {buried:,} of {len(some):,} queries no relevant passage is in the first {TOP}, but one is in the first"
            f" {DEEP}.",
            buried >= 0.1 * max(1, len(some)),
        ),
        Question(
            f"Does the order lose what the search has found (P@{TOP} well below R@{DEEP})?",
            f"The first {TOP} hold {precision:.2f} of the relevant passages that fit there; the first {DEEP} hold "
            f"{recall:.2f} of all.",
            recall - precision >= 0.2,
        ),
        Question(
            "Are there enough passages?",
            f"{n_docs:,} passages. In fewer than {SMALL_CORPUS:,} the search alone often places the right one first.",
            n_docs >= SMALL_CORPUS,
        ),
        Question(
            "Is there time to spare?",
            "The time of reranking was not measured yet."
            if seconds is None
            else f"Reranking takes {seconds * 1000:,.0f} ms per query on this machine.",
            None if seconds is None else seconds * 1000 <= TIGHT_MS,
        ),
        Question(
            "Do queries ask for nuances?",
            f"The median query has {median(words) if words else 0:.0f} words; {share(kinds['short'])} have at most "
            f"{SHORT_QUERY}; {share(kinds['exact'])} name a code or quote words, where an exact match is what people "
            "want.",
            kinds["short"] < MANY_SHORT and kinds["exact"] < MANY_EXACT,
        ),
    )


def facts(asked: Sequence[Query], n_docs: int) -> dict[str, Any]:
    """What the known cases are read from. `short`, `exact`: shares of the queries; `docs`: passages."""
    some = max(1, len(asked))
    return {
        "short": sum(len(query.text.split()) <= SHORT_QUERY for query in asked) / some,
        "exact": sum(_exact(query.text) for query in asked) / some,
        "docs": n_docs,
    }


def known_cases(known: Mapping[str, Any], ms: float | None, limit_ms: float | None = None) -> tuple[Question, ...]:
    """The cases in which reranking is known to disappoint, and whether this is one.

    `known`: see `facts`. `ms`: of the best reranker per query, None where not measured. `limit_ms`: how long an answer
    may take, None where nobody said. A case that does not apply speaks neither for reranking nor against it.
    """
    exact = known["exact"] >= MANY_EXACT or known["short"] >= MANY_SHORT
    if limit_ms is None:
        limited, time = None, "No limit is set: give one above, in milliseconds per query."
    elif ms is None:
        limited, time = None, f"The limit is {count(round(limit_ms))} ms; the time of reranking was not measured yet."
    else:
        limited = False if ms > limit_ms else None
        time = f"Reranking takes {count(round(ms))} ms of a limit of {count(round(limit_ms))} ms per query."
    return (
        Question(
            "Exact-match queries",
            f"{share(known['exact'])} of the queries name a code or quote words, and {share(known['short'])} have at "
            f"most {SHORT_QUERY} words: BM25 finds what they name, and a reranker can only move it.",
            False if exact else None,
        ),
        Question(
            "A small corpus",
            f"{count(known['docs'])} passages. Below {count(SMALL_CORPUS)} there is little to confuse.",
            False if known["docs"] < SMALL_CORPUS else None,
        ),
        Question("A hard time limit", time, limited),
    )


def _exact(text: str) -> bool:
    """Whether a query asks for an exact match: quoted words, or what the router takes for a code."""
    return text.count('"') >= 2 or has_code(text)
