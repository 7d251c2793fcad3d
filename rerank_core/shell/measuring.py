"""The verb that measures TREC files alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.run_order import RankColumn
from rerank_core.corpus.formats.strict_qrels import read_strict_qrels
from rerank_core.corpus.formats.trec import read_run_file
from rerank_core.evaluation.measures import evaluate, mean, missing_queries
from rerank_core.reports.run_figures import as_graded
from rerank_core.shell.answer import DONE, NOTHING, Call, VerbResult
from rerank_core.types import Qrels

HOW = """A graded query that a run does not have counts 0, as with trec_eval -c; queries without grades are left out.
A run that shares no query with the grades exits with 3. Runs are read by score, highest first, as trec_eval does; it is
said where their rank column disagrees. A pair with two different grades is refused, naming both lines (trec_eval stops
at any pair that comes twice); lines that repeat a pair with the same grade count once, and are reported."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Fit:
    """How a run meets the grades.

    `shared`: queries in both. `ungraded`: of the run alone. `missing`: graded ones that the run has nothing for.
    `own`: queries of the run for which it ranks the passage that has the query's own id. `renamed`: ids of the run
    that the grades have in another Unicode form only.
    """

    shared: int
    ungraded: Sequence[str]
    missing: Sequence[str]
    own: Sequence[str]
    ranks: RankColumn
    renamed: Sequence[str]


def measure(call: Call) -> VerbResult:
    """One row per run file: means over all judged queries; a query with nothing returned counts 0."""
    options = call.options
    qrels, repeated = read_strict_qrels(options.qrels)
    lines = [f"{options.qrels.name}: lines that repeat a pair and its grade, counted once: {repeated:,}."] * (
        repeated > 0
    )
    rows, shown = [], []
    for path, name in zip(options.runs, _names(options.runs), strict=True):
        row, fit = _measured(path, qrels, options)
        shown.append({"run": name, **row})
        rows.append({"run": name, **row, **_counts(fit), "repeated_grades": repeated})
        lines += [f"{name}: {line}" for line in _remarks(fit, options.qrels.name, options.ignore_identical_ids)]
    met = all(row["shared"] for row in rows)
    return VerbResult(rows, tuple(lines), shown, DONE if met else NOTHING)


def _measured(path: Path, qrels: Qrels, options: argparse.Namespace) -> tuple[dict[str, Any], _Fit]:
    run = read_run_file(path, ties=options.ties)
    rankings, renamed = as_graded(run.rankings, qrels)
    ranked = {qid: ranking.docids for qid, ranking in rankings.items()}
    qids = [qid for qid, docids in ranked.items() if qid in docids]
    if options.ignore_identical_ids:
        ranked |= {qid: tuple(docid for docid in ranked[qid] if docid != qid) for qid in qids}
    values = evaluate(ranked, qrels, options.measures, options.level)
    missing = missing_queries(ranked, qrels)
    row: dict[str, Any] = {"queries": len(qrels), "missing": len(missing)}
    row |= {str(measure.at_level(options.level)): mean(values[measure], missing).value for measure in options.measures}
    ungraded = [qid for qid in ranked if qid not in qrels]
    return row, _Fit(len(ranked) - len(ungraded), ungraded, missing, qids, run.rank_column, renamed)


def _names(paths: Sequence[Path]) -> list[str]:
    """The files' names; their paths where two have the same name."""
    names = [path.name for path in paths]
    return names if len(set(names)) == len(names) else [str(path) for path in paths]


def _counts(fit: _Fit) -> Mapping[str, int]:
    return {
        "shared": fit.shared,
        "ungraded": len(fit.ungraded),
        "identical_ids": len(fit.own),
        "ranks_disagree": len(fit.ranks.against),
        "met_by_form": len(fit.renamed),
    }


def _remarks(fit: _Fit, qrels: str, ignored: bool) -> Iterator[str]:
    if not fit.shared:
        yield (
            f"No query is in both. The run has {_first(fit.ungraded)}; {qrels} has grades for {_first(fit.missing)}. "
            "The 0 below means only that."
        )
    else:
        yield from _unshared(fit)
    if fit.own and ignored:
        yield f"Queries without the passage that has their own id: {_first(fit.own)}."
    elif fit.own:
        yield (
            f"Queries whose own id is that of a passage in their ranking: {_first(fit.own)}. Where queries are "
            "passages of the corpus (ArguAna, Quora), BEIR leaves that hit out: --ignore-identical-ids."
        )
    if fit.renamed:
        yield f"Ids that differ from {qrels}'s in Unicode form only, and were matched: {_first(fit.renamed)}."
    if sentence := fit.ranks.sentence():
        yield sentence


def _unshared(fit: _Fit) -> Iterator[str]:
    if fit.ungraded:
        yield f"Queries without grades, which are left out: {_first(fit.ungraded)}."
    if fit.missing:
        yield f"Graded queries without a result, which count 0: {_first(fit.missing)}."


def _first(qids: Sequence[str]) -> str:
    """How many, and the first of them: '4 (301, 302, 303 …)'."""
    if not qids:
        return "0"
    return f"{len(qids):,} ({', '.join(qids[:_SHOWN])}{' …' if len(qids) > _SHOWN else ''})"
