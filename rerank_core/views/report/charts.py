"""The charts of the report: each query's change, where the gains are, what is lost, quality against time.

They are drawn by hand, not by Altair as in the app: the report is one file that must open offline and run no script,
and a Vega chart needs a script to draw it. To draw it beforehand would take vl-convert (88 MB installed, version 1.9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10

from rerank_core.evaluation.numbers import signed
from rerank_core.evaluation.pareto import Front, Point
from rerank_core.evaluation.slices import SliceDelta
from rerank_core.experiment.losses import SystemLoss
from rerank_core.text import shortened
from rerank_core.types import Query
from rerank_core.views.report.shapes import Box, Drawing, Label, Mark, Stroke

WIDTH = 720.0
FEW = 5
"""A mean over fewer queries is drawn pale: it may be chance."""
_LETTER = 6.4  # the mean width of a letter at the drawing's size, in the drawing's units
_OUTCOMES = (("won", "better"), ("tied", "the same"), ("lost", "worse"))


def differences_drawing(
    deltas: Mapping[str, float], queries: Mapping[str, Query], system: str, measure: str
) -> Drawing:
    """One bar per query, the biggest win on the left; zero changes stand as ticks on the line."""
    order = sorted(deltas, key=lambda qid: (-deltas[qid], qid))
    reach = max((abs(value) for value in deltas.values()), default=0.0) or 1.0
    left, top, height = 56.0, 10.0, 200.0
    middle, scale, step = top + height / 2, height / 2 / reach, (WIDTH - left - 8) / max(1, len(order))
    shapes: list[Box | Stroke | Mark | Label] = [
        *(Stroke(((left, middle - part * height / 2), (WIDTH - 8, middle - part * height / 2)), "grid")
          for part in (1, 0.5, -0.5, -1)),
        Stroke(((left, middle), (WIDTH - 8, middle)), "zero"),
    ]  # fmt: skip
    for part in (1.0, 0.5, 0.0, -0.5, -1.0):
        shapes.append(Label(left - 6, middle - part * height / 2 + 4, signed(part * reach), "end", "small"))
    for place, qid in enumerate(order):
        value = deltas[qid]
        size = abs(value) * scale or 1.0
        look = "won" if value > 0 else "lost" if value < 0 else "tied"
        y = middle - size if value >= 0 else middle
        tip = f"{_cut(queries[qid].text, 120 * _LETTER)}: {signed(value)}"
        shapes.append(Box(left + place * step, y, max(0.3, step * 0.8), size, look, tip))
    shapes.append(Label((left + WIDTH) / 2, top + height + 22, f"{len(order):,} queries, biggest win first", "middle"))
    won, lost = sum(value > 0 for value in deltas.values()), sum(value < 0 for value in deltas.values())
    sentence = (
        f"Of {len(order):,} queries {system} is better on {won:,}, worse on {lost:,} and the same on "
        f"{len(order) - won - lost:,}; the largest changes are {signed(max(deltas.values(), default=0.0))} and "
        f"{signed(min(deltas.values(), default=0.0))}."
    )
    return Drawing(f"Change in {measure}, query by query", sentence, WIDTH, top + height + 30, shapes, _OUTCOMES)


def slices_drawing(slices: Sequence[SliceDelta], measure: str) -> Drawing | None:
    """One bar per slice of the queries, the one with the largest gain first; None where there is nothing to slice."""
    rows = sorted((slice_ for slice_ in slices if slice_.mean is not None), key=lambda slice_: -(slice_.mean or 0.0))
    if not rows:
        return None
    left, row_height = 250.0, 22.0
    reach = max(abs(slice_.mean or 0.0) for slice_ in rows) or 1.0
    zero = left + (WIDTH - left - 110) / 2
    scale = (WIDTH - left - 110) / 2 / reach
    bottom = 6 + row_height * len(rows)
    shapes: list[Box | Stroke | Mark | Label] = [Stroke(((zero, 2.0), (zero, bottom)), "zero")]
    for place, slice_ in enumerate(rows):
        mean, y = slice_.mean or 0.0, 6 + place * row_height
        look = "won" if mean > 0 else "lost" if mean < 0 else "tied"
        size = max(1.0, abs(mean) * scale)
        tip = f"{slice_.name}: {signed(mean)} over {slice_.n:,} queries, {slice_.wins:,} won, {slice_.losses:,} lost"
        start = zero if mean >= 0 else zero - size
        shapes.append(Box(start, y, size, row_height - 6, f"{look} few" if slice_.n < FEW else look, tip))
        shapes.append(Label(left - 8, y + 12, _cut(f"{slice_.name} (n = {slice_.n:,})", left - 8), "end"))
        shapes.append(Label(WIDTH - 4, y + 12, signed(mean), "end", "small"))
    sentence = "; ".join(f"{slice_.name} {signed(slice_.mean or 0.0)} over {slice_.n:,}" for slice_ in rows)
    legend = (("won", "helps"), ("lost", "hurts"), ("won few", f"fewer than {FEW} queries: may be chance"))
    return Drawing(f"Where the gains are: mean change in {measure}", f"{sentence}.", WIDTH, bottom + 4, shapes, legend)


def loss_drawing(losses: Mapping[str, SystemLoss], k: int) -> Drawing | None:
    """One bar per system from 0 to 1: what it reached and what retrieval and ordering lost; None without losses."""
    known = [loss for loss in losses.values() if loss.mean is not None]
    if not known:
        return None
    left, row_height = 250.0, 34.0
    scale = WIDTH - left - 8
    shapes: list[Box | Stroke | Mark | Label] = []
    sentences = []
    for place, loss in enumerate(known):
        assert loss.mean is not None
        parts = {"reached": loss.mean.actual, "ordering": loss.mean.ordering, "retrieval": loss.mean.retrieval}
        x, y = left, 4 + place * row_height
        shapes.append(Label(left - 8, y + 17, _cut(loss.label, left - 8), "end"))
        for look, value in parts.items():
            words = f"{value:.3f}"
            shapes.append(Box(x, y, value * scale, row_height - 8, look, f"{loss.label}, {look}: {words}"))
            if value * scale > _LETTER * len(words) + 6:
                shapes.append(Label(x + value * scale / 2, y + 17, words, "middle", f"on-{look}"))
            x += value * scale
        sentences.append(
            f"{loss.label} reached {parts['reached']:.3f}, lost {parts['ordering']:.3f} by ordering and "
            f"{parts['retrieval']:.3f} by retrieval, over {loss.n:,} queries"
        )
    legend = (("reached", f"nDCG@{k} reached"), ("ordering", "lost by ordering"), ("retrieval", "lost by retrieval"))
    height = 4 + row_height * len(known)
    return Drawing(f"Loss in nDCG@{k}", f"{'; '.join(sentences)}.", WIDTH, height, shapes, legend)


def pareto_drawing(points: Sequence[Point], front: Front, measure: str) -> Drawing | None:
    """Quality upward, milliseconds per query to the right (logarithmic); None with fewer than two known points."""
    known = sorted(
        (point for point in points if point.latency and point.quality is not None and point.name not in front.excluded),
        key=lambda point: (point.latency or 0.0, point.name),
    )
    if len(known) < 2:
        return None
    left, right, top, bottom = 64.0, WIDTH - 20.0, 24.0, 250.0
    times = [log10((point.latency or 0.0) * 1000) for point in known]
    values = [point.quality or 0.0 for point in known]
    across = _axis(min(times), max(times), left + 60, right - 150, 0.2)
    up = _axis(min(values), max(values), bottom - 24, top + 16, 0.02)
    shapes: list[Box | Stroke | Mark | Label] = [
        Stroke(((left, bottom), (right, bottom)), "zero"),
        Stroke(((left, top), (left, bottom)), "zero"),
        Label((left + right) / 2, bottom + 36, "median time of a query, ms (logarithmic)", "middle"),
    ]
    for value in sorted({min(values), max(values)}):
        shapes.append(Label(left - 6, _place(up, value) + 4, f"{value:.3f}", "end", "small"))
    best = [(_place(across, t), _place(up, v)) for point, t, v in zip(known, times, values, strict=True)
            if point.name in front.best]  # fmt: skip
    if len(best) > 1:
        shapes.append(Stroke(tuple(best), "front-line"))
    taken: list[tuple[float, float, float]] = []
    for point, time, value in zip(known, times, values, strict=True):
        x, y, won = _place(across, time), _place(up, value), point.name in front.best
        cost = f", ${point.cost:,.4f} for 1,000 queries" if point.cost is not None else ""
        by = front.beaten.get(point.name, ())
        tip = f"{point.name}: {measure} {value:.4f}, {10**time:,.1f} ms{cost}" + (
            f"; better and faster: {', '.join(by)}" if by else ""
        )
        shapes.append(Mark(x, y, "diamond" if won else "circle", "front" if won else "beaten", tip))
        shapes.append(Label(x, bottom + 18, f"{10**time:,.0f}", "middle", "small"))
        shapes.append(_named(point.name, x, y, taken))
    sentence = "; ".join(
        f"{point.name}: {value:.4f} in {10**time:,.1f} ms, {_standing(point.name, front)}"
        for point, time, value in zip(known, times, values, strict=True)
    )
    legend = (
        ("front", "◆ worth considering: no other system is better in one of the two and worse in neither"),
        ("beaten", "● another is better and faster"),
    )
    return Drawing(f"{measure} against time", f"{sentence}.", WIDTH, bottom + 46, shapes, legend)


Axis = tuple[float, float, float, float]


def _axis(low: float, high: float, start: float, end: float, least: float) -> Axis:
    """From values to places; a range of less than `least` is widened, so that noise does not look like a difference."""
    missing = max(0.0, least - (high - low))
    return low - missing / 2, high + missing / 2, start, end


def _place(axis: Axis, value: float) -> float:
    """The place of a value on an axis."""
    low, high, start, end = axis
    return start + (value - low) / (high - low) * (end - start)


def _named(name: str, x: float, y: float, taken: list[tuple[float, float, float]]) -> Label:
    """The name beside its mark, moved down until it covers no other name."""
    words = _cut(name, 210)
    width, base = _LETTER * len(words), y - 12
    start = min(x + 8, WIDTH - 4 - width)
    while any(abs(base - other) < 13 and start < end and begin < start + width for begin, end, other in taken):
        base += 13
    taken.append((start, start + width, base))
    return Label(start, base, words)


def _cut(words: str, room: float) -> str:
    return shortened(words, max(4, int(room / _LETTER)))


def _standing(name: str, front: Front) -> str:
    return "worth considering" if name in front.best else "another is better and faster"
