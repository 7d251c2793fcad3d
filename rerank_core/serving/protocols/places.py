"""A ranking as protocols tell it: one number per document, falling from the first place on."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.types import Ranking


@dataclass(frozen=True, slots=True)
class Place:
    """`index` counts the request's documents from 0. `has_score` False: the system gave none, `score` is made up.

    `tokens_cut`: so many tokens of the document the model did not see.
    """

    index: int
    score: float
    tokens_cut: int
    has_score: bool


def places(ranking: Ranking) -> tuple[Place, ...]:
    """The ranking's places, best first.

    Scores are the system's own. Protocols know no document without a score: what an early stage of a cascade left
    behind gets 1, 2, 3 ... less than the lowest score, in its order. An order without any score gets 1, 1/2, 1/3 ...
    """
    scores = [doc.score for doc in ranking.docs if doc.score is not None]
    lowest, told, missing = min(scores, default=0.0), [], 0
    for rank, doc in enumerate(ranking.docs, 1):
        score = doc.score
        if score is None:
            missing += 1
            score = lowest - missing if scores else 1 / rank
        told.append(Place(int(doc.docid), score, doc.tokens_cut, doc.score is not None))
    return tuple(told)
