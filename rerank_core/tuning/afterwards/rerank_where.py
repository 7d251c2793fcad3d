"""When reranking is worth its time: the answer in one sentence, as a router, and as a curve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rerank_core.errors import SettingsError
from rerank_core.evaluation.compare import PairedComparison
from rerank_core.evaluation.numbers import counted, figure, share, signed
from rerank_core.experiment.notebook_html import notebook_html
from rerank_core.retrieval.first_stage_signals import WORDS
from rerank_core.systems.composites.spec import BELOW, FROM, Condition, Router, Rule
from rerank_core.systems.systems import FIRST_STAGE

if TYPE_CHECKING:
    from pandas import DataFrame

SURE = 0.05


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """What reranking a part of the queries gives, on queries that did not choose the floor.

    `share`: of the queries that were reranked, 0 to 1; `value`: the mean of the measure over all; `by_chance`: the same
    where as many queries are drawn at random. `ms`: reranking per query, mean over all of them; `usd`: for 1,000
    queries; None: not known.
    """

    share: float
    value: float
    by_chance: float
    ms: float | None
    usd: float | None


@dataclass(frozen=True, slots=True)
class WhenToRerank:
    """When a system is worth asking, over `qids`: graded queries that the system has ranked.

    `condition`: of the queries to rerank, fitted on all of them; None: rerank all, or none (`share` 1.0 or 0.0 says
    which). `share`: of the queries that meet it. `p_value`: how often signals that say nothing order the gains as well;
    corrected for all signals that were tried. `never`, `always`: means of the measure without and with reranking.
    `held_out`: the mean where each query is routed by a floor that was fitted without it, `held_out_share`: how many of
    them are reranked then; `lost`: that against reranking all. `curve`: by share, held out.
    """

    system: str
    label: str
    measure: str
    margin: float
    qids: tuple[str, ...]
    condition: Condition | None
    share: float
    p_value: float
    never: float
    always: float
    held_out: float
    held_out_share: float
    lost: PairedComparison
    curve: tuple[CurvePoint, ...]

    @property
    def foretells(self) -> bool:
        """Whether a signal orders the queries better than chance does."""
        return self.p_value < SURE

    @property
    def sentence(self) -> str:
        """The answer in one sentence."""
        gain = f"{self.label} changes {self.measure} by {signed(self.always - self.never)}"
        matters = self.always - self.never >= self.margin
        if self.share == 0.0 or not (self.foretells or matters):
            small = self.always >= self.never and not matters
            why = f", and a gain of less than {self.margin:g} does not matter to you" if small else ""
            tells = "" if self.foretells else f"; no signal of the first stage tells where it helps ({self._proof})"
            return f"Rerank nothing: {gain}{why}{tells}."
        if not self.foretells:
            return (
                f"Rerank every query: {gain}, and no signal of the first stage tells on which queries ({self._proof})."
            )
        if self.condition is None:
            return (
                f"Rerank every query: {gain}. A signal tells on which queries it does most, but leaving any out loses "
                f"{self.margin:g} or more."
            )
        reach = self.lost.interval
        interval = f", 95 % CI {signed(reach.low)} … {signed(reach.high)}" if reach is not None else ""
        return (
            f"Rerank where the {said(self.condition)}: on queries that did not choose it, {share(self.held_out_share)} "
            f"are reranked for {figure(self.held_out)} {self.measure}; reranking all gives {figure(self.always)} "
            f"({signed(self.lost.mean or 0.0)}{interval}), reranking none {figure(self.never)}."
        )

    @property
    def _proof(self) -> str:
        return f"p = {figure(self.p_value, 2)}, {counted(len(self.qids), 'query', 'queries')}"

    def rows(self) -> list[dict[str, float | None]]:
        """The curve, one row per point: share, value, by_chance, ms, usd_per_1000."""
        return [
            {"share": one.share, "value": one.value, "by_chance": one.by_chance, "ms": one.ms, "usd_per_1000": one.usd}
            for one in self.curve
        ]

    def table(self) -> DataFrame:
        """`rows` as a data frame."""
        from pandas import DataFrame

        return DataFrame(self.rows())

    def __str__(self) -> str:
        return "\n".join([self.sentence, self.table().to_string(index=False)])

    def _repr_html_(self) -> str:
        return notebook_html([self.sentence], self.table())

    def router(self) -> Router:
        """The system that does it. Raises SettingsError where nothing is to be routed."""
        if self.condition is None or not self.foretells:
            raise SettingsError("No signal tells where to rerank, so there is nothing to route.")
        return Router((Rule((self.condition,), self.system),), FIRST_STAGE)


def said(condition: Condition) -> str:
    """The condition in words."""
    side = "is below" if condition.feature.endswith(BELOW) else "is at least"
    signal = condition.feature.removesuffix(BELOW).removesuffix(FROM)
    return f"{WORDS[signal]} {side} {float(condition.value):.3g}"
