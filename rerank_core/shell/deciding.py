"""The verbs that measure and decide over what a workspace holds."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.errors import SettingsError
from rerank_core.evaluation.gate import gate as judge
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.verdict import verdict
from rerank_core.experiment.figures import Figures, figures
from rerank_core.experiment.summary import SystemSummary
from rerank_core.shell.answer import DONE, NO, NOTHING, Call, VerbResult
from rerank_core.shell.option_groups import experiment_of
from rerank_core.shell.working import rank_all


def evaluate(call: Call) -> VerbResult:
    """One row per system: means over the same queries, and the verdict on the first measure against the baseline."""
    figures = read_figures(call, call.options.systems, call.options.measures, call.options.baseline)
    rows = [
        {
            "system": row.system,
            "queries": len(figures.summary.qids) if row.values else 0,
            **_values(figures, row),
            "verdict": verdict(row.comparison) if row.comparison is not None else "",
        }
        for row in figures.summary.systems
    ]
    lines = tuple(figures.remarks()) or (() if figures.summary.qids else (NOTHING_YET,))
    return VerbResult(rows, lines, rows, DONE if figures.summary.qids else NOTHING)


def compare(call: Call) -> VerbResult:
    """The verdicts, and one row per system with the difference and how sure it is."""
    ids, baseline = call.options.systems, call.options.baseline or call.options.systems[0]
    if len(ids) < 2:
        raise SettingsError("A comparison needs two systems: name two or more with --systems.")
    figures = read_figures(call, ids, call.options.measures, baseline)
    summary = figures.summary
    verdicts = [verdict(row.comparison) for row in summary.systems if row.comparison is not None]
    rows = figures.rows()
    value = {
        "dataset": figures.experiment.dataset.name,
        "baseline": baseline,
        "measure": summary.headline,
        "queries": len(summary.qids),
        "left_out": figures.left_out,
        "verdicts": verdicts,
        "systems": rows,
    }
    lines = [*(verdicts if summary.qids else [NOTHING_YET]), *figures.remarks()]
    return VerbResult(value, tuple(lines), rows, DONE if summary.qids else NOTHING)


def gate(call: Call) -> VerbResult:
    """Yes or no, and why; the rule is `evaluation.gate.RULE`."""
    options = call.options
    if options.system == options.baseline:
        raise SettingsError("The gate compares two systems: --system and --baseline are the same.")
    figures = read_figures(call, (options.baseline, options.system), [options.measure], options.baseline)
    comparison = next(row.comparison for row in figures.summary.systems if row.system == options.system)
    if comparison is None or not comparison.n:
        passed, reason = None, NOTHING_YET
    elif figures.left_out and not options.partial:
        passed, reason = None, "Not judged: graded queries are left out. Rank them, or allow it with --partial."
    else:
        answer = judge(comparison, options.max_drop, options.strict)
        passed, reason = answer.passed, answer.reason
    interval = comparison.interval if comparison is not None else None
    value = {
        "passed": passed,
        "reason": reason,
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
    return VerbResult(value, (f"{word}: {reason}", *figures.remarks()), None, code)


def _values(figures: Figures, row: SystemSummary) -> dict[str, float | None]:
    return {str(measure): row.values[measure] if row.values else None for measure in figures.summary.measures}


NOTHING_YET = "Nothing to compare: no graded query is ranked by every system with these settings."


def read_figures(call: Call, ids: Sequence[str], measures: Sequence[Measure], baseline: str) -> Figures:
    """The figures that the options ask for, after ranking where --run does.

    Raises NotFoundError, and SettingsError for a baseline that is not among `ids` or a slice that is not there.
    """
    experiment = experiment_of(call.workspace, call.options, ids, baseline)
    if getattr(call.options, "run", False):
        rank_all(call, experiment)
    return figures(experiment, measures, call.options.only, call.options.ignore_identical_ids)
