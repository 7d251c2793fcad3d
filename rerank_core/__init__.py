"""Rerank Lens: which reranker, at which settings, is better on my data, and what proves it?

The public names, for a notebook or a program. Each is loaded when it is first used, so that importing this package
costs milliseconds and brings neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rerank_core.corpus.importing.options import ImportOptions
    from rerank_core.corpus.ingest import import_dataset
    from rerank_core.errors import RerankLensError
    from rerank_core.experiment.experiment import Experiment
    from rerank_core.experiment.figures import figures
    from rerank_core.ranking.connecting import connect
    from rerank_core.ranking.in_one_call import matrix, switch, when
    from rerank_core.ranking.in_process import retrieve, run, train, tune, write_variants
    from rerank_core.ranking.refreshing import refresh
    from rerank_core.reports.run_figures import compare, evaluate
    from rerank_core.rerankers.by_name import load
    from rerank_core.retrieval.engines.python_callable import Source
    from rerank_core.retrieval.engines.source import EngineSource
    from rerank_core.retrieval.query_variants.query_variant import QueryVariant
    from rerank_core.retrieval.settings import RetrievalSettings
    from rerank_core.store.workspace import Workspace
    from rerank_core.tuning.search_space import SearchSpace

__version__ = "0.1.0"

__all__ = [
    "EngineSource",
    "Experiment",
    "ImportOptions",
    "QueryVariant",
    "RerankLensError",
    "RetrievalSettings",
    "SearchSpace",
    "Source",
    "Workspace",
    "compare",
    "connect",
    "evaluate",
    "figures",
    "import_dataset",
    "load",
    "matrix",
    "refresh",
    "retrieve",
    "run",
    "switch",
    "train",
    "tune",
    "when",
    "write_variants",
]

_HOMES = {
    "EngineSource": "retrieval.engines.source",
    "Experiment": "experiment.experiment",
    "ImportOptions": "corpus.importing.options",
    "QueryVariant": "retrieval.query_variants.query_variant",
    "RerankLensError": "errors",
    "RetrievalSettings": "retrieval.settings",
    "SearchSpace": "tuning.search_space",
    "Source": "retrieval.engines.python_callable",
    "Workspace": "store.workspace",
    "compare": "reports.run_figures",
    "connect": "ranking.connecting",
    "evaluate": "reports.run_figures",
    "figures": "experiment.figures",
    "import_dataset": "corpus.ingest",
    "load": "rerankers.by_name",
    "matrix": "ranking.in_one_call",
    "refresh": "ranking.refreshing",
    "retrieve": "ranking.in_process",
    "run": "ranking.in_process",
    "switch": "ranking.in_one_call",
    "train": "ranking.in_process",
    "tune": "ranking.in_process",
    "when": "ranking.in_one_call",
    "write_variants": "ranking.in_process",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
