"""The first passages of one query under many settings at once, in arrays; equal to what the app would rank.

`retrieval/fusion.py` and `systems/composites/blend.py` say what a setting means; tests hold the two to each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.tuning.query_lists import QueryLists
from rerank_core.tuning.search_space import FirstStage, Setting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

_BELOW = 1e300
"""Sorts after every score and before what is not returned."""
_SIGMAS = 3.0
"""Distribution-based fusion takes mean ± 3 deviations for the ends of its scale."""


@dataclass(frozen=True, slots=True)
class _Fusions:
    """First stages that differ by a number alone: `numbers` are RRF's k or the second list's weight, shape (m,).

    `rows`: where they stand in their block's table of first stages.
    """

    lists: tuple[str, ...]
    fusion: str
    rows: Places
    numbers: Floats


@dataclass(frozen=True, slots=True)
class _Block:
    """The settings of one depth. `plain`, `reranked`: their places among all settings; `*_first`: of their first stage.

    The reranked ones' values, shape (m, 1): `share`, `by_minmax`, `keep` (inf: no cascade), `floor` (-inf: none).
    """

    depth: int
    firsts: int
    fusions: tuple[_Fusions, ...]
    plain: Places
    plain_first: Places
    reranked: Places
    reranked_first: Places
    share: Floats
    by_minmax: NDArray[np.bool_]
    keep: Floats
    floor: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings sorted by what they share, once for all queries."""

    settings: int
    blocks: tuple[_Block, ...]


def planned(settings: Sequence[Setting]) -> Plan:
    """The plan of these settings, for `places_of`."""
    by_depth: dict[int, list[int]] = {}
    for row, setting in enumerate(settings):
        by_depth.setdefault(setting.first.depth, []).append(row)
    return Plan(len(settings), tuple(_block(settings, depth, rows) for depth, rows in by_depth.items()))


def _block(settings: Sequence[Setting], depth: int, rows: Sequence[int]) -> _Block:
    import numpy as np

    place = {first: at for at, first in enumerate(dict.fromkeys(settings[row].first for row in rows))}
    alike: dict[tuple[tuple[str, ...], str], list[FirstStage]] = {}
    for first in place:
        alike.setdefault((first.lists, first.fusion if len(first.lists) > 1 else ""), []).append(first)
    fusions = tuple(
        _Fusions(
            names,
            fusion,
            np.array([place[first] for first in firsts]),
            np.array([first.rrf_k if fusion == "rrf" else first.weight for first in firsts], dtype=float),
        )
        for (names, fusion), firsts in alike.items()
    )
    plain = [row for row in rows if settings[row].reranking is None]
    reranked = [(row, one) for row in rows if (one := settings[row].reranking) is not None]
    return _Block(
        depth=depth,
        firsts=len(place),
        fusions=fusions,
        plain=np.array(plain, dtype=np.int64),
        plain_first=np.array([place[settings[row].first] for row in plain], dtype=np.int64),
        reranked=np.array([row for row, _ in reranked], dtype=np.int64),
        reranked_first=np.array([place[settings[row].first] for row, _ in reranked], dtype=np.int64),
        share=np.array([[one.share] for _, one in reranked]),
        by_minmax=np.array([[one.scale == "minmax"] for _, one in reranked]),
        keep=np.array([[np.inf if one.keep is None else one.keep] for _, one in reranked]),
        floor=np.array([[-np.inf if one.floor is None else one.floor] for _, one in reranked]),
    )


def top_places(lists: QueryLists, settings: Sequence[Setting], k: int, system: str = "", cheap: str = "") -> Places:
    """Places in `lists.docids`, best first, -1 where nothing more is returned; shape (settings, k).

    `system`: the reranker of the settings that have one; `cheap`: the first step of its cascade. A passage that a
    reranker did not score stands below all that it did, in candidate order. Raises SettingsError where a weighted
    fusion meets a list without scores.
    """
    return places_of(lists, planned(settings), k, system, cheap)


def places_of(lists: QueryLists, plan: Plan, k: int, system: str = "", cheap: str = "") -> Places:
    """`top_places` of settings that are planned already."""
    import numpy as np

    places = np.full((plan.settings, k), -1, dtype=np.int64)
    if not lists.docids:
        return places
    for block in plan.blocks:
        fused = np.empty((block.firsts, len(lists.docids)))
        keys = np.empty_like(fused)
        for alike in block.fusions:
            fused[alike.rows] = _fused(lists, alike, block.depth)
            # an imported run's own order is its ranks, also where its scores tie or say something else
            keys[alike.rows] = -fused[alike.rows] if len(alike.lists) > 1 else _own_order(lists, alike.lists[0])
        order = np.argsort(np.where(np.isneginf(fused), np.inf, keys), axis=1, kind="stable")[:, : block.depth]
        values = np.take_along_axis(fused, order, axis=1)
        order = np.where(np.isneginf(values), -1, order)
        if len(block.plain):
            top = order[block.plain_first, :k]
            places[block.plain, : top.shape[1]] = top
        if len(block.reranked):
            index = block.reranked_first
            top = _reranked(lists, order[index], values[index], block, k, system, cheap)
            places[block.reranked, : top.shape[1]] = top
    return places


def _fused(lists: QueryLists, alike: _Fusions, depth: int) -> Floats:
    """The fused score of each passage, -inf where no list holds it within the depth; shape (m, n)."""
    import numpy as np

    within = [(lists.ranks[name] > 0) & (lists.ranks[name] <= depth) for name in alike.lists]
    if len(alike.lists) == 1:
        name = alike.lists[0]
        # without scores a list's own order is its rank
        ranked = lists.scores.get(name, -lists.ranks[name].astype(float))
        return np.broadcast_to(np.where(within[0], ranked, -np.inf), (len(alike.rows), len(ranked)))
    if alike.fusion == "rrf":
        parts = [
            np.where(inside, 1.0 / (alike.numbers[:, None] + lists.ranks[name]), 0.0)
            for name, inside in zip(alike.lists, within, strict=True)
        ]
    else:
        if missing := [name for name in alike.lists if name not in lists.scores]:
            raise SettingsError(f"{missing[0]} gave an order without scores: fuse it by rrf.")
        shares = (1.0 - alike.numbers, alike.numbers)
        parts = [
            share[:, None] * _scaled(lists.scores[name], inside, alike.fusion)
            for name, inside, share in zip(alike.lists, within, shares, strict=True)
        ]
    fused: Floats = np.where(within[0] | within[1], parts[0] + parts[1], -np.inf)
    return fused


def _own_order(lists: QueryLists, name: str) -> Floats:
    """What sorts the passages of one list into its order; shape (n,)."""
    return lists.ranks[name].astype(float)


def _scaled(scores: Floats, inside: NDArray[np.bool_], fusion: str) -> Floats:
    """One list's scores on the fusion's scale; what it does not hold gets what `retrieval/fusion.py` gives it."""
    import numpy as np

    n = int(inside.sum())
    if not n:
        return np.zeros(len(scores))
    own = scores[inside]
    low, high = own.min(), own.max()
    if fusion == "minmax":
        scaled: Floats = (scores - low) / (high - low) if high > low else np.ones(len(scores))
        return np.where(inside, scaled, 0.0)
    if fusion == "zscore":
        if high == low:
            return np.zeros(len(scores))
        scaled = (scores - own.mean()) / own.std()
        return np.where(inside, scaled, scaled[inside].min())
    deviation = own.std(ddof=1) if n > 1 else 0.0
    if deviation == 0.0:
        return np.where(inside, 0.5, 0.0)
    bottom = own.mean() - _SIGMAS * deviation
    return np.where(inside, (scores - bottom) / (2 * _SIGMAS * deviation), 0.0)


def _reranked(
    lists: QueryLists, order: Places, values: Floats, block: _Block, k: int, system: str, cheap: str
) -> Places:
    """The first k of each row after reranking. `order`, `values`: the candidates, best first; shape (rows, depth)."""
    import numpy as np

    beyond = np.zeros(order.shape, dtype=bool)
    if cheap:
        # the second step gets what the first one kept in the first one's order; what it cut stands below, in that order
        step = np.where(order >= 0, lists.reranked[cheap][order], np.nan)
        steps = np.argsort(np.where(np.isnan(step), np.inf, -step), axis=1, kind="stable")
        in_steps = np.isfinite(block.keep)
        order = np.where(in_steps, np.take_along_axis(order, steps, axis=1), order)
        values = np.where(in_steps, np.take_along_axis(values, steps, axis=1), values)
        beyond = np.arange(order.shape[1])[None, :] >= block.keep
    raw = np.where(order >= 0, lists.reranked[system][order], np.nan)
    missing, absent = np.isnan(raw), order < 0
    share = block.share
    blended = raw
    if (share < 1.0).any():
        theirs = np.where(block.by_minmax, _minmax(raw, missing), _zscore(raw, missing))
        first = np.where(block.by_minmax, _minmax(values, absent), _zscore(values, absent))
        blended = np.where(share < 1.0, (1.0 - share) * first + share * theirs, raw)
    # what has no score does not reach a floor
    unread = np.isfinite(block.floor) & (missing | beyond) | np.isposinf(block.floor)
    dropped = absent | (raw < block.floor) | unread
    below = beyond | np.isnan(blended)
    sort = np.where(dropped, np.inf, np.where(below, _BELOW, -np.where(below, 0.0, blended)))
    best = np.argsort(sort, axis=1, kind="stable")[:, :k]
    top = np.take_along_axis(order, best, axis=1)
    return np.where(np.take_along_axis(dropped, best, axis=1), -1, top)


def _minmax(values: Floats, absent: NDArray[np.bool_]) -> Floats:
    """Each row from 0 to 1, all 1 where its values are equal; absent ones are 0."""
    import numpy as np

    low = np.where(absent, np.inf, values).min(axis=1, keepdims=True)
    high = np.where(absent, -np.inf, values).max(axis=1, keepdims=True)
    span = high - low
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(span > 0, (values - low) / span, 1.0)
    return np.where(absent, 0.0, scaled)


def _zscore(values: Floats, absent: NDArray[np.bool_]) -> Floats:
    """Each row with mean 0 and population deviation 1, all 0 where its values are equal; absent ones the lowest."""
    import numpy as np

    count = np.maximum((~absent).sum(axis=1, keepdims=True), 1)
    known = np.where(absent, 0.0, values)
    mean = known.sum(axis=1, keepdims=True) / count
    deviation = np.sqrt((np.where(absent, 0.0, values - mean) ** 2).sum(axis=1, keepdims=True) / count)
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.where(deviation > 0, (values - mean) / deviation, 0.0)
    return np.where(absent, np.where(absent, np.inf, scaled).min(axis=1, keepdims=True), scaled)
