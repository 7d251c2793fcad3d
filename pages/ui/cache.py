"""The only caches of the web process: the workspace, its worker, live figures, and facts that follow from a text."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Lock

import streamlit as st

from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment import job_requests
from rerank_core.experiment.depth import recall_by_depth
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.job_requests import WarmRequest
from rerank_core.experiment.scoreboard import Scoreboard
from rerank_core.judging.agreement_report import AgreementReport, agreement_report
from rerank_core.judging.judge_queue import Labelling
from rerank_core.judging.llm.figures import spot_check_pairs
from rerank_core.judging.plan import LabelPlan
from rerank_core.monitoring import position_bias
from rerank_core.monitoring import side_by_side as lists
from rerank_core.monitoring.alerts import Watched, watch
from rerank_core.monitoring.queries import QueryGroup, merge_near_duplicates
from rerank_core.monitoring.traffic import Traffic, load_traffic, split
from rerank_core.ranking import worker
from rerank_core.ranking.loaded import HELD_SECONDS
from rerank_core.retrieval.filters import filterable_fields
from rerank_core.store import datasets, judgments, llm_grades, rankings, traffic_clicks, traffic_requests
from rerank_core.store.datasets import StoredCorpus
from rerank_core.store.workspace import Workspace, default_path
from rerank_core.systems.systems import ALWAYS_READY, get_system

WARM = WarmRequest(systems=ALWAYS_READY)


class _WorkerKeeper:
    """The worker of one workspace, started again when it is found dead."""

    def __init__(self, path: Path) -> None:
        self._workspace = Workspace(path)
        self._process: subprocess.Popen[bytes] | None = None
        self._looking = Lock()
        self._looked = time.monotonic()

    def keep(self) -> None:
        """Make sure that it lives; one, however many tabs are opened at once."""
        with self._looking:
            last, self._looked = self._looked, time.monotonic()
            gone = self._process is None or self._process.poll() is not None
            if gone or self._looked - last > HELD_SECONDS:  # by now it has let its models go
                with self._workspace.write() as db:
                    job_requests.submit(db, WARM)
            if gone:
                self._process = worker.start(self._workspace)


@st.cache_resource(show_spinner=False)
def _keeper(path: Path) -> _WorkerKeeper:
    return _WorkerKeeper(path)


def workspace() -> Workspace:
    """The workspace that RERANK_LENS_WORKSPACE names."""
    return Workspace(default_path())


def keep_worker() -> None:
    """Start this workspace's worker unless it runs."""
    _keeper(default_path()).keep()


def device(space: Workspace) -> str:
    """The device that the worker runs models on; empty until it has started."""
    with space.open() as db:
        job = job_requests.latest(db, WARM)
    # kept as it is with each run, as evidence: so it is put right where it is read
    return str(job.result.get("device", "")).replace(": 1 threads", ": 1 thread") if job is not None else ""


@st.cache_resource(show_spinner=False, max_entries=16)
def _scoreboard(made_of: tuple[object, ...], measures: tuple[str, ...], _experiment: Experiment) -> Scoreboard:
    return Scoreboard(_experiment, [parse_measure(name) for name in measures])


def scoreboard(experiment: Experiment, measures: tuple[str, ...]) -> Scoreboard:
    """Live figures, shared by all sessions that look at the same thing."""
    path, dataset = experiment.workspace.path, experiment.dataset
    # it takes in by itself which queries there are
    place = (str(path), path.stat().st_ino, dataset.id, dataset.created_at, dataset.name, dataset.fingerprint)
    keys = tuple(system.key for system in experiment.systems)
    made_of = (*place, experiment.settings.to_json(), keys, experiment.ids, experiment.baseline, experiment.level)
    return _scoreboard(made_of, measures, experiment)


class _JudgesList:
    """A judge's list, made anew in its place when rankings or a language model's grades came."""

    def __init__(self) -> None:
        self._making = Lock()
        self._made: tuple[object, ...] = ()
        self._list: Labelling | None = None

    def as_of(self, made: tuple[object, ...], make: Callable[[], Labelling]) -> Labelling:
        with self._making:
            if self._list is None or made != self._made:
                self._list, self._made = make(), made
            return self._list


@st.cache_resource(show_spinner=False, max_entries=32)
def _judges_list(path: Path, inode: int, made_of: tuple[object, ...], judge: str, plan: str) -> _JudgesList:
    return _JudgesList()


def labelling(dataset: datasets.DatasetRow, judge: str, plan: LabelPlan) -> Labelling:
    """A judge's list, made again when rankings or a language model's grades came; grades it reads by itself."""
    path = default_path()
    space = Workspace(path)
    keys = [get_system(space, system).key for system in plan.systems]
    with space.open() as db:
        made = (*rankings.census(db, keys), *llm_grades.last_change(db))
    kept = _judges_list(path, path.stat().st_ino, (dataset.name, *dataset.made_of), judge, plan.to_json())
    return kept.as_of(made, lambda: Labelling(space, dataset, judge, plan, spot_check_pairs(space, dataset)))


@st.cache_resource(show_spinner=False, max_entries=16)
def _agreement(
    path: Path,
    inode: int,
    made_of: tuple[object, ...],
    dataset: str,
    last_event: int,
    compared: tuple[str, ...] | None,
) -> AgreementReport:
    space = Workspace(path)
    with space.open() as db:
        row = datasets.get_dataset(db, dataset)
    return agreement_report(space, row, compared)


def agreement(space: Workspace, dataset: datasets.DatasetRow, compared: tuple[str, ...] | None) -> AgreementReport:
    """How far the judges agree, made again after each grade."""
    with space.open() as db:
        newest = judgments.last_event(db, dataset.id)
    return _agreement(space.path, space.path.stat().st_ino, dataset.made_of, dataset.name, newest, compared)


@st.cache_data(show_spinner=False, max_entries=32)
def filter_fields(path: Path, dataset: str, fingerprint: str) -> dict[str, tuple]:
    """The metadata fields to filter by, with their values and counts."""
    space = Workspace(path)
    with space.open() as db:
        row = datasets.get_dataset(db, dataset)
    return filterable_fields(StoredCorpus(space, row).docs())


@st.cache_data(show_spinner=False, max_entries=64, ttl=60)
def _recall_curve(
    made_of: tuple[object, ...], only: tuple[str, ...] | None, _experiment: Experiment
) -> tuple[dict[int, float], int]:
    return recall_by_depth(_experiment, only=only)


def recall_curve(
    experiment: Experiment, made: str = "", only: tuple[str, ...] | None = None
) -> tuple[dict[int, float], int]:
    """Recall of the candidates by depth; it follows the grades, and `made`: where the job of the curve stands."""
    dataset = experiment.dataset
    with experiment.workspace.open() as db:
        newest = judgments.last_event(db, dataset.id)
    candidates = (str(experiment.workspace.path), *dataset.made_of, experiment.settings.to_json())
    return _recall_curve((*candidates, experiment.level, newest, made), only, experiment)


def _logs(space: Workspace) -> tuple[object, ...]:
    """Changes with each log that is read or forgotten."""
    with space.open() as db:
        return (str(space.path), space.path.stat().st_ino, *traffic_requests.last_change(db))


@st.cache_resource(show_spinner=False, max_entries=2)
def _traffic(made_of: tuple[object, ...], _space: Workspace) -> Traffic:
    with _space.open() as db:
        return load_traffic(db)


def traffic(space: Workspace) -> Traffic:
    """All logged requests."""
    return _traffic(_logs(space), space)


@st.cache_resource(show_spinner=False, max_entries=16)
def _watched(made_of: tuple[object, ...], budget: tuple[tuple[str, float], ...], _traffic: Traffic) -> Watched:
    _, last, reference, rate = made_of
    return watch(split(_traffic, str(last), reference), dict(budget), float(rate))  # type: ignore[arg-type]


def watched(
    space: Workspace, found: Traffic, last: str, reference: str | None, budget: dict[str, float], rate: float
) -> Watched:
    """What the newest requests show against the reference. Raises SettingsError."""
    return _watched((_logs(space), last, reference, rate), tuple(sorted(budget.items())), found)


@st.cache_resource(show_spinner=False, max_entries=2)
def _query_groups(made_of: tuple[object, ...], _space: Workspace) -> list[QueryGroup]:
    with _space.open() as db:
        return merge_near_duplicates(traffic_requests.asked_queries(db))


def query_groups(space: Workspace) -> list[QueryGroup]:
    """Logged queries, those that are nearly the same as one."""
    return _query_groups(_logs(space), space)


@st.cache_resource(show_spinner=False, max_entries=2)
def _logged_pairs(made_of: tuple[object, ...], _space: Workspace) -> list[tuple[str, str]]:
    with _space.open() as db:
        return lists.pair_names(traffic_requests.walk_lists(db))


def logged_pairs(space: Workspace) -> list[tuple[str, str]]:
    """Which two lists requests have."""
    return _logged_pairs(_logs(space), space)


@st.cache_resource(show_spinner=False, max_entries=2)
def _position_model(made_of: tuple[object, ...], _space: Workspace) -> position_bias.PositionModel | None:
    with _space.open() as db:
        return position_bias.fit(lists.shown_places(traffic_requests.walk_lists(db), traffic_clicks.clicked(db)))


@st.cache_resource(show_spinner=False, max_entries=8)
def _side_by_side(made_of: tuple[object, ...], one: str, other: str, _space: Workspace) -> lists.SideBySide | None:
    model = _position_model(made_of, _space)
    with _space.open() as db:
        pairs = lists.two_lists(traffic_requests.walk_lists(db), traffic_clicks.clicked(db), one, other)
    return lists.compare(pairs, model.looked_at if model is not None else None)


def side_by_side(
    space: Workspace, one: str, other: str
) -> tuple[lists.SideBySide | None, position_bias.PositionModel | None]:
    """Two logged lists compared, and the model that their clicks are corrected by."""
    made_of = _logs(space)
    return _side_by_side(made_of, one, other, space), _position_model(made_of, space)


@st.cache_resource(show_spinner=False, max_entries=2)
def _clicked_rises(made_of: tuple[object, ...], _space: Workspace) -> dict[str, lists.ClickedRise]:
    with _space.open() as db:
        return lists.clicked_rise(traffic_requests.walk_lists(db), traffic_clicks.clicked(db))


def clicked_rises(space: Workspace) -> dict[str, lists.ClickedRise]:
    """How far clicked passages had risen, by system."""
    return _clicked_rises(_logs(space), space)


@st.cache_resource(scope="session", show_spinner=False, on_release=lambda last: last())
def when_session_ends(_last: Callable[[str], None], session_id: str) -> Callable[[], None]:
    """Have `_last(session_id)` called when this session ends (or somebody clears the caches)."""
    return partial(_last, session_id)


def offer_secrets() -> None:
    """Put the texts at the top of Streamlit's secrets into the environment, where rerankers look for their keys.

    What the environment has already stays. Nothing is stored or shown.
    """
    if st.secrets.load_if_toml_exists():
        for name, value in st.secrets.items():
            if isinstance(value, str):
                os.environ.setdefault(name, value)
