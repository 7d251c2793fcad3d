"""Figures of runs that stand in no workspace: one run measured, or two compared, over grades that come with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.corpus.formats.trec import Ties
from rerank_core.corpus.id_forms import other_forms, rename_rankings
from rerank_core.errors import BadInputError
from rerank_core.evaluation import compare as pairs
from rerank_core.evaluation import measures as sets
from rerank_core.evaluation.compare import PairedComparison
from rerank_core.evaluation.names import Measure, parse_measure
from rerank_core.evaluation.verdict import verdict
from rerank_core.experiment.notebook_html import notebook_html
from rerank_core.reports.run_sources import QrelsSource, RunSource, grades_of, name_of, rankings_of
from rerank_core.types import Qrels, Ranking

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What measures say of one run, over all graded queries.

    `values`: measure -> qid -> value, 0 to 1. `missing`: graded queries for which the run has nothing: they count 0.
    `ungraded`: queries of the run that nobody graded: they are left out.
    """

    values: Mapping[str, Mapping[str, float]]
    missing: tuple[str, ...]
    ungraded: tuple[str, ...]

    @property
    def means(self) -> dict[str, float | None]:
        """measure -> mean over all graded queries; None where there is none."""
        return {measure: sets.mean(values).value for measure, values in self.values.items()}

    @property
    def remarks(self) -> list[str]:
        """What a reader of the figures has to know, a sentence each."""
        lines = []
        if self.missing:
            lines.append(f"Graded queries without a result, which count 0: {len(self.missing):,}.")
        if self.ungraded:
            lines.append(f"Queries without grades, which are left out: {len(self.ungraded):,}.")
        return lines

    def table(self) -> DataFrame:
        """A row per measure: measure, mean, queries, missing."""
        from pandas import DataFrame

        rows = [
            {"measure": name, "mean": self.means[name], "queries": len(values), "missing": len(self.missing)}
            for name, values in self.values.items()
        ]
        return DataFrame(rows, columns=["measure", "mean", "queries", "missing"])

    def __str__(self) -> str:
        return "\n".join([self.table().to_string(index=False), *self.remarks])

    def _repr_html_(self) -> str:
        return notebook_html(self.remarks, self.table())


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs side by side, over the graded queries that both have: `comparisons` has one entry per measure.

    `means`: measure -> (mean of the baseline, mean of the system) over these queries, None without one. `left_out`:
    graded queries that one of the two has nothing for. `unlike`: queries for which the two rank different passages, so
    that more than the order is compared.
    """

    comparisons: tuple[PairedComparison, ...]
    means: Mapping[str, tuple[float | None, float | None]]
    left_out: tuple[str, ...]
    unlike: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """One sentence on the first measure: which of the two is better, and how sure that is."""
        return verdict(self.comparisons[0])

    @property
    def remarks(self) -> list[str]:
        """What a reader of the verdict has to know, a sentence each."""
        lines = []
        if self.left_out:
            lines.append(
                f"Graded queries without a result of one of the two, which are left out: {len(self.left_out):,}."
            )
        if self.unlike:
            lines.append(
                f"The two rank different passages on {len(self.unlike):,} of {self.comparisons[0].n:,} queries."
            )
        return lines

    def table(self) -> DataFrame:
        """A row per measure: both means, the difference with its 95 % interval, p, and queries won, tied and lost."""
        from pandas import DataFrame

        rows = []
        for each in self.comparisons:
            baseline, system = self.means[each.measure]
            interval = each.interval
            rows.append(
                {
                    "measure": each.measure,
                    each.baseline: baseline,
                    each.system: system,
                    "delta": each.mean,
                    "low": interval.low if interval is not None else None,
                    "high": interval.high if interval is not None else None,
                    "p": each.p_value,
                    "won": each.wins,
                    "tied": each.ties,
                    "lost": each.losses,
                    "queries": each.n,
                }
            )
        return DataFrame(rows)

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.remarks, self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return notebook_html([self.verdict, *self.remarks], self.table())


def evaluate(
    run: RunSource,
    qrels: QrelsSource,
    measures: Sequence[str] = ("nDCG@10",),
    *,
    level: int = 1,
    ties: Ties = "trec_eval",
) -> Evaluation:
    """Measure a run, as trec_eval does with -c.

    `run`: qid -> docid -> score, qid -> docids best first, the path of a TREC run, or a data frame of qid, docid and
    score (or rank). `qrels`: qid -> docid -> grade, the path of TREC qrels, or a data frame of qid, docid and grade.
    `measures`: names or aliases. `level`: the lowest relevant grade, for measures that name none. `ties`: equal scores
    by docid descending, as trec_eval, or "file": as they are given. Raises BadInputError.

    >>> import rerank_core as rl
    >>> run, qrels = {"q1": {"d1": 2.5, "d2": 1.5}, "q2": ["d3"]}, {"q1": {"d2": 1}, "q2": {"d3": 1}}
    >>> rl.evaluate(run, qrels, ["RR@10"]).means
    {'RR@10': 0.75}
    """
    grades, parsed = grades_of(qrels), _parsed(measures)
    orders = _orders(run, grades, ties)
    return Evaluation(
        _by_name(sets.evaluate(orders, grades, parsed, level), level),
        tuple(sets.missing_queries(orders, grades)),
        tuple(qid for qid in orders if not grades.get(qid)),
    )


def compare(
    run_a: RunSource,
    run_b: RunSource,
    qrels: QrelsSource,
    measures: Sequence[str] = ("nDCG@10",),
    *,
    names: tuple[str, str] | None = None,
    level: int = 1,
    ties: Ties = "trec_eval",
    seed: int = 0,
) -> RunComparison:
    """Say whether `run_b` is better than `run_a`, and how sure that is: the verdict is on the first measure.

    Over the graded queries that both runs have. `names`: what the two are called; None: files by their names, else "A"
    and "B". `seed`: of the interval and the test; equal runs give equal answers. Everything else as for `evaluate`; p
    is not corrected for several measures. Raises BadInputError, also for two equal names.

    >>> import rerank_core as rl
    >>> run_a = {"q1": ["d1", "d2"], "q2": ["d1", "d3"]}
    >>> run_b = {"q1": ["d2", "d1"], "q2": ["d3", "d1"]}
    >>> comparison = rl.compare(run_a, run_b, {"q1": {"d2": 1}, "q2": {"d3": 1}}, ["RR@10"])
    >>> comparison.table()[["measure", "A", "B", "delta", "won"]].to_dict("records")
    [{'measure': 'RR@10', 'A': 0.5, 'B': 1.0, 'delta': 0.5, 'won': 2}]
    >>> comparison.verdict[:43]
    'Too close to call: B against A: +0.500 RR@1'
    """
    baseline, system = names or _names(run_a, run_b)
    if baseline == system:
        raise BadInputError("names", None, f"both runs are called {baseline!r}", "two different names")
    grades, parsed = grades_of(qrels), _parsed(measures)
    first, second = _orders(run_a, grades, ties), _orders(run_b, grades, ties)
    graded = [qid for qid, row in grades.items() if row]
    shared = [qid for qid in graded if first.get(qid) and second.get(qid)]
    kept = {qid: grades[qid] for qid in shared}
    before = _by_name(sets.evaluate(first, kept, parsed, level), level)
    after = _by_name(sets.evaluate(second, kept, parsed, level), level)
    return RunComparison(
        tuple(
            pairs.compare(before[name], after[name], baseline=baseline, system=system, measure=name, seed=seed)
            for name in before
        ),
        {name: (sets.mean(before[name]).value, sets.mean(after[name]).value) for name in before},
        tuple(qid for qid in graded if qid not in kept),
        tuple(qid for qid in shared if set(first[qid]) != set(second[qid])),
    )


def _names(run_a: RunSource, run_b: RunSource) -> tuple[str, str]:
    first, second = name_of(run_a, "A"), name_of(run_b, "B")
    return (first, second) if first != second else (str(run_a), str(run_b))


def _parsed(measures: Sequence[str]) -> list[Measure]:
    if isinstance(measures, str):
        raise BadInputError("measures", None, f"they are the text {measures!r}", f"a list, such as ['{measures}']")
    if not measures:
        raise BadInputError("measures", None, "there are none", "at least one name, such as nDCG@10")
    return [parse_measure(name) for name in measures]


def _by_name(values: Mapping[Measure, dict[str, float]], level: int) -> dict[str, dict[str, float]]:
    return {str(measure.at_level(level)): own for measure, own in values.items()}


def _orders(run: RunSource, grades: Qrels, ties: Ties) -> dict[str, tuple[str, ...]]:
    rankings, _ = as_graded(rankings_of(run, ties), grades)
    return {qid: ranking.docids for qid, ranking in rankings.items()}


def as_graded(rankings: Mapping[str, Ranking], qrels: Qrels) -> tuple[dict[str, Ranking], tuple[str, ...]]:
    """The run under the ids of the grades, where they differ in Unicode form alone, and the ids that were renamed."""
    graded = {docid for row in qrels.values() for docid in row}
    ranked = (docid for ranking in rankings.values() for docid in ranking.docids)
    qids = other_forms(rankings, lambda ids: qrels.keys() & ids)
    return rename_rankings(rankings, qids, other_forms(ranked, graded.intersection))
