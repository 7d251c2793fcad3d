"""How far the judges of a dataset agree: over the pairs that more than one of them graded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

from rerank_core.evaluation.numbers import count, figure, share
from rerank_core.judging.agreement import Agreement, alpha, kappa
from rerank_core.store import judges
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.judges import JudgeRow
from rerank_core.store.workspace import Workspace

TENTATIVE, RELIABLE = 0.667, 0.8
"""Krippendorff's own limits for alpha (Content Analysis, 2004, ch. 11): below the first one nothing should be concluded
from such grades, from the second one on they can be relied on."""


SEEN = ("stale",)
"""Rules by which a judge is shown another's grade before their own: such grades say nothing about agreement."""


@dataclass(frozen=True, slots=True)
class TwoJudges:
    """Two judges over the pairs that both graded. `same`: how many of these `pairs` got the same grade.

    `kappa` and `weighted`: Cohen's, plain and with quadratic weights; None where they are not defined.
    """

    one: str
    other: str
    pairs: int
    same: int
    kappa: Agreement | None
    weighted: Agreement | None


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """What several judges have in common.

    `judges`: everybody who said anything. `compared`: those whose grades are compared here. `pairs`: pairs that two or
    more of them graded; in `same` of these all gave the same grade. `alpha`: Krippendorff's, ordinal; `nominal`: the
    same with any two different grades alike. `twos`: every two of them with pairs in common, the most pairs first.
    """

    judges: tuple[JudgeRow, ...]
    compared: tuple[str, ...]
    pairs: int
    same: int
    alpha: Agreement | None
    nominal: Agreement | None
    twos: tuple[TwoJudges, ...]


def agreement_report(
    workspace: Workspace, dataset: DatasetRow, compared: Collection[str] | None = None, seed: int = 0
) -> AgreementReport:
    """The report over `compared`, by name; None: all people, that is all judges but those of imported files.

    Each judge's grades as they are now. Adjudications, language models, and grades that confirm what is there already
    play no part. A grade given on Compare does, though the label that counts is shown there.
    """
    with workspace.open() as db:
        known = tuple(judges.judges(db, dataset.id))
        current = judges.current(db, dataset.id, without_rules=SEEN)
    independent = [one for one in current if one.source != "adjudication"]
    wanted = {one.judge for one in independent if one.source == "human"} if compared is None else set(compared)
    graded: dict[tuple[str, str], dict[str, int]] = {}
    for one in independent:
        if one.judge in wanted:
            graded.setdefault((one.qid, one.docid), {})[one.judge] = one.grade
    chosen = {judge for grades in graded.values() for judge in grades}
    units = [tuple(grades.values()) for grades in graded.values() if len(grades) > 1]
    twos = [_two(one, other, graded.values(), seed) for one, other in combinations(sorted(chosen), 2)]
    return AgreementReport(
        judges=known,
        compared=tuple(sorted(chosen)),
        pairs=len(units),
        same=sum(len(set(unit)) == 1 for unit in units),
        alpha=alpha(units, "ordinal", seed),
        nominal=alpha(units, "nominal", seed),
        twos=tuple(sorted((two for two in twos if two.pairs), key=lambda two: -two.pairs)),
    )


def _two(one: str, other: str, graded: Collection[dict[str, int]], seed: int) -> TwoJudges:
    both = [(grades[one], grades[other]) for grades in graded if one in grades and other in grades]
    same = sum(first == second for first, second in both)
    return TwoJudges(one, other, len(both), same, kappa(both, seed=seed), kappa(both, "quadratic", seed=seed))


def in_words(report: AgreementReport) -> list[str]:
    """What the report means, a sentence each, for somebody who does not know the coefficients."""
    if len(report.compared) < 2:
        return ["Agreement needs at least two people who grade the same passages."]
    if not report.pairs:
        return ["No passage was graded by two of these judges yet."]
    who = f"two or more of {len(report.compared)} judges" if len(report.compared) > 2 else "both judges"
    passages = "1 passage was" if report.pairs == 1 else f"{count(report.pairs)} passages were"
    sentences = [
        f"{passages} graded by {who}; {count(report.same)} of them ({share(report.same / report.pairs)}) got the same "
        "grade."
    ]
    alpha = report.alpha
    if alpha is None:
        sentences.append("Whether that is more than chance is not known: this needs at least two different grades.")
        return sentences
    sentences.append(
        f"Beyond what chance would give they agree at {figure(alpha.value, 2)} (Krippendorff's alpha, "
        f"{share(alpha.confidence)} interval {figure(alpha.low, 2)} to {figure(alpha.high, 2)}); 1 is full "
        "agreement, 0 is chance."
    )
    sentences.append(_advice(alpha))
    return sentences


def _advice(agreement: Agreement) -> str:
    if agreement.low >= RELIABLE:
        return "These grades can be relied on."
    if agreement.high < TENTATIVE:
        return (
            "That is too little to base a verdict on: talk about the guideline, with the passages below, before more."
        )
    if agreement.value >= RELIABLE:
        return (
            "Good, but with so few passages in common it may be less: let the judges grade some more of the same ones."
        )
    if agreement.value >= TENTATIVE:
        return "Enough for tentative conclusions. Settling the passages below, and the guideline, would make it better."
    return "So far too little to base a verdict on; more passages in common would tell. Talk about those below first."
