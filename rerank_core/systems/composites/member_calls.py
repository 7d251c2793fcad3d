"""How a composite asks its members: each answer is checked, and what it cost is added up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum
from time import perf_counter

from rerank_core.errors import RerankLensError
from rerank_core.types import Ranking, ScoredDoc

RankMember = Callable[[str, Ranking], Ranking]
"""(system id, candidates) -> that system's ranking of exactly these candidates; its failure is raised."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a kind of composite answers: all candidates, best first, and lines for a person."""

    docs: tuple[ScoredDoc, ...]
    notes: tuple[str, ...] = ()


class MemberCalls:
    """Asks members for rankings of one query. A member's failure is the composite's: nothing is made of half of it."""

    def __init__(self, rank_member: RankMember) -> None:
        self._rank_member = rank_member
        self._seconds: list[float | None] = []
        self._waited = 0.0
        self._started = perf_counter()
        self.usage: dict[str, float] = {}
        self.notes: list[str] = []
        self.tokens_cut: dict[str, int] = {}

    def rank(self, system: str, candidates: Ranking, counted: bool = True) -> Ranking:
        """The member's ranking, under its id. `counted` False: another member has asked it, and its cost is in that.

        Raises what the member raises, and RerankLensError where it lost or made up passages.
        """
        before = perf_counter()
        ranking = self._rank_member(system, candidates)
        self._waited += perf_counter() - before
        if len(ranking.docs) != len(candidates.docs) or set(ranking.docids) != set(candidates.docids):
            raise RerankLensError(
                f"{system} did not return exactly the {len(candidates.docs)} passages that it was given"
            )
        if not counted:
            return replace(ranking, system=system)
        self._seconds.append(ranking.seconds)
        for name, count in ranking.usage.items():
            self.usage[name] = self.usage.get(name, 0.0) + count
        self.notes += [f"{system}: {note}" for note in ranking.notes]
        for doc in ranking.docs:
            self.tokens_cut[doc.docid] = max(self.tokens_cut.get(doc.docid, 0), doc.tokens_cut)
        # under the id that people know, whatever name the ranking is kept under
        return replace(ranking, system=system)

    @property
    def seconds(self) -> float | None:
        """The members' own times and the composing; None where one of them did not measure its own."""
        known = [seconds for seconds in self._seconds if seconds is not None]
        if len(known) < len(self._seconds):
            return None
        return fsum(known) + max(0.0, perf_counter() - self._started - self._waited)

    def placed(
        self,
        order: Sequence[str],
        scores: Mapping[str, float | None],
        parts: Mapping[str, Mapping[str, float]],
    ) -> tuple[ScoredDoc, ...]:
        """The docids of `order`, best first, as places: with score, parts, and the most tokens any member cut."""
        return tuple(
            ScoredDoc(docid, scores[docid], rank, tokens_cut=self.tokens_cut.get(docid, 0), parts=parts[docid])
            for rank, docid in enumerate(order, 1)
        )
