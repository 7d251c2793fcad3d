"""The figures over all queries, made once for a view and kept until a grade or a ranking comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui.view import View
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.slices import query_slices
from rerank_core.experiment import job_requests
from rerank_core.experiment.chosen_on import chosen_on_queries
from rerank_core.experiment.depth import DepthPoint, depth_curve
from rerank_core.experiment.differences import QueryDifference, differences
from rerank_core.experiment.efficiency import Efficiency, efficiencies
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.figures import Figures, of_slices
from rerank_core.experiment.job_requests import RunRequest
from rerank_core.experiment.losses import SystemLoss, system_losses
from rerank_core.experiment.margin import margin_of
from rerank_core.experiment.summary import Summary, summarise
from rerank_core.experiment.switched import Switch
from rerank_core.experiment.switching import switch
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.judging.deciding import Deciding, Duel
from rerank_core.judging.llm.figures import Side, sides
from rerank_core.judging.next_grade.decision import Decision
from rerank_core.store import judgments, rankings
from rerank_core.store.llm_grades import LlmJudge, Pair
from rerank_core.systems.systems import System
from rerank_core.tuning.afterwards.rerank_where import WhenToRerank
from rerank_core.tuning.afterwards.when_to_rerank import when_to_rerank

Stamp = tuple[object, ...]

_MOST_DECIDED_AT_ONCE = 1_000
"""Graded queries up to which the page says, unasked, how many passages could decide."""


def figures(view: View, measures: Sequence[Measure], only: Sequence[str] = (), own_left_out: bool = False) -> Figures:
    """The whole set of this view with its summary and its losses; `only`: over the queries of these slices.

    `own_left_out`: without the passages that have their query's own id.
    """
    experiment = view.experiment
    stamp = _stamp(experiment)
    everything = whole = _whole_set(stamp, experiment)
    if only:
        stamp = (*stamp, *only)
        whole = _part(stamp, everything, only)
    if own_left_out:
        stamp = (*stamp, "without own passages")
        whole = _without_own(stamp, whole)
    margin = margin_of(experiment.workspace, experiment.dataset)
    summary = _summary(
        (*stamp, tuple(measures), view.baseline, view.level, margin), whole, measures, experiment, margin
    )
    losses = _losses((*stamp, summary.k, summary.qids), whole, summary)
    with experiment.workspace.open() as db:
        run = job_requests.latest(db, RunRequest.of(view.ready))
    # a run is written down when its job ends, a little after its last ranking
    efficiency = _efficiencies((*stamp, run.state if run is not None else ""), experiment, whole)
    chosen = chosen_on_queries(experiment, [whole.queries[qid] for qid in summary.qids])
    return Figures(experiment, everything, whole, summary, losses, efficiency, tuple(only), own_left_out, stamp, chosen)


def slices(whole: WholeSet) -> dict[str, list[str]]:
    """The slices of its queries: name -> qids."""
    return query_slices(whole.queries.values())


def all_differences(figures: Figures) -> dict[str, dict[str, QueryDifference]]:
    """System -> qid -> how much it differs from the baseline there."""
    summary, experiment = figures.summary, figures.experiment
    stamp = (*figures.stamp, summary.headline, experiment.baseline, experiment.level)
    return _differences(stamp, figures.whole, summary)


def whole_set(experiment: Experiment) -> tuple[WholeSet, Stamp]:
    """The whole set of this experiment, and the stamp that changes with it."""
    stamp = _stamp(experiment)
    return _whole_set(stamp, experiment), stamp


def llm_sides(
    stamp: Stamp,
    experiment: Experiment,
    whole: WholeSet,
    judge: LlmJudge,
    graded: Mapping[Pair, int],
    measure: Measure,
) -> list[Side]:
    """The verdicts with and without an LLM's grades; `stamp` changes with the whole set and with the grades."""
    margin = margin_of(experiment.workspace, experiment.dataset)
    key = (*stamp, judge, len(graded), str(measure), experiment.baseline, experiment.level, margin)
    return _llm_sides(key, experiment, whole, graded, measure, margin)


def curve(figures: Figures, system: System) -> list[DepthPoint]:
    """The depth curve of a system on the headline, as far as its rankings are there."""
    stamp = (*figures.stamp, system.key, figures.summary.headline, figures.experiment.level)
    return _curve(stamp, figures, system)


def switched(
    figures: Figures,
    before: str,
    after: str,
    floor: float | None,
    precision: float | None,
    k: int,
    price: float | None,
) -> Switch:
    """What changes with `after` in place of `before`, see `experiment.switching`; raises as it does."""
    chosen = (before, after, floor, precision, k, price)
    summary = figures.summary
    key = (*figures.stamp, summary.headline, summary.margin, figures.experiment.level, *_timed(figures), *chosen)
    return _switched(key, figures, *chosen)


def when(figures: Figures, system: str, price: float | None) -> WhenToRerank:
    """When a system is worth asking, see `tuning.afterwards.when_to_rerank`; raises as it does."""
    summary = figures.summary
    key = (*figures.stamp, summary.headline, summary.margin, figures.experiment.level, *_timed(figures), system, price)
    return _when(key, figures, system, price)


def _timed(figures: Figures) -> Stamp:
    """What the times were read from: a run is written down a little after its last ranking."""
    return tuple(efficiency.run_id for efficiency in figures.efficiency.values())


def is_ndcg(figures: Figures) -> bool:
    """Whether the headline is nDCG with a cutoff, of which grading can say what decides."""
    return figures.summary.measures[0].kind == "nDCG" and figures.summary.measures[0].k is not None


def decision(figures: Figures, system: str) -> Decision | None:
    """What grading can still do to the verdict on a system; None where that cannot be said, or takes too long."""
    if not is_ndcg(figures) or len(figures.summary.qids) > _MOST_DECIDED_AT_ONCE:
        return None
    return _decision(_duel_key(figures, system), figures, system)


def deciding(figures: Figures, system: str, judge: str) -> Deciding:
    """A judge's list of the passages that decide between the baseline and a system; grades it reads by itself."""
    experiment = figures.experiment
    # without the newest grade, the last but one of the stamp's parts: the list lives on while it is graded
    place = (*_place(experiment), figures.only, figures.own_left_out, judge)
    return _deciding((*place, *_duel_key(figures, system)[len(figures.stamp) :]), figures, system, judge)


def _duel_key(figures: Figures, system: str) -> Stamp:
    summary = figures.summary
    return (*figures.stamp, system, summary.baseline, summary.headline, summary.margin, summary.qids)


def _duel(figures: Figures, system: str) -> Duel:
    summary, whole = figures.summary, figures.whole
    both = [whole.rankings(one) for one in (summary.baseline, system)]
    first, second = ({qid: made[qid] for qid in summary.qids if qid in made} for made in both)
    return Duel(first, second, summary.k, summary.margin)


def _place(experiment: Experiment) -> Stamp:
    space, dataset = experiment.workspace, experiment.dataset
    keys = tuple(system.key for system in experiment.systems)
    with space.open() as db:
        census = rankings.census(db, keys)
    where = (str(space.path), space.path.stat().st_ino, *dataset.made_of)
    return (*where, experiment.settings.to_json(), keys, census)


def _stamp(experiment: Experiment) -> Stamp:
    keys = tuple(system.key for system in experiment.systems)
    labels = tuple(system.label for system in experiment.systems)
    space, dataset = experiment.workspace, experiment.dataset
    with space.open() as db:
        newest, census = judgments.last_event(db, dataset.id), rankings.census(db, keys)
    place = (str(space.path), space.path.stat().st_ino, *dataset.made_of)
    return (*place, experiment.settings.to_json(), keys, labels, newest, census)


# what begins with an underscore does not name the result: the stamp says all of it
@st.cache_resource(show_spinner=False, max_entries=8)
def _whole_set(stamp: Stamp, _experiment: Experiment) -> WholeSet:
    return load_whole_set(_experiment)


@st.cache_resource(show_spinner=False, max_entries=8)
def _part(stamp: Stamp, _everything: WholeSet, _only: Sequence[str]) -> WholeSet:
    return of_slices(_everything, _only)


@st.cache_resource(show_spinner=False, max_entries=8)
def _without_own(stamp: Stamp, _whole: WholeSet) -> WholeSet:
    return _whole.without_own_passages()


@st.cache_resource(show_spinner="Comparing the orders…", max_entries=8)
def _differences(stamp: Stamp, _whole: WholeSet, _summary: Summary) -> dict[str, dict[str, QueryDifference]]:
    return differences(_whole, _summary)


@st.cache_resource(show_spinner="Comparing the systems…", max_entries=16)
def _summary(
    stamp: Stamp, _whole: WholeSet, _measures: Sequence[Measure], _experiment: Experiment, _margin: float
) -> Summary:
    scale = _experiment.dataset.scale
    return summarise(_whole, _measures, _experiment.baseline, max(scale), _experiment.level, margin=_margin)


@st.cache_resource(show_spinner=False, max_entries=16)
def _switched(
    stamp: Stamp,
    _figures: Figures,
    _before: str,
    _after: str,
    _floor: float | None,
    _precision: float | None,
    _k: int,
    _price: float | None,
) -> Switch:
    return switch(_figures, _before, _after, floor=_floor, precision=_precision, k=_k, price_an_hour=_price)


@st.cache_resource(show_spinner="Reading the signals…", max_entries=16)
def _when(stamp: Stamp, _figures: Figures, _system: str, _price: float | None) -> WhenToRerank:
    return when_to_rerank(_figures, _system, price_an_hour=_price)


@st.cache_resource(show_spinner="Finding what could decide…", max_entries=32)
def _decision(stamp: Stamp, _figures: Figures, _system: str) -> Decision | None:
    grades = {qid: _figures.whole.qrels.get(qid, {}) for qid in _figures.summary.qids}
    return _duel(_figures, _system).decision(grades, tuple(sorted(_figures.experiment.dataset.scale)))


@st.cache_resource(show_spinner="Finding what could decide…", max_entries=16)
def _deciding(stamp: Stamp, _figures: Figures, _system: str, _judge: str) -> Deciding:
    experiment = _figures.experiment
    return Deciding(experiment.workspace, experiment.dataset, _judge, _duel(_figures, _system))


@st.cache_resource(show_spinner=False, max_entries=16)
def _losses(stamp: Stamp, _whole: WholeSet, _summary: Summary) -> dict[str, SystemLoss]:
    return system_losses(_whole, _summary.qids, _summary.k)


@st.cache_resource(show_spinner=False, max_entries=16)
def _efficiencies(stamp: Stamp, _experiment: Experiment, _whole: WholeSet) -> dict[str, Efficiency]:
    return efficiencies(_experiment, _whole)


@st.cache_resource(show_spinner="Comparing the systems…", max_entries=16)
def _llm_sides(
    stamp: Stamp,
    _experiment: Experiment,
    _whole: WholeSet,
    _graded: Mapping[Pair, int],
    _measure: Measure,
    _margin: float,
) -> list[Side]:
    return sides(_whole, _graded, _measure, _experiment.baseline, _experiment.level, margin=_margin)


@st.cache_resource(show_spinner="Reading the curve…", max_entries=32)
def _curve(stamp: Stamp, _found: Figures, _system: System) -> list[DepthPoint]:
    measure, only = _found.summary.measures[0], _found.only_qids
    return depth_curve(_found.experiment, _system, measure, only=only, ignore_identical_ids=_found.own_left_out)
