"""Queries in folds: never the pairs of one query in two, and never one text in two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.types import Query, text_hash

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Masks = NDArray[np.bool_]

FOLDS, INNER_FOLDS = 5, 3
CURVE = (0.25, 0.5, 0.75, 1.0)
"""The shares of the grades that a learning curve is over."""


def folds(queries: Sequence[Query], count: int = FOLDS, seed: int = 0) -> Masks:
    """Which queries are learned from, per fold; shape (count, queries). Each query is held out in exactly one fold.

    Queries of one text, in whatever case and spacing, are in the same fold. Folds are as even as that allows. Raises
    SettingsError for fewer than two folds, and for fewer different texts than folds.
    """
    import numpy as np

    texts = list(dict.fromkeys(one_text(query) for query in queries))
    if count < 2 or len(texts) < count:
        raise SettingsError(f"{count} folds need at least 2, and as many different queries; there are {len(texts)}.")
    order = np.random.default_rng(seed).permutation(len(texts))
    fold_of = {texts[place]: rank % count for rank, place in enumerate(order)}
    held = np.array([fold_of[one_text(query)] for query in queries])
    return np.stack([held != fold for fold in range(count)])


def part_of(inside: NDArray[np.bool_], share: float, seed: int = 0) -> NDArray[np.bool_]:
    """About this `share` of the queries of a mask, shape (queries,); a smaller share is within a larger one."""
    import numpy as np

    places = np.flatnonzero(inside)
    order = np.random.default_rng(seed).permutation(len(places))
    kept = np.zeros_like(inside)
    kept[places[order[: max(1, round(share * len(places)))]]] = True
    return kept


def one_text(query: Query) -> str:
    """What is equal for queries of one text, in whatever case and spacing."""
    return text_hash(" ".join(query.text.casefold().split()))
