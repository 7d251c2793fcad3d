"""What a language model's grades are worth: how they agree with people's, and whether they change the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from rerank_core.evaluation.compare import PairedComparison, compare_all
from rerank_core.evaluation.live import LiveMeasures
from rerank_core.evaluation.names import Measure
from rerank_core.experiment.whole_set import WholeSet
from rerank_core.judging.agreement import Agreement, kappa
from rerank_core.store import datasets, llm_grades
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.llm_grades import LlmGrade, LlmJudge, Pair
from rerank_core.store.workspace import Workspace
from rerank_core.types import Qrels, text_hash

SPOT_SHARE = 0.2
PEOPLE, FILLED, LLM = "people only", "people, else the LLM", "the LLM only"


@dataclass(frozen=True, slots=True)
class Confusion:
    """The pairs that both graded. `counts`: (LLM's grade, people's grade) -> pairs, pairs without any left out.

    `plain`: Cohen's kappa, where any two different grades disagree alike. `weighted`: with quadratic weights, where far
    apart is worse. Both None where there are no pairs, or too few kinds of grades to tell agreement from chance.
    """

    counts: Mapping[tuple[int, int], int]
    n: int
    same: int
    plain: Agreement | None
    weighted: Agreement | None


def confusion(graded: Mapping[Pair, int], people: Qrels, only: Collection[Pair] | None = None) -> Confusion:
    """Compare an LLM's grades with people's over the pairs that both graded; `only` these, where given."""
    both = [
        (grade, people[qid][docid])
        for (qid, docid), grade in sorted(graded.items())
        if docid in people.get(qid, {}) and (only is None or (qid, docid) in only)
    ]
    counts = Counter(both)
    return Confusion(
        counts=dict(counts),
        n=len(both),
        same=sum(count for (one, other), count in counts.items() if one == other),
        plain=kappa(both) if both else None,
        weighted=kappa(both, weights="quadratic") if both else None,
    )


_WORDS = ((0.0, "slight"), (0.2, "fair"), (0.4, "moderate"), (0.6, "substantial"), (0.8, "almost perfect"))


def kappa_sentence(confusion: Confusion) -> list[str]:
    """What the two kappas say, a sentence each, with Landis and Koch's words (1977, doi 10.2307/2529310)."""
    names = ("Cohen's kappa", "Counting how far apart they are (quadratic weights)")
    return [_kappa(name, one) for name, one in zip(names, (confusion.plain, confusion.weighted), strict=True)]


def _kappa(name: str, agreement: Agreement | None) -> str:
    if agreement is None:
        return f"{name}: not known; this needs at least two different grades."
    strength = next((word for above, word in reversed(_WORDS) if agreement.value > above), "no")
    value, low, high = (
        f"{number:.2f}".replace("-", "−") for number in (agreement.value, agreement.low, agreement.high)
    )
    return f"{name}: {value} (95 % CI {low} … {high}): {strength} agreement beyond chance."


@dataclass(frozen=True, slots=True)
class Side:
    """The verdicts by one set of grades. `by`: whose; `grades`: how many; `queries`: over how many the verdicts are.

    `comparisons`: system id -> against the baseline, under the systems' labels; None where one of the two has no value.
    """

    by: str
    grades: int
    queries: int
    comparisons: Mapping[str, PairedComparison | None]


def sides(
    whole: WholeSet,
    graded: Mapping[Pair, int],
    measure: Measure,
    baseline: str,
    level: int = 1,
    seed: int = 0,
    margin: float | None = None,
) -> list[Side]:
    """The same comparison by people's grades, by these and the LLM's where nobody graded, and by the LLM's alone.

    Each over all queries that have such a grade and that every system has ranked. `margin`: as in `compare`. Raises
    KeyError for a baseline that is not among the systems.
    """
    alone = _qrels(graded)
    people = {qid: grades for qid, grades in whole.qrels.items() if grades}
    filled = {qid: {**alone.get(qid, {}), **people.get(qid, {})} for qid in {**alone, **people}}
    qrels_by: dict[str, Qrels] = {PEOPLE: people, FILLED: filled, LLM: alone}
    named = measure.at_level(level)
    return [_side(whole, by, qrels, named, baseline, level, seed, margin) for by, qrels in qrels_by.items()]


def _side(
    whole: WholeSet,
    by: str,
    qrels: Qrels,
    measure: Measure,
    baseline: str,
    level: int,
    seed: int,
    margin: float | None,
) -> Side:
    own_qrels = {qid: qrels[qid] for qid in whole.queries if qid in qrels}
    orders = {
        system: {qid: ranking.docids for qid, ranking in whole.rankings(system).items()} for system in whole.labels
    }
    live = LiveMeasures(orders, own_qrels, [measure], baseline, level)
    values = {system: live.per_query(system, measure) if orders[system] else None for system in whole.labels}
    compared = compare_all(values, baseline, str(measure), seed, margin)
    named = {
        system: comparison and replace(comparison, system=whole.labels[system], baseline=whole.labels[baseline])
        for system, comparison in compared.items()
    }
    return Side(by, sum(map(len, own_qrels.values())), live.means().n, named)


def _qrels(graded: Mapping[Pair, int]) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for (qid, docid), grade in graded.items():
        qrels.setdefault(qid, {})[docid] = grade
    return qrels


def graded_by_llm(workspace: Workspace, dataset: DatasetRow) -> dict[LlmJudge, dict[Pair, LlmGrade]]:
    """Judge -> pair -> answer, failures too; the judge with the newest answer first."""
    with workspace.open() as db:
        return llm_grades.by_judge(db, dataset.id, datasets.get_queries(db, dataset.id))


def grades_of(answers: Mapping[Pair, LlmGrade]) -> dict[Pair, int]:
    """The answers that are grades."""
    return {pair: answer.grade for pair, answer in answers.items() if answer.grade is not None}


def spot_check_pairs(
    workspace: Workspace, dataset: DatasetRow, judge: LlmJudge | None = None, share: float = SPOT_SHARE, seed: int = 0
) -> list[Pair]:
    """A random `share` of the pairs that a language model graded, for a person to grade without seeing its grade.

    Each pair is in by a hash of its ids and the seed: what an LLM said has no part in it, nor in the order, and a pair
    that is in stays in when more are graded. `judge` None: pairs that any LLM graded. At least one pair of any.
    """
    by_judge = graded_by_llm(workspace, dataset)
    chosen = [answers for one, answers in by_judge.items() if judge is None or one == judge]
    return spot_sample([pair for answers in chosen for pair in grades_of(answers)], share, seed)


def spot_sample(pairs: Sequence[Pair], share: float = SPOT_SHARE, seed: int = 0) -> list[Pair]:
    """The pairs of a spot check, in an order of chance; see `spot_check_pairs`."""
    drawn = sorted((_draw(seed, pair), pair) for pair in set(pairs))
    return [pair for place, (value, pair) in enumerate(drawn) if value < share or place == 0]


def _draw(seed: int, pair: Pair) -> float:
    """From 0 to below 1, by chance and always the same."""
    return int(text_hash("\x00".join(("spot", str(seed), *pair)))[:8], 16) / 2**32
