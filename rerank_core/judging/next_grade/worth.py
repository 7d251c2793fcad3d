"""How much one grade is expected to take off the uncertainty of the mean delta: the order of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rerank_core.judging.next_grade.curvature import Covariance, sums_by_query
from rerank_core.judging.next_grade.grade_prior import Coefficients
from rerank_core.judging.next_grade.outlook import Outlook

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rerank_core.judging.next_grade.pair_table import PairTable

Vectors = tuple["NDArray[np.float64]", "NDArray[np.float64]"]


def pull_on_coefficients(table: PairTable, seen: Outlook) -> Vectors:
    """How the expected sum of an outlook moves with the coefficients: shared (F,) and the queries' own (Q, R)."""
    pulls, query = seen.pulls, table.query[seen.rows]
    total = pulls.sum(axis=1)
    shared = np.concatenate((pulls.sum(axis=0), table.features[seen.rows].T @ total))
    own = table.own[seen.rows] * total[:, None]
    return shared, sums_by_query(own, query, len(table.qids))


def shared_variance(pull: Vectors, covariance: Covariance) -> float:
    """The variance of an outlook's sum that comes from not knowing the coefficients."""
    shared, own = covariance.times(*pull)
    return float(pull[0] @ shared + (pull[1] * own).sum())


def worths(table: PairTable, seen: Outlook, coefficients: Coefficients) -> NDArray[np.float64]:
    """For each row of the outlook: the expected drop in the variance of the mean delta, in squared nDCG; shape (n,).

    By the law of total variance the expected drop is the variance, over the possible grades, of what the expected delta
    becomes: var_g E[delta | grade g]. It becomes another one directly, by the passage's gap in discount and its part in
    the ideal (`Outlook.effects`); and because the grade tells about passages like it: the logits that it speaks of
    covary with the expected delta (`told`), and one grade moves them by its score (`tells`), damped by what is known.
    """
    levels = coefficients.levels
    query, features, own = table.query[seen.rows], table.features[seen.rows], table.own[seen.rows]
    shared_side, own_side = coefficients.covariance.times(*pull_on_coefficients(table, seen))
    information = seen.information()
    whole = information.sum(axis=1)
    mix = information / np.maximum(whole, 1e-300)[:, None]
    spread = coefficients.covariance.variances(np.hstack((mix, features)), own, query)
    common = features @ shared_side[levels:] + (own * own_side[query]).sum(axis=1)
    # less its own part: what it does itself is in the effects
    told = shared_side[:levels] + (common - spread * seen.pulls.sum(axis=1))[:, None]
    # how much wider the logit is spread than a grade of it: one grade moves it by that much less, and its own grade is
    # that much less sure than at the mode
    wider = 1.0 + spread * whole
    become = seen.effects + (seen.tells @ told[:, :, None])[:, :, 0] / wider[:, None]
    middle = (seen.chances * become).sum(axis=1)
    found: NDArray[np.float64] = wider * (seen.chances * (become - middle[:, None]) ** 2).sum(axis=1)
    return found
