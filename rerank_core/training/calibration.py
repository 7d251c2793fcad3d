"""What a raw score means: the probability that a passage is relevant, fitted out of fold, and a threshold to promise.

Platt, Advances in Large Margin Classifiers 1999; isotonic regression: Zadrozny and Elkan, KDD 2002,
doi:10.1145/775047.775151; expected calibration error: Naeini et al., AAAI 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.evaluation.numbers import counted, figure, share
from rerank_core.experiment.experiment import Experiment
from rerank_core.store import datasets, judgments, rankings
from rerank_core.systems.systems import FIRST_STAGE, System
from rerank_core.training.folds import FOLDS, folds
from rerank_core.training.linear import check_library
from rerank_core.tuning.held_out import LEAST_QUERIES
from rerank_core.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Map = Callable[[Floats], Floats]

BINS = 10
PRECISIONS = (0.7, 0.8, 0.9, 0.95)
_LEAST_OF_EACH = 5


@dataclass(frozen=True, slots=True)
class ScoredPairs:
    """Graded pairs of one system, of all queries together; shape (pairs,).

    `scores`: raw. `relevant`: whether the grade is relevant. `owners`: the place of the query in `queries`. `first`:
    whether it is the passage that the system puts first.
    """

    queries: tuple[Query, ...]
    scores: Floats
    relevant: NDArray[np.bool_]
    owners: NDArray[np.int64]
    first: NDArray[np.bool_]
    unread_first: int = 0


@dataclass(frozen=True, slots=True)
class Promise:
    """Answer only where the first passage's probability reaches `threshold`.

    `floor`: the same as a raw score, by the fit to all queries. `precision`: the share of answered queries whose first
    passage is relevant, on queries that chose neither the fit nor the threshold; None: none was answered. `unanswered`:
    the share without an answer there.
    """

    wanted: float
    threshold: float
    floor: float
    precision: float | None
    unanswered: float

    def sentence(self) -> str:
        """What it promises and what it kept."""
        right = (
            "nothing is answered" if self.precision is None else f"{share(self.precision)} of what is answered is right"
        )
        return (
            f"For {share(self.wanted)}: at {figure(self.threshold, 2)}, {right}, {share(self.unanswered)} is left "
            f"unanswered, on queries that chose neither (as a raw score: {figure(self.floor)})."
        )


@dataclass(frozen=True, slots=True)
class Calibrated:
    """`bins`: (mean probability, share relevant, pairs) out of fold, lowest first. `before`, `after`: the error.

    `before` is that of the raw score squeezed into 0 to 1 by its own lowest and highest, as people read it. `method`:
    "platt" or "isotonic", of the fit to all queries. `promises`: those that can be reached.
    """

    system: str
    method: str
    pairs: int
    queries: int
    before: float
    after: float
    bins: tuple[tuple[float, float, int], ...]
    promises: tuple[Promise, ...]

    def sentence(self) -> str:
        """In one sentence."""
        return (
            f"The probability that is said and the share that is right are {figure(self.after)} apart on queries that "
            f"the fit did not see (expected calibration error; raw scores squeezed into 0 to 1: {figure(self.before)}"
            f"), over {counted(self.pairs, 'graded pair')} of {counted(self.queries, 'query', 'queries')}."
        )


def scored_pairs(experiment: Experiment, system: System) -> ScoredPairs:
    """The graded pairs that the system has scored among the experiment's candidates, read of what is kept.

    Raises SettingsError for a system whose scores mean nothing across queries.
    """
    import numpy as np

    if system.id == FIRST_STAGE or system.scored_by is None:
        raise SettingsError(f"The scores of {system.label} mean nothing across queries, so they are no probabilities.")
    with experiment.workspace.open() as db:
        qrels = judgments.qrels(db, experiment.dataset.id)
        queries = [query for query in datasets.get_queries(db, experiment.dataset.id) if qrels.get(query.qid)]
        keys = experiment.keys(queries)
        answers = rankings.get_rankings(db, keys.values(), [system.key])
    used: list[Query] = []
    rows: list[tuple[float, bool, int, bool]] = []
    unread = 0
    for query in queries:
        one = answers.get(keys[query.qid], {}).get(system.key)
        if one is None or one.ranking is None:
            continue
        grades, place = qrels[query.qid], len(used)
        used.append(query)
        for rank, doc in enumerate(one.ranking.docs, 1):
            if doc.docid in grades and doc.score is not None:
                rows.append((doc.score, grades[doc.docid] >= experiment.level, place, rank == 1))
        unread += bool(one.ranking.docs) and one.ranking.docs[0].docid not in grades
    return ScoredPairs(
        tuple(used),
        np.array([row[0] for row in rows], dtype=float),
        np.array([row[1] for row in rows], dtype=bool),
        np.array([row[2] for row in rows], dtype=np.int64),
        np.array([row[3] for row in rows], dtype=bool),
        unread,
    )


def calibrate(pairs: ScoredPairs, system: str, seed: int = 0) -> Calibrated:
    """Fit within folds of queries, measure on what each held out, and fit to all.

    Raises SettingsError for fewer than 20 queries, or where nearly all pairs are relevant or nearly none is;
    NotReadyError without scikit-learn.
    """
    import numpy as np

    check_library()
    if len(pairs.queries) < LEAST_QUERIES:
        raise SettingsError(f"{len(pairs.queries)} graded queries are ranked, and {LEAST_QUERIES} are needed.")
    _check_both(pairs.relevant)
    inside = folds(pairs.queries, FOLDS, seed)
    probabilities = np.zeros(len(pairs.scores))
    held = [(~learns)[pairs.owners] for learns in inside]
    fits = []
    for out in held:
        _check_both(pairs.relevant[~out])
        _, fit = _fitted(pairs.scores[~out], pairs.relevant[~out], pairs.owners[~out], seed)
        fits.append(fit)
        probabilities[out] = fit(pairs.scores[out])
    method, final = _fitted(pairs.scores, pairs.relevant, pairs.owners, seed)
    low, high = pairs.scores.min(), pairs.scores.max()
    squeezed = (pairs.scores - low) / (high - low) if high > low else np.full(len(pairs.scores), 0.5)
    promises = [_promise(pairs, wanted, held, fits, final) for wanted in PRECISIONS]
    return Calibrated(
        system,
        method,
        len(pairs.scores),
        len(pairs.queries),
        calibration_error(squeezed, pairs.relevant),
        calibration_error(probabilities, pairs.relevant),
        reliability(probabilities, pairs.relevant),
        tuple(one for one in promises if one is not None),
    )


def reliability(probabilities: Floats, relevant: NDArray[np.bool_]) -> tuple[tuple[float, float, int], ...]:
    """(mean probability, share relevant, pairs) of each tenth from 0 to 1 that has pairs, lowest first."""
    import numpy as np

    place = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    return tuple(
        (float(probabilities[own].mean()), float(relevant[own].mean()), int(own.sum()))
        for own in (place == one for one in range(BINS))
        if own.any()
    )


def calibration_error(probabilities: Floats, relevant: NDArray[np.bool_]) -> float:
    """The expected calibration error: how far the two are apart in each of ten bins, weighted by its pairs."""
    rows = reliability(probabilities, relevant)
    return sum(abs(said - right) * count for said, right, count in rows) / max(1, len(probabilities))


def _fitted(scores: Floats, relevant: NDArray[np.bool_], owners: NDArray[np.int64], seed: int) -> tuple[str, Map]:
    """The one of both fits with the smaller log loss on a third of these queries, fitted to all of them."""
    import numpy as np
    from sklearn.metrics import log_loss

    some = np.unique(owners)
    out = np.isin(owners, np.random.default_rng(seed).permutation(some)[: len(some) // 3])
    best = "platt"
    if _has_both(relevant[~out]) and _has_both(relevant[out]):
        losses = {
            name: log_loss(relevant[out], np.clip(fit(scores[~out], relevant[~out])(scores[out]), 1e-3, 1 - 1e-3))
            for name, fit in _FITS.items()
        }
        best = min(losses, key=lambda name: losses[name])
    return best, _FITS[best](scores, relevant)


def _platt(scores: Floats, relevant: NDArray[np.bool_]) -> Map:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6)
    model.fit(_column(scores, scores), relevant)
    return lambda others: np.asarray(model.predict_proba(_column(others, scores))[:, 1])


def _column(values: Floats, like: Floats) -> Floats:
    """Standardised as `like`, whatever the scale of raw scores; shape (values, 1)."""
    column: Floats = ((values - like.mean()) / (like.std() or 1.0))[:, None]
    return column


def _isotonic(scores: Floats, relevant: NDArray[np.bool_]) -> Map:
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, relevant)
    return lambda others: np.asarray(model.predict(others))


_FITS: dict[str, Callable[[Floats, NDArray[np.bool_]], Map]] = {"platt": _platt, "isotonic": _isotonic}


def _promise(
    pairs: ScoredPairs, wanted: float, held: Sequence[NDArray[np.bool_]], fits: Sequence[Map], final: Map
) -> Promise | None:
    """None where no threshold reaches it on the queries that choose."""
    first = pairs.first
    answered, right, total = 0, 0, 0
    for out, fit in zip(held, fits, strict=True):
        chosen = _threshold(fit(pairs.scores[~out & first]), pairs.relevant[~out & first], wanted)
        shown = fit(pairs.scores[out & first]) >= (2.0 if chosen is None else chosen)
        answered, total = answered + int(shown.sum()), total + int((out & first).sum())
        right += int(pairs.relevant[out & first][shown].sum())
    threshold = _threshold(final(pairs.scores[first]), pairs.relevant[first], wanted)
    if threshold is None or not total:
        return None
    reached = final(pairs.scores[first]) >= threshold
    floor = float(pairs.scores[first][reached].min())
    return Promise(wanted, threshold, floor, right / answered if answered else None, 1 - answered / total)


def _threshold(probabilities: Floats, relevant: NDArray[np.bool_], wanted: float) -> float | None:
    """The lowest probability from which on this share is right; None where none reaches it."""
    import numpy as np

    if not len(probabilities):
        return None
    order = np.argsort(-probabilities, kind="stable")
    precision = np.cumsum(relevant[order]) / np.arange(1, len(order) + 1)
    # equal probabilities are shown together
    last = np.append(np.diff(probabilities[order]) < 0, True)
    enough = np.flatnonzero((precision >= wanted) & last)
    return float(probabilities[order][enough[-1]]) if len(enough) else None


def _has_both(relevant: NDArray[np.bool_]) -> bool:
    return min(int(relevant.sum()), int((~relevant).sum())) >= _LEAST_OF_EACH


def _check_both(relevant: NDArray[np.bool_]) -> None:
    if not _has_both(relevant):
        raise SettingsError(
            f"Of {counted(len(relevant), 'graded pair')}, {int(relevant.sum())} are relevant: at least "
            f"{_LEAST_OF_EACH} must be, and as many not."
        )
