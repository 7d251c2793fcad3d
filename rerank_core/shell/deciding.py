"""The verbs that measure and decide over what a workspace holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rerank_core.errors import SettingsError
from rerank_core.evaluation.gate import gate as judge
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.figures import Figures, figures
from rerank_core.experiment.matrix import columns, first_stages, matrix
from rerank_core.experiment.ranked_by_now import run_command, what_is_ranked
from rerank_core.experiment.summary import SystemSummary, verdict_of
from rerank_core.shell.answer import DONE, NO, NOTHING, Call, VerbResult
from rerank_core.shell.option_groups import experiment_of
from rerank_core.shell.working import rank_all


def evaluate(call: Call) -> VerbResult:
    """One row per system: means over the same queries, and the verdict on the first measure against the baseline."""
    if call.options.matrix:
        return _matrix(call)
    figures = read_figures(call, call.options.systems, call.options.measures, call.options.baseline)
    rows = [
        {
            "system": row.system,
            "queries": len(figures.summary.qids) if row.values else 0,
            **_values(figures, row),
            "verdict": verdict_of(figures.summary, row) if row.comparison is not None else "",
        }
        for row in figures.summary.systems
    ]
    lines = () if figures.summary.qids else (nothing_yet(figures),)
    lines = (*lines, *figures.remarks())
    return VerbResult(rows, lines, rows, DONE if figures.summary.qids else NOTHING)


def _matrix(call: Call) -> VerbResult:
    """One row per first stage and system: the first measure, what the candidates allow at most, p95."""
    options = call.options
    experiment = experiment_of(call.workspace, options, options.systems, options.baseline)
    stages = first_stages(experiment)
    if options.run:
        for settings in stages:
            rank_all(call, replace(experiment, settings=settings).with_systems(columns(experiment.systems)))
    only = figures(experiment, options.measures, options.only).only_qids if options.only else None
    found = matrix(experiment, options.measures[0], stages, only, options.ignore_identical_ids)
    rows = found.cell_rows()
    waiting = sum(len(systems) for _, systems in found.missing())
    lines = (f"{waiting:,} cells are not ranked by all queries yet: --run ranks them.",) if waiting else ()
    there = any(row["state"] == "ranked" for row in rows)
    return VerbResult(rows, lines, rows, DONE if there else NOTHING)


def compare(call: Call) -> VerbResult:
    """The verdicts, and one row per system with the difference and how sure it is."""
    ids, baseline = call.options.systems, call.options.baseline or call.options.systems[0]
    if len(ids) < 2:
        raise SettingsError("A comparison needs two systems: name two or more with --systems.")
    figures = read_figures(call, ids, call.options.measures, baseline)
    summary = figures.summary
    verdicts = [verdict_of(summary, row) for row in summary.systems if row.comparison is not None]
    rows = figures.rows()
    value = {
        "dataset": figures.experiment.dataset.name,
        "baseline": baseline,
        "measure": summary.headline,
        "margin": summary.margin,
        "queries": len(summary.qids),
        "left_out": figures.left_out,
        "verdicts": verdicts,
        "systems": rows,
    }
    lines = [*(verdicts if summary.qids else [nothing_yet(figures)]), *figures.remarks()]
    return VerbResult(value, tuple(lines), rows, DONE if summary.qids else NOTHING)


def gate(call: Call) -> VerbResult:
    """Yes or no, and why; the rule is `evaluation.gate.RULE`."""
    options = call.options
    if options.system == options.baseline:
        raise SettingsError("The gate compares two systems: --system and --baseline are the same.")
    figures = read_figures(call, (options.baseline, options.system), [options.measure], options.baseline)
    row = next(row for row in figures.summary.systems if row.system == options.system)
    comparison = row.comparison
    if comparison is None or not comparison.n:
        passed, reason = None, nothing_yet(figures)
    elif figures.left_out and not options.partial:
        ranks = f"Rank them with `{run_command(figures.experiment)}`"
        passed, reason = None, f"Not judged: graded queries are left out. {ranks}, or allow it with --partial."
    else:
        answer = judge(comparison, options.max_drop, options.strict)
        passed, reason = answer.passed, answer.reason
    interval = comparison.interval if comparison is not None else None
    said = (verdict_of(figures.summary, row),) if passed is not None else ()
    value = {
        "passed": passed,
        "reason": reason,
        "verdict": said[0] if said else "",
        "margin": figures.summary.margin,
        "baseline": options.baseline,
        "system": options.system,
        "measure": figures.summary.headline,
        "max_drop": options.max_drop,
        "strict": options.strict,
        "queries": len(figures.summary.qids),
        "left_out": figures.left_out,
        "delta": comparison.mean if comparison is not None else None,
        "low": interval.low if interval is not None else None,
        "high": interval.high if interval is not None else None,
    }
    word = "NOT JUDGED" if passed is None else "PASSED" if passed else "FAILED"
    code = NOTHING if passed is None else DONE if passed else NO
    return VerbResult(value, (f"{word}: {reason}", *said, *figures.remarks()), None, code)


def _values(figures: Figures, row: SystemSummary) -> dict[str, float | None]:
    return {str(measure): row.values[measure] if row.values else None for measure in figures.summary.measures}


def nothing_yet(figures: Figures) -> str:
    """That nothing can be compared, and why: what is ranked, and what to add to the line or to run first."""
    why = what_is_ranked(figures.experiment)
    if not why and figures.only:
        why = "No graded query of the chosen slice is ranked by every system."
    return f"Nothing to compare with these settings. {why}".rstrip()


def read_figures(call: Call, ids: Sequence[str], measures: Sequence[Measure], baseline: str) -> Figures:
    """The figures that the options ask for, after ranking where --run does.

    Raises NotFoundError, and SettingsError for a baseline that is not among `ids` or a slice that is not there.
    """
    experiment = experiment_of(call.workspace, call.options, ids, baseline)
    if getattr(call.options, "run", False):
        rank_all(call, experiment)
    options = call.options
    return figures(experiment, measures, options.only, options.ignore_identical_ids, options.margin)
