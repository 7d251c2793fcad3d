"""What a person should know about a ranking before believing it."""

from __future__ import annotations

from dataclasses import dataclass

from rerank_core.types import Ranking


@dataclass(frozen=True, slots=True)
class Badges:
    """Facts on one reranked list.

    `all_equal`: at least two passages and one score for all, so that the order is the candidates' own. `unchanged`: the
    order is that of the candidates. `truncated`: passages of which the model did not see the end.
    """

    all_equal: bool
    unchanged: bool
    truncated: int

    @property
    def lines(self) -> tuple[str, ...]:
        """The facts that hold, in words; () for nothing to say."""
        passages = "passage" if self.truncated == 1 else "passages"
        told = (
            (self.all_equal, "all scores equal"),
            (self.unchanged, "changed nothing"),
            (self.truncated > 0, f"{self.truncated} {passages} not read to the end"),
        )
        return tuple(line for holds, line in told if holds)


def badges(ranking: Ranking, candidates: Ranking) -> Badges:
    """The facts on `ranking` against the candidates that it was made of. A missing score counts as no score."""
    scores = [doc.score for doc in ranking.docs]
    return Badges(
        all_equal=len(scores) > 1 and scores[0] is not None and len(set(scores)) == 1,
        unchanged=len(scores) > 1 and ranking.docids == candidates.docids,
        truncated=sum(doc.tokens_cut > 0 for doc in ranking.docs),
    )
