"""A cross-encoder trained on the grades: its settings, and how near a student is to its teacher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rerank_core.evaluation.numbers import count, counted, figure
from rerank_core.types import Ranking

CROSS_ENCODER, DISTILLED = "cross-encoder", "distilled"
LABEL, STARTED = "trained cross-encoder", "the cross-encoder it starts from"
TAUGHT = "taught, before the grades"


@dataclass(frozen=True, slots=True)
class CrossEncoderSettings:
    """How a cross-encoder is trained; not searched, so nothing was chosen on the held-out part.

    Binary cross-entropy on grades as shares of the highest one. `batch`: pairs. `rate`: the highest learning rate.
    `tokens`: of a pair, at most.
    """

    epochs: int = 1
    batch: int = 16
    rate: float = 2e-5
    tokens: int = 256
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DistilledSettings(CrossEncoderSettings):
    """And how it learns a teacher's scores before: by ListNet (Cao et al. 2007, doi 10.1145/1273496.1273513).

    Within `taught_group` passages of one query, the softmax of its scores is to be that of the teacher's, which have
    deviation 1 within a query, times `sharpness`. `taught_groups`: in a batch. `taught_rate`, `head_rate`: the highest
    learning rates of the encoder and of its head, which is drawn. `taught_tokens`: of a pair meanwhile, at most.
    """

    taught_epochs: int = 4
    taught_group: int = 8
    taught_groups: int = 2
    sharpness: float = 2.0
    taught_rate: float = 2e-4
    head_rate: float = 1e-3
    taught_tokens: int = 128


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kendall's tau-b between student and teacher, the mean over held-out queries; None without a query that has one.

    `queries`, `pairs`: that it is over.
    """

    tau: float | None
    queries: int
    pairs: int


def agreement(student: Mapping[str, Ranking], teacher: Mapping[str, Ranking]) -> Agreement:
    """Over the passages that both have scored; qid -> ranking each. A query where all scores are equal has none."""
    from scipy.stats import kendalltau

    taus, pairs = [], 0
    for qid, ranking in student.items():
        theirs = {one.docid: one.score for one in teacher[qid].docs if one.score is not None} if qid in teacher else {}
        ours = {one.docid: one.score for one in ranking.docs if one.score is not None and one.docid in theirs}
        if len(set(ours.values())) > 1 and len({theirs[docid] for docid in ours}) > 1:
            taus.append(float(kendalltau(list(ours.values()), [theirs[docid] for docid in ours]).statistic))
            pairs += len(ours)
    return Agreement(fmean(taus) if taus else None, len(taus), pairs)


def agreement_sentence(found: Mapping[str, Any] | None) -> str:
    """How near the student came to its teacher, as `found` says it; "" without a teacher."""
    if found is None:
        return ""
    over = f"on {counted(found['pairs'], 'pair')} of {count(found['queries'])} queries that were held out"
    named = f"Kendall's tau with its teacher, {found['teacher']}"
    if found["taught"] is None and found["trained"] is None:
        return (
            f"No agreement with {found['teacher']} can be told: one of the two gives all passages of a query one score."
        )
    if found["taught"] is None:
        return f"{named}: {figure(found['trained'], 2)} {over}, after the grades."
    after = "" if found["trained"] is None else f", after the grades {figure(found['trained'], 2)}"
    return f"{named}: {figure(found['taught'], 2)} {over}{after}."
