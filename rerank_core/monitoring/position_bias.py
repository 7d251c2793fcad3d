"""How much more a passage is clicked for standing higher: a position-based model, fitted to the clicks by EM.

A click on place k needs that the place is looked at, with the probability θ(k), and that the passage attracts, with
α(query, passage), one independent of the other: Craswell, Zoeter, Taylor and Ramsey, "An experimental comparison of
click position-bias models", 2008, doi 10.1145/1341531.1341545. The fit by expectation and maximisation: Chuklin, Markov
and de Rijke, "Click Models for Web Search", 2015, chapter 4, doi 10.2200/S00654ED1V01Y201507ICR043.

Nothing tells the two apart where every passage always stood at one place. So θ is known only for places that passages
changed with place 1, at once or by way of others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "position-based model, EM"
MOST_PLACES = 50
FEWEST_CLICKS = 50
_ROUNDS, _CLOSE = 500, 1e-5
_PRIOR = 2.0
"""So many showings at the average attraction are added to each pair: one click of one showing is no certainty."""

Shown = tuple[str, str, int, bool]
"""(query's key, docid, place from 1, whether it was clicked): one passage of one list that a person was given."""


@dataclass(frozen=True, slots=True)
class Attraction:
    """A pair of query and passage: how often it was shown and clicked, and what is left without the place, 0 to 1."""

    shown: int
    clicks: int
    value: float


@dataclass(frozen=True, slots=True)
class PositionModel:
    """How places are looked at, and what each pair attracts.

    `looked_at`: place -> θ, 1 for place 1; only places that can be told. `pairs`: (query's key, docid) -> attraction,
    of pairs that were shown at such a place. `shown`, `clicks`: how many there were at these places.
    """

    looked_at: Mapping[int, float]
    pairs: Mapping[tuple[str, str], Attraction]
    shown: int
    clicks: int


def fit(shown: Iterable[Shown], most_places: int = MOST_PLACES) -> PositionModel | None:
    """Fit the model to what was shown; places beyond `most_places` are left out.

    None where it cannot be told: fewer than 50 clicks, or no passage stood at place 1 and at another one.
    """
    import numpy as np

    cells: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(lambda: [0, 0])
    for query, docid, place, clicked in shown:
        if place <= most_places:
            cell = cells[(query, docid), place]
            cell[0] += 1
            cell[1] += clicked
    known = _connected(cells)
    cells = {cell: n for cell, n in cells.items() if cell[1] in known}
    clicks = sum(n[1] for n in cells.values())
    if len(known) < 2 or clicks < FEWEST_CLICKS:
        return None
    pairs = {pair: place for place, pair in enumerate(dict.fromkeys(pair for pair, _ in cells))}
    places = sorted(known)
    of_pair = np.array([pairs[pair] for pair, _ in cells])
    of_place = np.array([places.index(place) for _, place in cells])
    counts = np.array(list(cells.values()), dtype=np.float64)
    theta, alpha = _fitted(of_pair, of_place, counts[:, 0], counts[:, 1])
    shown_of, clicks_of = (np.bincount(of_pair, counts[:, column]).astype(int) for column in (0, 1))
    scale = float(theta[0])
    found = {
        pair: Attraction(int(shown_of[place]), int(clicks_of[place]), float(min(1.0, alpha[place] * scale)))
        for pair, place in pairs.items()
    }
    looked_at = {place: float(theta[number] / scale) for number, place in enumerate(places)}
    return PositionModel(looked_at, found, int(counts[:, 0].sum()), clicks)


def _connected(cells: Mapping[tuple[tuple[str, str], int], list[int]]) -> set[int]:
    """The places that passages changed with place 1, at once or by way of others; with place 1, where it is one."""
    together: dict[tuple[str, str], set[int]] = defaultdict(set)
    for pair, place in cells:
        together[pair].add(place)
    beside: dict[int, set[int]] = defaultdict(set)
    for places in together.values():
        for place in places:
            beside[place] |= places
    reached, waiting = set(), [1] if 1 in beside else []
    while waiting:
        place = waiting.pop()
        if place not in reached:
            reached.add(place)
            waiting += beside[place] - reached
    return reached


def _fitted(
    pair: NDArray[np.int64], place: NDArray[np.int64], shown: NDArray[np.float64], clicks: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(θ by place, α by pair): each round takes what each showing without a click was likely to be."""
    import numpy as np

    missed = shown - clicks
    shown_at, shown_of = np.bincount(place, shown), np.bincount(pair, shown)
    theta, alpha = np.full(len(shown_at), 0.5), np.full(len(shown_of), 0.5)
    for _ in range(_ROUNDS):
        t, a = theta[place], alpha[pair]
        neither = np.maximum(1e-12, 1 - t * a)
        looked = np.bincount(place, clicks + missed * t * (1 - a) / neither) / shown_at
        attracted = np.bincount(pair, clicks + missed * a * (1 - t) / neither)
        mean = float(attracted.sum() / shown_of.sum())
        drawn = (attracted + _PRIOR * mean) / (shown_of + _PRIOR)
        far = float(np.abs(looked - theta).max())
        theta, alpha = np.clip(looked, 1e-6, 1.0), np.clip(drawn, 1e-6, 1.0)
        if far < _CLOSE:
            break
    return theta, alpha
