"""What a switch from one system to another changes, in one sentence, as plain values, and query by query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rerank_core.evaluation.compare import PairedComparison
from rerank_core.evaluation.equivalence import FEWEST
from rerank_core.evaluation.numbers import count, counted, share, signed
from rerank_core.evaluation.verdict import is_sure
from rerank_core.experiment.carried_floor import Flip, Floors
from rerank_core.experiment.measured import time_words
from rerank_core.experiment.notebook_html import notebook_html

if TYPE_CHECKING:
    from pandas import DataFrame

Safety = Literal["safe", "not safe", "open"]


@dataclass(frozen=True, slots=True)
class Switch:
    """What switching from `before` to `after` changes. Labels are those of the systems, for people.

    `comparison`: B minus A on the headline. `floors`: None where no floor was asked for or none can be carried over:
    `no_floor` says why. `decided`: queries that both ranked; `tops`: qid -> the best raw score of A and of B within the
    first `k`; `flips`: those of them that go from answer to refusal or back. `times`, `prices`: p95 in seconds of
    finding and reranking, and US dollars for 1,000 queries, of A and of B; None: not known.
    """

    before: str
    after: str
    labels: tuple[str, str]
    comparison: PairedComparison
    margin: float
    k: int
    floors: Floors | None
    no_floor: str
    decided: int
    tops: Mapping[str, tuple[float | None, float | None]]
    flips: tuple[Flip, ...]
    times: tuple[float | None, float | None]
    prices: tuple[float | None, float | None]

    @property
    def safety(self) -> Safety:
        """Safe: a gain is shown, or a loss of the margin or more is ruled out at 5 %. Not safe: a loss is shown."""
        return _safety(self.comparison, self.margin)

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        parts = [_quality(self)]
        if self.floors is not None:
            parts.append(_decisions(self, self.floors))
        parts += [
            _change("takes", "at p95", self.times, time_words),
            _change("costs", "for 1,000 queries", self.prices),
        ]
        return "; ".join(part for part in parts if part) + "."

    def to_json(self) -> dict[str, Any]:
        """As plain values, for an export."""
        interval, floors = self.comparison.interval, self.floors
        return {
            "before": self.before,
            "after": self.after,
            "sentence": self.sentence,
            "safety": self.safety,
            "measure": self.comparison.measure,
            "margin": self.margin,
            "queries": self.comparison.n,
            "delta": self.comparison.mean,
            "low": interval.low if interval is not None else None,
            "high": interval.high if interval is not None else None,
            "p": self.comparison.p_value,
            "floor_before": floors.before.threshold if floors is not None else None,
            "floor_after": floors.after.threshold if floors is not None else None,
            "precision_before": floors.before.precision if floors is not None else None,
            "precision_after": floors.promised if floors is not None else None,
            "precision_held_out_before": floors.held_out_before if floors is not None else None,
            "precision_held_out_after": floors.held_out if floors is not None else None,
            "no_floor": self.no_floor,
            "decided": self.decided,
            "flips": len(self.flips),
            "p95_seconds": list(self.times),
            "usd_per_1000": list(self.prices),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row per query whose decision flips, in the order of the queries."""
        return [
            {
                "qid": flip.qid,
                "before": "refuses" if flip.answered else "answers",
                "after": "answers" if flip.answered else "refuses",
                "score_before": flip.before,
                "score_after": flip.after,
                "shown": flip.shown,
            }
            for flip in self.flips
        ]

    def table(self) -> DataFrame:
        """`rows` as a data frame, with its columns also where no decision flips."""
        from pandas import DataFrame

        names = ["qid", "before", "after", "score_before", "score_after", "shown"]
        return DataFrame(self.rows(), columns=names)

    def __str__(self) -> str:
        return "\n".join([self.sentence, *self._more()])

    def _repr_html_(self) -> str:
        return notebook_html([self.sentence, *filter(None, [self.no_floor])], self.table())

    def _more(self) -> list[str]:
        table = [self.table().to_string(index=False)] if self.flips else []
        return [*filter(None, [self.no_floor]), *table]


def _safety(comparison: PairedComparison, margin: float) -> Safety:
    if comparison.ties == comparison.n >= FEWEST:
        return "safe"
    if comparison.equivalence is not None and comparison.equivalence.low > -margin:
        return "safe"
    if is_sure(comparison):
        return "safe" if (comparison.mean or 0.0) > 0 else "not safe"
    return "open"


def _quality(found: Switch) -> str:
    before, after = found.labels
    comparison = found.comparison
    if comparison.mean is None:
        return f"Cannot tell whether {after} is as good as {before}: no graded query was ranked by both"
    if comparison.ties == comparison.n >= FEWEST:
        return f"Safe to switch: {after} is as good as {before} on every query"
    numbers = f"{signed(comparison.mean)} {comparison.measure}, {counted(comparison.n, 'query', 'queries')}"
    if found.safety == "safe":
        gain = comparison.mean > 0 and is_sure(comparison)
        how = f"better than {before}" if gain else f"not worse than {before} by {found.margin:g} or more"
        return f"Safe to switch: {after} is {how} ({numbers})"
    if found.safety == "not safe":
        return f"Not safe to switch: {after} is worse than {before} ({numbers})"
    return f"Too close to call whether {after} is as good as {before} ({numbers})"


def _decisions(found: Switch, floors: Floors) -> str:
    flips = len(found.flips)
    refused = sum(not flip.answered for flip in found.flips)
    kinds = [
        f"{count(n)} from {way}"
        for n, way in ((refused, "answer to refusal"), (flips - refused, "refusal to answer"))
        if n
    ]
    how = f" ({', '.join(kinds)})" if kinds else ""
    part = share(flips / found.decided) if found.decided else "0 %"
    return (
        f"with a floor of {floors.after.threshold:.4g} in place of {floors.before.threshold:.4g} it is as precise, and "
        f"{part} of {counted(found.decided, 'query', 'queries')} change{how}"
    )


def _change(verb: str, what: str, both: tuple[float | None, float | None], words: Any = None) -> str:
    before, after = both
    write = words or (lambda value: f"${value:,.2f}")
    if after is None and before is None:
        return ""
    if after is None or before is None:
        known, which = (after, "it") if after is not None else (before, "the old one")
        return f"{which} {verb} {write(known)} {what} (the other is not known)"
    return f"it {verb} {write(after)} {what} instead of {write(before)}"
