"""The figures over all queries, made once for a view and kept until a grade or a ranking comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.ui.job_params import run_params
from pages.ui.view import View
from rerank_core.depth_curve import DepthPoint, depth_curve
from rerank_core.efficiency import Efficiency, efficiencies
from rerank_core.evaluation.names import Measure
from rerank_core.losses import SystemLoss, system_losses
from rerank_core.store import jobs, judgments, rankings
from rerank_core.store.workspace import Workspace
from rerank_core.summary import Summary, summarise
from rerank_core.systems import System
from rerank_core.whole_set import WholeSet, load_whole_set

Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page shows. `stamp`: all that it depends on; equal stamps have equal figures."""

    whole: WholeSet
    summary: Summary
    losses: dict[str, SystemLoss]
    efficiency: dict[str, Efficiency]
    stamp: Stamp


def figures(space: Workspace, view: View, measures: Sequence[Measure]) -> Figures:
    """The whole set of this view with its summary and its losses."""
    stamp = _stamp(space, view)
    whole = _whole_set(stamp, space, view)
    summary = _summary((*stamp, tuple(measures), view.baseline, view.level), whole, measures, view)
    losses = _losses((*stamp, summary.k, summary.qids), whole, summary)
    with space.open() as db:
        run = jobs.latest(db, "run", run_params(view.dataset, view.settings, view.ready_ids))
    # a run is written down when its job ends, a little after its last ranking
    efficiency = _efficiencies((*stamp, run.state if run is not None else ""), space, view, whole)
    return Figures(whole, summary, losses, efficiency, stamp)


def curve(space: Workspace, view: View, found: Figures, system: System) -> list[DepthPoint]:
    """The depth curve of a system on the headline, as far as its rankings are there."""
    return _curve((*found.stamp, system.key, found.summary.headline, view.level), space, view, found.summary, system)


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


@st.cache_resource(show_spinner="Comparing the systems…", max_entries=16)
def _summary(stamp: Stamp, _whole: WholeSet, _measures: Sequence[Measure], _view: View) -> Summary:
    return summarise(_whole, _measures, _view.baseline, max(_view.dataset.scale), _view.level)


@st.cache_resource(show_spinner=False, max_entries=16)
def _losses(stamp: Stamp, _whole: WholeSet, _summary: Summary) -> dict[str, SystemLoss]:
    return system_losses(_whole, _summary.qids, _summary.k)


@st.cache_resource(show_spinner=False, max_entries=16)
def _efficiencies(stamp: Stamp, _space: Workspace, _view: View, _whole: WholeSet) -> dict[str, Efficiency]:
    return efficiencies(_space, _view.dataset, _view.settings, _view.systems, _whole)


@st.cache_resource(show_spinner="Reading the curve…", max_entries=32)
def _curve(stamp: Stamp, _space: Workspace, _view: View, _summary: Summary, _system: System) -> list[DepthPoint]:
    return depth_curve(_space, _view.dataset, _view.settings, _system, _summary.measures[0], _view.level)
