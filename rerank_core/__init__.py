"""Rerank Lens: which reranker, at which settings, is better on my data, and what proves it?

The public names, for a notebook or a program. Each is loaded when it is first used, so that importing this package
costs milliseconds and brings neither torch nor pandas.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rerank_core.corpus.ingest import ImportOptions, import_dataset
    from rerank_core.errors import RerankLensError
    from rerank_core.experiment.experiment import Experiment
    from rerank_core.experiment.figures import figures
    from rerank_core.ranking.in_process import retrieve, run
    from rerank_core.reports.run_figures import compare, evaluate
    from rerank_core.rerankers.by_name import load
    from rerank_core.retrieval.settings import RetrievalSettings
    from rerank_core.store.workspace import Workspace

__version__ = "0.1.0"

__all__ = [
    "Experiment",
    "ImportOptions",
    "RerankLensError",
    "RetrievalSettings",
    "Workspace",
    "compare",
    "evaluate",
    "figures",
    "import_dataset",
    "load",
    "retrieve",
    "run",
]

_HOMES = {
    "Experiment": "experiment.experiment",
    "ImportOptions": "corpus.ingest",
    "RerankLensError": "errors",
    "RetrievalSettings": "retrieval.settings",
    "Workspace": "store.workspace",
    "compare": "reports.run_figures",
    "evaluate": "reports.run_figures",
    "figures": "experiment.figures",
    "import_dataset": "corpus.ingest",
    "load": "rerankers.by_name",
    "retrieve": "ranking.in_process",
    "run": "ranking.in_process",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
