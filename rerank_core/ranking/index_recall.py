"""What an approximate index of a search engine misses: the same template asked with the index and without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import fsum

from rerank_core.errors import SettingsError
from rerank_core.retrieval.engines.engine import Engine
from rerank_core.retrieval.engines.first_stage import Encode, Pace, ask
from rerank_core.retrieval.engines.source import POSTGRES, EngineSource
from rerank_core.retrieval.engines.template import VECTOR, Template
from rerank_core.types import Progress, no_progress

DEPTH = 100
_WHOLE_SCAN = {"enable_indexscan": "off", "enable_indexonlyscan": "off", "enable_bitmapscan": "off"}
"""PostgreSQL's planner then reads every row, so that the order is exact."""


@dataclass(frozen=True, slots=True)
class IndexRecall:
    """Of one template: the mean share of the exact first `depth` that it finds, over `questions` questions."""

    template: str
    recall: float
    questions: int
    depth: int = DEPTH

    def sentence(self) -> str:
        """Such as "hnsw: 98.4 % of the first 100 that a whole scan finds, over 20 questions"."""
        over = "1 question" if self.questions == 1 else f"{self.questions:,} questions"
        return f"{self.template}: {self.recall:.1%} of the first {self.depth} that a whole scan finds, over {over}"


def index_recall(
    source: EngineSource,
    engine: Engine,
    templates: Sequence[Template],
    questions: Sequence[str],
    encode: Encode,
    progress: Progress = no_progress,
) -> list[IndexRecall]:
    """One row per template that asks for vectors; each question reads the whole table once per template.

    Raises SettingsError for an engine that cannot be told to leave its index out, and ProviderError where it fails,
    such as for a whole scan that takes longer than the source's timeout.
    """
    if source.engine != POSTGRES:
        raise SettingsError("What an index misses can be measured in PostgreSQL alone: others keep to their index.")
    near = [template for template in templates if VECTOR in template.places]
    if not near or not questions:
        raise SettingsError("What an index misses takes a template with {{vector}}, and a question.")
    pace, found = Pace(source.per_second), []
    for place, template in enumerate(near):
        exact = replace(template, settings={**template.settings, **_WHOLE_SCAN})
        shares = []
        for done, question in enumerate(questions):
            progress(place * len(questions) + done, len(near) * len(questions), f"{template.name}: a whole scan")
            true, ours = (
                set(ask(source, engine, one, question, DEPTH, encode, pace)[0].docids) for one in (exact, template)
            )
            shares.append(len(true & ours) / len(true) if true else 1.0)
        found.append(IndexRecall(template.name, fsum(shares) / len(shares), len(questions)))
    return found
