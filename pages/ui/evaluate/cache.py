"""The figures over all queries, made once for a view and kept until a grade or a ranking comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui.view import View
from rerank_core.evaluation.names import Measure
from rerank_core.evaluation.slices import in_slices, query_slices
from rerank_core.experiment.depth import DepthPoint, depth_curve
from rerank_core.experiment.differences import QueryDifference, differences
from rerank_core.experiment.efficiency import Efficiency, efficiencies
from rerank_core.experiment.job_params import run_params
from rerank_core.experiment.losses import SystemLoss, system_losses
from rerank_core.experiment.summary import Summary, summarise
from rerank_core.experiment.whole_set import WholeSet, load_whole_set
from rerank_core.judging.llm.figures import Side, sides
from rerank_core.store import jobs, judgments, rankings
from rerank_core.store.llm_grades import LlmJudge, Pair
from rerank_core.store.workspace import Workspace
from rerank_core.systems.systems import System

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page shows. `stamp`: all that it depends on; equal stamps have equal figures.

    `only`: the names of the slices that all of it is over; () for all queries. `everything`: the whole set whatever is
    chosen, of which `whole` is the chosen part. `own_left_out`: whether `whole` is without the passages that have
    their query's own id.
    """

    whole: WholeSet
    summary: Summary
    losses: dict[str, SystemLoss]
    efficiency: dict[str, Efficiency]
    stamp: Stamp
    only: tuple[str, ...]
    everything: WholeSet
    own_left_out: bool = False

    @property
    def only_qids(self) -> tuple[str, ...] | None:
        """The chosen queries; None: all."""
        return tuple(self.whole.queries) if self.only else None

    @property
    def graded(self) -> int:
        """How many queries have a grade, chosen or not."""
        return sum(bool(self.everything.qrels.get(qid)) for qid in self.everything.queries)


def figures(
    space: Workspace, view: View, measures: Sequence[Measure], only: Sequence[str] = (), own_left_out: bool = False
) -> Figures:
    """The whole set of this view with its summary and its losses; `only`: over the queries of these slices.

    `own_left_out`: without the passages that have their query's own id.
    """
    stamp = _stamp(space, view)
    everything = whole = _whole_set(stamp, space, view)
    if only:
        stamp = (*stamp, *only)
        whole = _part(stamp, everything, only)
    if own_left_out:
        stamp = (*stamp, "without own passages")
        whole = _without_own(stamp, whole)
    summary = _summary((*stamp, tuple(measures), view.baseline, view.level), whole, measures, view)
    losses = _losses((*stamp, summary.k, summary.qids), whole, summary)
    with space.open() as db:
        run = jobs.latest(db, "run", run_params(view.dataset, view.settings, view.ready_ids))
    # a run is written down when its job ends, a little after its last ranking
    efficiency = _efficiencies((*stamp, run.state if run is not None else ""), space, view, whole)
    return Figures(whole, summary, losses, efficiency, stamp, tuple(only), everything, own_left_out)


def slices(found: WholeSet) -> dict[str, list[str]]:
    """The slices of its queries: name -> qids."""
    return query_slices(found.queries.values())


def all_differences(view: View, found: Figures) -> dict[str, dict[str, QueryDifference]]:
    """System -> qid -> how much it differs from the baseline there."""
    summary = found.summary
    return _differences((*found.stamp, summary.headline, view.baseline, view.level), found.whole, summary)


def whole_set(space: Workspace, view: View) -> tuple[WholeSet, Stamp]:
    """The whole set of this view, and the stamp that changes with it."""
    stamp = _stamp(space, view)
    return _whole_set(stamp, space, view), stamp


def llm_sides(
    stamp: Stamp, view: View, whole: WholeSet, judge: LlmJudge, graded: Mapping[Pair, int], measure: Measure
) -> list[Side]:
    """The verdicts with and without an LLM's grades; `stamp` changes with the whole set and with the grades."""
    key = (*stamp, judge, len(graded), str(measure), view.baseline, view.level)
    return _llm_sides(key, view, whole, graded, measure)


def curve(space: Workspace, view: View, found: Figures, system: System) -> list[DepthPoint]:
    """The depth curve of a system on the headline, as far as its rankings are there."""
    stamp = (*found.stamp, system.key, found.summary.headline, view.level)
    return _curve(stamp, space, view, found.summary, system, found.only_qids, found.own_left_out)


def _stamp(space: Workspace, view: View) -> Stamp:
    keys = tuple(system.key for system in view.systems)
    labels = tuple(system.label for system in view.systems)
    dataset = view.dataset
    with space.open() as db:
        newest, census = judgments.last_event(db, dataset.id), rankings.census(db, keys)
    place = (str(space.path), space.path.stat().st_ino, dataset.name, dataset.fingerprint, dataset.n_queries)
    return (*place, view.settings.to_json(), keys, labels, newest, census)


# what begins with an underscore does not name the result: the stamp says all of it
@st.cache_resource(show_spinner=False, max_entries=8)
def _whole_set(stamp: Stamp, _space: Workspace, _view: View) -> WholeSet:
    return load_whole_set(_space, _view.dataset, _view.settings, _view.systems)


@st.cache_resource(show_spinner=False, max_entries=8)
def _part(stamp: Stamp, _everything: WholeSet, _only: Sequence[str]) -> WholeSet:
    return _everything.only(in_slices(slices(_everything), _only))


@st.cache_resource(show_spinner=False, max_entries=8)
def _without_own(stamp: Stamp, _whole: WholeSet) -> WholeSet:
    return _whole.without_own_passages()


@st.cache_resource(show_spinner="Comparing the orders…", max_entries=8)
def _differences(stamp: Stamp, _whole: WholeSet, _summary: Summary) -> dict[str, dict[str, QueryDifference]]:
    return differences(_whole, _summary)


@st.cache_resource(show_spinner="Comparing the systems…", max_entries=16)
def _summary(stamp: Stamp, _whole: WholeSet, _measures: Sequence[Measure], _view: View) -> Summary:
    return summarise(_whole, _measures, _view.baseline, max(_view.dataset.scale), _view.level)


@st.cache_resource(show_spinner=False, max_entries=16)
def _losses(stamp: Stamp, _whole: WholeSet, _summary: Summary) -> dict[str, SystemLoss]:
    return system_losses(_whole, _summary.qids, _summary.k)


@st.cache_resource(show_spinner=False, max_entries=16)
def _efficiencies(stamp: Stamp, _space: Workspace, _view: View, _whole: WholeSet) -> dict[str, Efficiency]:
    return efficiencies(_space, _view.dataset, _view.settings, _view.systems, _whole)


@st.cache_resource(show_spinner="Comparing the systems…", max_entries=16)
def _llm_sides(
    stamp: Stamp, _view: View, _whole: WholeSet, _graded: Mapping[Pair, int], _measure: Measure
) -> list[Side]:
    return sides(_whole, _graded, _measure, _view.baseline, _view.level)


@st.cache_resource(show_spinner="Reading the curve…", max_entries=32)
def _curve(
    stamp: Stamp,
    _space: Workspace,
    _view: View,
    _summary: Summary,
    _system: System,
    _only: tuple[str, ...] | None,
    _own_left_out: bool,
) -> list[DepthPoint]:
    measure = _summary.measures[0]
    return depth_curve(
        _space,
        _view.dataset,
        _view.settings,
        _system,
        measure,
        _view.level,
        only=_only,
        ignore_identical_ids=_own_left_out,
    )
