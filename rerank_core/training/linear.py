"""Fitting the weights of a learned blend: by scikit-learn, pair by pair or grade by grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import TYPE_CHECKING, Literal

from rerank_core.errors import NotReadyError, SettingsError
from rerank_core.systems.learned.spec import TEXT_FEATURES
from rerank_core.training.tables import QueryTable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXTRA = 'Training needs scikit-learn: pip install "rerank-lens[train]".'
_MOST_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to fit, of which one is chosen by queries that it was not fitted to.

    `loss`: "ridge" regresses grades within each query; "pairs" is a logistic regression on which of two passages of a
    query has the higher grade. `penalty`: of the squared weights, the higher the plainer. `texts`: whether words,
    numbers and lengths are read, or the systems alone. `weak`: what a weak negative counts, beside 1 for a grade.
    """

    loss: Literal["ridge", "pairs"]
    penalty: float
    texts: bool
    weak: float

    def label(self) -> str:
        """In a few words."""
        reads = "systems and texts" if self.texts else "systems"
        loss = "ridge on grades" if self.loss == "ridge" else "logistic on pairs"
        return f"{loss}, penalty {self.penalty:g}, {reads}, weak negatives count {self.weak:g}"


CHOICES = (
    *(Choice("ridge", penalty, texts, weak) for penalty, texts, weak in
      product((3000.0, 100.0, 3.0), (False, True), (1.0, 0.3))),
    *(Choice("pairs", penalty, texts, 1.0) for penalty, texts in product((1000.0, 30.0, 1.0), (False, True))),
)  # fmt: skip
"""Plainer ones first: of equals the first is taken."""


def check_library() -> None:
    """Raise NotReadyError where scikit-learn is missing."""
    if find_spec("sklearn") is None:
        raise NotReadyError(EXTRA)


def fit(names: Sequence[str], queries: Sequence[QueryTable], choice: Choice, seed: int = 0) -> Floats:
    """A weight per feature, shape (features,); 0 for those that the choice does not read.

    Columns are scaled to deviation 1 for the penalty, and the weights scaled back. Raises SettingsError where no query
    has a passage that is better than another: there is nothing to learn then.
    """
    import numpy as np

    read = np.array([choice.texts or name not in TEXT_FEATURES for name in names])
    rows, targets, weights, owners = _rows(queries, choice.weak)
    if not len(rows) or not any(np.ptp(targets[owners == owner]) > 0 for owner in np.unique(owners)):
        raise SettingsError("No query has a passage that is graded higher than another one: there is nothing to learn.")
    scale = rows[:, read].std(axis=0)
    scale[scale == 0] = 1.0
    scaled = rows[:, read] / scale
    if choice.loss == "ridge":
        own = _ridge(scaled, targets, weights, owners, choice.penalty)
    else:
        own = _pairs(scaled, targets, weights, owners, choice.penalty, seed)
    found = np.zeros(len(names))
    found[read] = own / scale
    return found


def _rows(queries: Sequence[QueryTable], weak: float) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Features, grades, weights and the query's place, of all passages that are learned from."""
    import numpy as np

    rows, targets, weights, owners = [], [], [], []
    for place, table in enumerate(queries):
        known = table.known()
        rows.append(table.values[known])
        targets.append(np.maximum(table.grades[known], 0).astype(float))
        weights.append(np.where(table.grades[known] >= 0, 1.0, weak))
        owners.append(np.full(int(known.sum()), place))
    return np.concatenate(rows), np.concatenate(targets), np.concatenate(weights), np.concatenate(owners)


def _ridge(rows: Floats, targets: Floats, weights: Floats, owners: NDArray[np.int64], penalty: float) -> Floats:
    """Within each query, so that an easy query's grades do not count against a hard one's."""
    import numpy as np
    from sklearn.linear_model import Ridge

    count = int(owners.max()) + 1
    total = np.maximum(np.bincount(owners, weights, count), 1e-12)

    def centred(column: Floats) -> Floats:
        return column - (np.bincount(owners, weights * column, count) / total)[owners]

    inner = np.stack([centred(column) for column in rows.T], axis=1)
    model = Ridge(alpha=penalty, fit_intercept=False)
    return np.asarray(model.fit(inner, centred(targets), sample_weight=weights).coef_)


def _pairs(
    rows: Floats, targets: Floats, weights: Floats, owners: NDArray[np.int64], penalty: float, seed: int
) -> Floats:
    """Which of two passages of a query is better; pairs count by how far their grades are apart."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    better, worse = [], []
    most = max(1, _MOST_PAIRS // (int(owners.max()) + 1))
    for owner in range(int(owners.max()) + 1):
        places = np.flatnonzero(owners == owner)
        high, low = np.nonzero(targets[places][:, None] > targets[places][None, :])
        if len(high) > most:
            drawn = rng.choice(len(high), most, replace=False)
            high, low = high[drawn], low[drawn]
        better.append(places[high])
        worse.append(places[low])
    first, second = np.concatenate(better), np.concatenate(worse)
    apart = rows[first] - rows[second]
    counted = (targets[first] - targets[second]) * np.minimum(weights[first], weights[second])
    # both directions, so that no intercept is needed and both classes are there
    signs = np.where(np.arange(len(apart)) % 2 == 0, 1.0, -1.0)
    if len(apart) == 1:
        apart, signs, counted = np.concatenate([apart, apart]), np.array([1.0, -1.0]), np.repeat(counted, 2)
    model = LogisticRegression(C=1.0 / penalty, fit_intercept=False, max_iter=300)
    return np.asarray(model.fit(apart * signs[:, None], signs > 0, sample_weight=counted).coef_[0])
