"""What the training of a model reads: graded queries, their passages and BM25's candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.evaluation.names import Measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.training.data import TrainingData, training_data
from rerank_core.training.models.measured import order_values
from rerank_core.training.models.triples import Triple, triples
from rerank_core.types import Doc, Query, Ranking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Scores = Callable[[str, Sequence[str]], list[float]]
"""Query, passages -> raw scores in their order, of a loaded model."""
QUICK_PASSAGES = 20


@dataclass(frozen=True, slots=True)
class World:
    """`queries`: the graded ones. `candidates`: qid -> BM25's. `docs`: all passages that are graded or candidates."""

    experiment: Experiment
    measure: Measure
    queries: tuple[Query, ...]
    qrels: Mapping[str, Mapping[str, int]]
    candidates: Mapping[str, Ranking]
    docs: Mapping[str, Doc]
    seed: int = 0

    @property
    def level(self) -> int:
        """The lowest relevant grade."""
        return self.measure.level or self.experiment.level

    def data(self, learned: Sequence[Query]) -> TrainingData:
        """What there is of these queries."""
        return training_data(learned, self.qrels, self.docs, self.candidates, self.experiment.level)

    def triples(self, learned: Sequence[Query]) -> list[Triple]:
        """What a model of vectors learns from of these queries."""
        return triples(learned, self.qrels, self.docs, self.candidates, self.experiment.level, self.seed)

    def quick(self, scores: Scores, queries: Sequence[Query]) -> NDArray[np.float64]:
        """The measure of BM25's first 20 passages in the order of a model; shape (queries,). It needs no index."""
        orders = []
        for query in queries:
            ids = [one for one in self.candidates[query.qid].docids[:QUICK_PASSAGES] if one in self.docs]
            given = scores(query.text, [self.docs[one].content for one in ids]) if ids else []
            orders.append([ids[place] for place in sorted(range(len(ids)), key=lambda place: -given[place])])
        return order_values(orders, queries, self.qrels, self.measure, self.level)
