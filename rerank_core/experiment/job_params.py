"""What names the work that a view asks for: equal views share one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rerank_core.experiment.depth import RECALL_DEPTHS
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store.datasets import DatasetRow
from rerank_core.types import Query


def comparison_params(
    dataset: DatasetRow, settings: RetrievalSettings, systems: Sequence[str], qid: str
) -> dict[str, Any]:
    """One query, some systems."""
    return {**_candidates(dataset, settings), "systems": list(systems), "qid": qid}


def run_params(dataset: DatasetRow, settings: RetrievalSettings, systems: Sequence[str]) -> dict[str, Any]:
    """All queries, some systems. With one more query it is another run."""
    return {**_candidates(dataset, settings), "systems": list(systems), "queries": dataset.n_queries}


def depth_params(dataset: DatasetRow, settings: RetrievalSettings, system: str, graded: int) -> dict[str, Any]:
    """The depth curve of one system; its depths are fixed. With one more graded query it is another one."""
    at_most = replace(settings, depth=max(RECALL_DEPTHS))
    return {**_candidates(dataset, at_most), "systems": [system], "queries": dataset.n_queries, "graded": graded}


def llm_grade_params(
    dataset: DatasetRow, settings: RetrievalSettings, systems: Sequence[str], k: int, graded: bool,
    judge: Mapping[str, Any], retry: bool,
) -> dict[str, Any]:  # fmt: skip
    """Grades by a language model for the first `k` of some systems; `judge`: its settings, which hold no key."""
    asked = {"k": k, "graded": graded, "judge": dict(judge), "retry": retry}
    return {**_candidates(dataset, settings), "systems": list(systems), **asked}


def recall_params(dataset: DatasetRow, settings: RetrievalSettings) -> dict[str, Any]:
    """The recall curve; its depths are fixed, so the chosen depth does not make it another one."""
    return {**_candidates(dataset, replace(settings, depth=max(RECALL_DEPTHS))), "queries": dataset.n_queries}


def pair_params(dataset: DatasetRow, query: Query, docid: str, system: str) -> dict[str, Any]:
    """One query, one passage, one system."""
    names = {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "qid": query.qid, "query": query.text}
    return {**names, "docid": docid, "system": system}


def _candidates(dataset: DatasetRow, settings: RetrievalSettings) -> dict[str, Any]:
    return {"dataset": dataset.name, "fingerprint": dataset.fingerprint, "settings": settings.to_json()}
