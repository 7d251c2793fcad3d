"""A precision matrix shaped like an arrow (shared coefficients, and a block for each query), and its inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Covariance:
    """The inverse of a Curvature, in its parts.

    `shared`: the covariance of the shared coefficients, shape (F, F). Given these, query q's own effects have the
    covariance own_q (`own`: shape (Q, R, R)) around their mode - pull_q (shared - mode) (`pull`: shape (Q, R, F)).
    """

    shared: NDArray[np.float64]
    own: NDArray[np.float64]
    pull: NDArray[np.float64]

    def times(
        self, shared: NDArray[np.float64], own: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The whole matrix times a vector of the parts (F,) and (Q, R); returns such parts."""
        shared_side = self.shared @ (shared - np.einsum("qrf,qr->f", self.pull, own))
        own_side: NDArray[np.float64] = np.einsum("qrs,qs->qr", self.own, own) - self.pull @ shared_side
        return shared_side, own_side

    def variances(
        self, shared: NDArray[np.float64], own: NDArray[np.float64], query: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """The variance of each row's linear predictor: designs (n, F) and (n, R) of one query each; shape (n,)."""
        through = shared - np.einsum("nr,nrf->nf", own, self.pull[query])
        found: NDArray[np.float64] = ((through @ self.shared) * through).sum(axis=1)
        found += np.einsum("nr,nrs,ns->n", own, self.own[query], own)
        return found


@dataclass(frozen=True, slots=True)
class Curvature:
    """`corner` (F, F), `cross` (Q, R, F) and `blocks` (Q, R, R) of the arrow; two of them add up part by part."""

    corner: NDArray[np.float64]
    cross: NDArray[np.float64]
    blocks: NDArray[np.float64]

    def __add__(self, other: Curvature) -> Curvature:
        return Curvature(self.corner + other.corner, self.cross + other.cross, self.blocks + other.blocks)

    def plus_diagonal(self, shared: NDArray[np.float64], own: NDArray[np.float64]) -> Curvature:
        """With independent priors of these precisions, (F,) and (R,)."""
        return Curvature(self.corner + np.diag(shared), self.cross, self.blocks + np.diag(own))

    def inverse(self) -> Covariance:
        """By the Schur complement of the blocks."""
        own = np.asarray(np.linalg.inv(self.blocks), dtype=np.float64)
        pull = own @ self.cross
        shared = np.linalg.inv(self.corner - np.einsum("qrf,qrg->fg", self.cross, pull))
        return Covariance(shared, own, pull)


def curvature(
    shared: NDArray[np.float64],
    own: NDArray[np.float64],
    query: NDArray[np.int64],
    weight: NDArray[np.float64],
    queries: int,
) -> Curvature:
    """Of logistic trials: sum over the trials of weight * design designᵀ, for designs (n, F), (n, R), weights (n,).

    The trials of one query stand together.
    """
    weighted = own * weight[:, None]
    return Curvature(
        (shared * weight[:, None]).T @ shared,
        sums_by_query(weighted[:, :, None] * shared[:, None, :], query, queries),
        sums_by_query(weighted[:, :, None] * own[:, None, :], query, queries),
    )


def sums_by_query(values: NDArray[np.floating], query: NDArray[np.int64], queries: int) -> NDArray[np.float64]:
    """Sums over the rows of each query, which stand together: (n, ...) to (queries, ...), 0 for a query without any."""
    sums = np.zeros((queries, *values.shape[1:]))
    if len(values):
        starts = np.flatnonzero(np.r_[True, query[1:] != query[:-1]])
        sums[query[starts]] = np.add.reduceat(values, starts, axis=0)
    return sums
