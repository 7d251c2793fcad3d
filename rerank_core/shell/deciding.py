"""The verbs that measure and decide over what a workspace holds."""

from __future__ import annotations

from collections.abc import Sequence

from rerank_core.errors import SettingsError
from rerank_core.evaluation.gate import gate as judge
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.verdict import verdict
from rerank_core.experiment.figures import Figures, figures
from rerank_core.experiment.summary import SystemSummary
from rerank_core.shell.answer import DONE, NO, NOTHING, Answer, Call
from rerank_core.shell.option_groups import experiment_of
from rerank_core.shell.working import rank_all


def evaluate(call: Call) -> Answer:
    """A row a system: means over the same queries, and the verdict on the first measure against the baseline."""
    found = read_figures(call, call.options.systems, call.options.measures, call.options.baseline)
    rows = [
        {
            "system": one.system,
            "queries": len(found.summary.qids) if one.values else 0,
            **_values(found, one),
            "verdict": verdict(one.comparison) if one.comparison is not None else "",
        }
        for one in found.summary.systems
    ]
    lines = tuple(found.remarks()) or (() if found.summary.qids else (NOTHING_YET,))
    return Answer(rows, lines, rows, DONE if found.summary.qids else NOTHING)


def compare(call: Call) -> Answer:
    """The verdicts, and a row a system with the difference and how sure it is."""
    ids, baseline = call.options.systems, call.options.baseline or call.options.systems[0]
    if len(ids) < 2:
        raise SettingsError("One system alone is no comparison: name two or more with --systems.")
    found = read_figures(call, ids, call.options.measures, baseline)
    summary = found.summary
    verdicts = [verdict(one.comparison) for one in summary.systems if one.comparison is not None]
    rows = found.rows()
    value = {
        "dataset": found.experiment.dataset.name,
        "baseline": baseline,
        "measure": summary.headline,
        "queries": len(summary.qids),
        "left_out": found.left_out,
        "verdicts": verdicts,
        "systems": rows,
    }
    lines = [*(verdicts if summary.qids else [NOTHING_YET]), *found.remarks()]
    return Answer(value, tuple(lines), rows, DONE if summary.qids else NOTHING)


def gate(call: Call) -> Answer:
    """Yes or no, and why; the rule is `evaluation.gate.RULE`."""
    options = call.options
    if options.system == options.baseline:
        raise SettingsError("The gate compares two systems: --system and --baseline are the same.")
    found = read_figures(call, (options.baseline, options.system), [options.measure], options.baseline)
    comparison = next(one.comparison for one in found.summary.systems if one.system == options.system)
    if comparison is None or not comparison.n:
        passed, reason = None, NOTHING_YET
    elif found.left_out and not options.partial:
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
        "measure": found.summary.headline,
        "max_drop": options.max_drop,
        "strict": options.strict,
        "queries": len(found.summary.qids),
        "left_out": found.left_out,
        "delta": comparison.mean if comparison is not None else None,
        "low": interval.low if interval is not None else None,
        "high": interval.high if interval is not None else None,
    }
    word = "NOT JUDGED" if passed is None else "PASSED" if passed else "FAILED"
    code = NOTHING if passed is None else DONE if passed else NO
    return Answer(value, (f"{word}: {reason}", *found.remarks()), None, code)


def _values(found: Figures, one: SystemSummary) -> dict[str, float | None]:
    return {str(each): one.values[each] if one.values else None for each in found.summary.measures}


NOTHING_YET = "Nothing to compare: no graded query is ranked by every system with these settings."


def read_figures(call: Call, ids: Sequence[str], measures: Sequence[Measure], baseline: str) -> Figures:
    """The figures that the options ask for, after ranking where --run does.

    Raises NotFoundError, and SettingsError for a baseline that is not among `ids` or a slice that is not there.
    """
    experiment = experiment_of(call.workspace, call.options, ids, baseline)
    if getattr(call.options, "run", False):
        rank_all(call, experiment)
    return figures(experiment, measures, call.options.only, call.options.ignore_identical_ids)
