"""The verbs that measure and decide over what a workspace holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.evaluation.gate import gate as judge
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.slices import in_slices, query_slices
from rerank_core.evaluation.verdict import is_sure, verdict
from rerank_core.experiment.summary import (
    Summary,
    SystemSummary,
    not_compared_alike,
    own_passages_sentence,
    summarise,
)
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.shell.answer import DONE, NO, NOTHING, Answer, Call
from rerank_core.shell.option_groups import settings_of
from rerank_core.shell.working import rank_all
from rerank_core.store import datasets
from rerank_core.store.datasets import DatasetRow
from rerank_core.systems.systems import System, get_system


def evaluate(call: Call) -> Answer:
    """A row a system: means over the same queries, and the verdict on the first measure against the baseline."""
    found = figures(call, call.options.systems, call.options.measures, call.options.baseline)
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
    found = figures(call, ids, call.options.measures, baseline)
    summary = found.summary
    verdicts = [verdict(one.comparison) for one in summary.systems if one.comparison is not None]
    rows = [_compared(found, one) for one in summary.systems]
    value = {
        "dataset": found.dataset.name,
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
    found = figures(call, (options.baseline, options.system), [options.measure], options.baseline)
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


def _compared(found: Figures, one: SystemSummary) -> dict[str, Any]:
    comparison = one.comparison
    interval = comparison.interval if comparison is not None else None
    return {
        "system": one.system,
        **_values(found, one),
        "delta": comparison.mean if comparison is not None else None,
        "low": interval.low if interval is not None else None,
        "high": interval.high if interval is not None else None,
        "p": comparison.p_holm if comparison is not None else None,
        "won": comparison.wins if comparison is not None else None,
        "tied": comparison.ties if comparison is not None else None,
        "lost": comparison.losses if comparison is not None else None,
        "sure": is_sure(comparison) if comparison is not None else None,
    }


NOTHING_YET = "Nothing to compare: no graded query is ranked by every system with these settings."


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page Evaluate shows of the same choice.

    `own`: queries for which a system ranks the passage with the query's own id; `ignored`: whether these are left out
    of `whole` and of all figures.
    """

    dataset: DatasetRow
    settings: RetrievalSettings
    systems: tuple[System, ...]
    whole: WholeSet
    summary: Summary
    own: tuple[str, ...] = ()
    ignored: bool = False

    @property
    def left_out(self) -> int:
        """Graded queries that are in no figure, as a system has not ranked them."""
        return self.summary.graded - len(self.summary.qids)

    def remarks(self) -> list[str]:
        """What a reader of the figures has to know of single systems: failures, empty answers, other candidates."""
        lines = []
        for one in self.summary.systems:
            lines += not_compared_alike(one)
            if one.empty:
                lines.append(f"{one.label} returned nothing on {one.empty:,} queries, which count 0.")
        if self.left_out:
            lines.append(f"{self.left_out:,} graded queries are left out: a system has not ranked them, or failed.")
        if sentence := own_passages_sentence(self.own, self.dataset, self.ignored):
            lines.append(sentence)
        return lines


def figures(call: Call, ids: Sequence[str], measures: Sequence[Measure], baseline: str) -> Figures:
    """Read the figures, after ranking where --run asks for it.

    Raises NotFoundError, and SettingsError for a baseline that is not among `ids`.
    """
    if baseline not in ids:
        raise SettingsError(f"The baseline '{baseline}' is not among the systems.")
    settings = settings_of(call.options)
    with call.workspace.open() as db:
        dataset = datasets.get_dataset(db, call.options.dataset)
    systems = [get_system(call.workspace, one) for one in ids]
    if getattr(call.options, "run", False):
        rank_all(call, dataset, settings, systems)
    whole = _of_slices(load_whole_set(call.workspace, dataset, settings, systems), call.options.only)
    own, ignored = whole.own_passages, call.options.ignore_identical_ids
    whole = whole.without_own_passages() if ignored else whole
    summary = summarise(whole, measures, baseline, max(dataset.scale), call.options.level)
    return Figures(dataset, settings, tuple(systems), whole, summary, own, ignored)


def _of_slices(whole: WholeSet, only: Sequence[str]) -> WholeSet:
    if not only:
        return whole
    slices = query_slices(whole.queries.values())
    if unknown := [name for name in only if name not in slices]:
        raise SettingsError(f"There is no slice '{unknown[0]}'. Known: {', '.join(slices) or 'none'}.")
    return whole.only(in_slices(slices, only))
