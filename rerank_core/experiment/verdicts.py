"""What is said of each system against the baseline, in sentences: the same on the page and in the report."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.evaluation.verdict import verdict
from rerank_core.experiment.summary import Summary, SystemSummary
from rerank_core.store.datasets import DatasetRow


def verdicts(summary: Summary) -> list[tuple[SystemSummary, str]]:
    """One sentence a system other than the baseline, the largest difference first; then those without a comparison."""
    others = [one for one in summary.systems if one.system != summary.baseline]
    return [(one, _said(one)) for one in sorted(others, key=_best_first)]


def not_compared_alike(one: SystemSummary) -> list[str]:
    """Why the system's difference is not of the ordering alone: other candidates, queries it failed on; [] for none."""
    lines = []
    if one.off_candidates:
        lines.append(
            f"{one.label} ranked passages that are not among the candidates, on {one.off_candidates:,} queries: it is "
            "not compared on the same candidates, and its difference says as much about retrieval."
        )
    if one.failed:
        lines.append(f"{one.label} failed on {one.failed:,} queries: {one.reason}")
    return lines


def own_passages_sentence(own: Sequence[str], dataset: DatasetRow, ignored: bool = False) -> str:
    """What became of the passages that have their query's own id, on the queries `own`; "" where there is none.

    Nothing is said either where all these ids are plain numbers and no query is a passage: they only count alike.
    """
    alike = all(qid.isdecimal() for qid in own) and not dataset.report.get("queries_as_passages")
    if not own or (alike and not ignored):
        return ""
    if ignored:
        return f"On {len(own):,} queries the passage that has the query's own id is left out, as BEIR does."
    return (
        f"On {len(own):,} queries a system ranks the passage that has the query's own id. Where queries are passages "
        "of the corpus (ArguAna, Quora), BEIR leaves it out: --ignore-identical-ids."
    )


def _best_first(one: SystemSummary) -> float:
    return float("inf") if one.comparison is None else -(one.comparison.mean or 0.0)


def _said(one: SystemSummary) -> str:
    if one.comparison is not None:
        return verdict(one.comparison)
    why = one.reason or "it has ranked nothing with these settings, or the baseline has not."
    return f"{one.label} is not compared: {why}"
