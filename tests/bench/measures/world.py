"""Made-up grades and rankings to measure measures on: the same for the same sizes and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

Rankings = Mapping[str, Sequence[str]]
_POOL_SHARE, _JUDGED_SHARE = 1.5, 0.6
_GRADES = (0, 0, 0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class MeasuresWorld:
    """`qrels`: qid -> docid -> grade 0 to 3. `systems`: system -> qid -> docids, best first, as many for each qid."""

    qrels: dict[str, dict[str, int]]
    systems: dict[str, dict[str, list[str]]]

    def runs(self) -> dict[str, dict[str, dict[str, float]]]:
        """system -> qid -> docid -> score, as evaluation libraries take a ranking; scores fall by 1, without ties."""
        return {system: {qid: scored(docs) for qid, docs in own.items()} for system, own in self.systems.items()}


def make_world(queries: int, documents: int, systems: int, seed: int) -> MeasuresWorld:
    """Each query has 1.5 times as many passages as a system ranks; for 0.6 times as many there is a grade, half 0."""
    rng = Random(seed)
    pool = {f"q{qid}": [f"d{qid}-{row}" for row in range(int(_POOL_SHARE * documents))] for qid in range(queries)}
    judged = max(1, int(_JUDGED_SHARE * documents))
    qrels = {qid: {doc: rng.choice(_GRADES) for doc in rng.sample(docs, judged)} for qid, docs in pool.items()}
    ranked = {f"s{one}": {qid: rng.sample(docs, documents) for qid, docs in pool.items()} for one in range(systems)}
    return MeasuresWorld(qrels, ranked)


def scored(ranking: Sequence[str]) -> dict[str, float]:
    """docid -> score, falling by 1 from the ranking's length to 1."""
    return {docid: float(len(ranking) - place) for place, docid in enumerate(ranking)}
