"""What the whole set says of each system: its means, its difference from the baseline, what is not judged yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import fsum

from rerank_core.evaluation.bounds import ndcg_bounds
from rerank_core.evaluation.compare import PairedComparison, compare_all
from rerank_core.evaluation.equivalence import DEFAULT_MARGIN
from rerank_core.evaluation.live import LiveMeasures, Values
from rerank_core.evaluation.measures import evaluate_query
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.numbers import share
from rerank_core.evaluation.verdict import verdict
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.store.datasets import DatasetRow

CUTOFF = 10  # where the headline measure names none


@dataclass(frozen=True, slots=True)
class Unjudged:
    """How much the ungraded passages leave open: means over the summary's queries.

    `judged`: the graded share of the first k. `holes`: ungraded passages within the first k, of all queries together.
    `ndcg`: nDCG@k, where the ungraded count as not relevant. `bpref` and `condensed` (nDCG@k of the graded passages
    alone) leave them out. `low` and `high`: the mean nDCG@k if every hole were graded as badly, and as well, as can be;
    each query on its own.
    """

    judged: float
    holes: int
    ndcg: float
    bpref: float
    condensed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SystemSummary:
    """One system. `values`, `unjudged`: means over the summary's queries, None where it ranked nothing or n is 0.

    `comparison`: with the baseline on the headline measure, under the systems' labels; None for the baseline itself and
    where one of the two ranked nothing. `empty`: queries with nothing returned, which count 0. `failed`: queries on
    which it failed; `reason`: why, the first time. `waiting`: queries that it was not asked yet. `off_candidates`:
    queries on which it ranked passages that are not among the candidates, so that the comparison is not fair; then
    `recall` is the share of the relevant passages in all that it ranks, and `recall_of_candidates` that in the
    candidates of the others: means over the summary's queries, the ceilings of both; else None.
    """

    system: str
    label: str
    values: Values | None
    comparison: PairedComparison | None
    unjudged: Unjudged | None
    empty: int
    failed: int
    reason: str
    waiting: int
    off_candidates: int
    recall: float | None = None
    recall_of_candidates: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """All systems over the same queries. `qids`: graded, and ranked by every system that ranked anything.

    `measures`: the headline first; a level other than 1 stands in their names. `k`: the headline's cutoff, else
    `CUTOFF`. `graded`: queries with a grade; `spare`: those without one. `per_query`: system -> qid -> the headline's
    value. `margin`: the smallest difference that matters, on the headline.
    """

    measures: tuple[Measure, ...]
    k: int
    baseline: str
    qids: tuple[str, ...]
    graded: int
    systems: tuple[SystemSummary, ...]
    per_query: Mapping[str, Mapping[str, float]]
    spare: int = 0
    margin: float = DEFAULT_MARGIN

    @property
    def headline(self) -> str:
        """The name of the measure that systems are compared on."""
        return str(self.measures[0])


def summarise(
    whole: WholeSet,
    measures: Sequence[Measure],
    baseline: str,
    max_grade: int,
    level: int = 1,
    seed: int = 0,
    margin: float = DEFAULT_MARGIN,
) -> Summary:
    """Sum up the whole set; the first of `measures` is the headline.

    `max_grade`: the highest grade of the scale. `level`: the lowest relevant grade, for measures that name none.
    `seed`: of intervals and tests; equal sets give equal summaries. `margin`: the smallest difference that matters.
    Raises BadInputError where `measures` is empty or
    a system's ranking holds a passage twice, KeyError for a baseline that is not among the systems.
    """
    named = tuple(dict.fromkeys(measure.at_level(level) for measure in measures))
    headline = named[0]
    qrels = {qid: whole.qrels[qid] for qid in whole.queries if whole.qrels.get(qid)}
    orders = {
        system: {qid: ranking.docids for qid, ranking in whole.rankings(system).items()} for system in whole.labels
    }
    live = LiveMeasures(orders, qrels, named, baseline, level)
    means = live.means().values
    alive = [system for system, order in orders.items() if order]
    per_query = {system: live.per_query(system, headline) for system in alive}
    shared = per_query[alive[0]] if alive else {}
    qids = tuple(qid for qid in whole.queries if qid in shared)
    values = {system: per_query.get(system) for system in whole.labels}
    compared = compare_all(values, baseline, str(headline), seed, margin)
    k = headline.k or CUTOFF
    systems = []
    shared_recall = _recall(whole.candidates, qrels, qids, level)
    for system, label in whole.labels.items():
        off = len(whole.off_candidates(system))
        failures = whole.failures(system)
        comparison = compared.get(system)
        systems.append(
            SystemSummary(
                system=system,
                label=label,
                values=means[system],
                comparison=comparison and replace(comparison, system=label, baseline=whole.labels[baseline]),
                unjudged=_unjudged(orders[system], qrels, qids, k, max_grade, level) if orders[system] else None,
                empty=sum(not orders[system].get(qid, "unasked") for qid in qids),
                failed=len(failures),
                reason=next(iter(failures.values()), ""),
                waiting=len(whole.queries) - len(whole.answers[system]),
                off_candidates=off,
                recall=_recall(orders[system], qrels, qids, level) if off else None,
                recall_of_candidates=shared_recall if off else None,
            )
        )
    spare = len(whole.queries) - len(qrels)
    return Summary(named, k, baseline, qids, len(qrels), tuple(systems), per_query, spare, margin)


def _recall(
    found: Mapping[str, Sequence[str]], qrels: Mapping[str, Mapping[str, int]], qids: Sequence[str], level: int
) -> float | None:
    """The mean share of the relevant passages that is found, over the queries that have some; None without one."""
    shares = []
    for qid in qids:
        relevant = {docid for docid, grade in qrels[qid].items() if grade >= level}
        if relevant:
            shares.append(len(relevant.intersection(found.get(qid, ()))) / len(relevant))
    return fsum(shares) / len(shares) if shares else None


def _unjudged(
    orders: Mapping[str, Sequence[str]],
    qrels: Mapping[str, Mapping[str, int]],
    qids: Sequence[str],
    k: int,
    max_grade: int,
    level: int,
) -> Unjudged | None:
    if not qids:
        return None
    judged, bpref, condensed = wanted = (Measure("Judged", k), Measure("Bpref"), Measure("nDCG_condensed", k))
    values = [evaluate_query(orders[qid], qrels[qid], wanted, level) for qid in qids]
    bounds = [ndcg_bounds(orders[qid], qrels[qid], max_grade, k) for qid in qids]

    def mean(measure: Measure) -> float:
        return fsum(value[measure] for value in values) / len(qids)

    return Unjudged(
        judged=mean(judged),
        holes=sum(bound.holes for bound in bounds),
        ndcg=fsum(bound.actual for bound in bounds) / len(qids),
        bpref=mean(bpref),
        condensed=mean(condensed),
        low=fsum(bound.low for bound in bounds) / len(qids),
        high=fsum(bound.high for bound in bounds) / len(qids),
    )


def verdicts(summary: Summary) -> list[tuple[SystemSummary, str]]:
    """One sentence a system other than the baseline, the largest difference first; then those without a comparison."""
    others = [row for row in summary.systems if row.system != summary.baseline]
    return [(row, verdict_of(summary, row)) for row in sorted(others, key=_best_first)]


def not_compared_alike(system: SystemSummary) -> list[str]:
    """Why the system's difference is not of the ordering alone: other candidates, queries it failed on; [] for none."""
    lines = []
    if system.off_candidates:
        sentence = other_candidates_sentence(system.label, system.off_candidates)
        lines.append(f"{sentence} {_ceilings(system)}".strip())
    if system.failed:
        lines.append(failure_sentence(system.label, system.failed, system.reason))
    return lines


def _ceilings(system: SystemSummary) -> str:
    """How much a reranker of either candidates can show at most."""
    if system.recall is None or system.recall_of_candidates is None:
        return ""
    return (
        f"Its own candidates hold {share(system.recall)} of the relevant passages, those of the others "
        f"{share(system.recall_of_candidates)}."
    )


def other_candidates_sentence(label: str, queries: int) -> str:
    """That a system ranked other passages than the rest on n queries, and what that means for its difference."""
    return (
        f"{label} ranked passages that are not among the candidates, on {_queries(queries)}: not a fair comparison "
        "there, because the difference also reflects retrieval."
    )


def failure_sentence(label: str, queries: int, reason: str) -> str:
    """That a system failed on that many queries; `reason`: why, as a sentence or a line."""
    return f"{label} failed on {_queries(queries)}: {reason}"


def own_passages_sentence(qids: Sequence[str], dataset: DatasetRow, ignored: bool = False) -> str:
    """What became of the passages that have their query's own id, on the queries `qids`; "" where there is none.

    Also "" where all these ids are plain numbers and no query is a passage: then the ids are equal by chance.
    """
    alike = all(qid.isdecimal() for qid in qids) and not dataset.report.get("queries_as_passages")
    if not qids or (alike and not ignored):
        return ""
    if ignored:
        return f"On {len(qids):,} queries the passage that has the query's own id is left out, as BEIR does."
    return (
        f"On {len(qids):,} queries a system ranks the passage that has the query's own id. Where queries are passages "
        "of the corpus (ArguAna, Quora), BEIR leaves it out: --ignore-identical-ids."
    )


def _queries(count: int) -> str:
    return f"{count:,} {'query' if count == 1 else 'queries'}"


def _best_first(system: SystemSummary) -> float:
    return float("inf") if system.comparison is None else -(system.comparison.mean or 0.0)


def verdict_of(summary: Summary, system: SystemSummary) -> str:
    """The verdict on one system other than the baseline, or why it is not compared."""
    if system.comparison is not None:
        return verdict(system.comparison, summary.spare)
    why = system.reason or "it has ranked nothing with these settings, or the baseline has not."
    return f"{system.label} is not compared: {why}"
