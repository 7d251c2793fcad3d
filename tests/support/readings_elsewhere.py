"""What pages and verbs read of a connected dataset and of the traffic of production, by name."""

from __future__ import annotations

from collections.abc import Iterator

from rerank_core.experiment.connected import connection_of, fitting
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.one_query import load_comparison
from rerank_core.monitoring import side_by_side
from rerank_core.monitoring.alerts import watch
from rerank_core.monitoring.canary import compare_scores
from rerank_core.monitoring.click_grades import agreement_with_people, fit_logged, keep_click_grades
from rerank_core.monitoring.eval_set import add_from_traffic
from rerank_core.monitoring.importing import kept_sentences
from rerank_core.monitoring.over_time import over_time
from rerank_core.monitoring.queries import draw, merge_near_duplicates
from rerank_core.monitoring.traffic import Traffic, load_traffic, moment, split
from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import (
    datasets,
    engine_answers,
    engine_sources,
    traffic_canaries,
    traffic_clicks,
    traffic_grades,
    traffic_requests,
)
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.engine_answers import StoredAnswers
from rerank_core.store.workspace import Workspace
from rerank_core.systems.dense_models import dense_models
from rerank_core.views import traffic as views
from tests.support.full_elsewhere import FIRST, LOGGED
from tests.support.readings import Reading


def read_connected(workspace: Workspace, row: DatasetRow) -> Iterator[Reading]:
    """The source of a connected dataset, its templates, what was asked, and what a refresh found."""
    answers = StoredAnswers(workspace, row)
    with workspace.open() as db:
        yield "source", lambda: (found := connection_of(db, row)) and f"{found.source.label}{found.at[:16]}"
        yield "answers, counted", lambda: engine_answers.count_answers(db, row.id)
        yield "refresh", lambda: (latest := engine_sources.latest_refresh(db, row.id)) and latest[0][:16]
        yield "settings that fit", lambda: fitting(db, row, RetrievalSettings(depth=20))
        yield "its queries", lambda: datasets.get_queries(db, row.id)
    yield "answers", lambda: [(one.ranking.docids, one.at[:16], one.template.strip()) for one in answers.all()]
    yield "one answer", lambda: (found := answers.get(FIRST, "blue kettle", 20)) and f"{found.seconds or 0:.2f}"
    experiment = Experiment.of(workspace, row.name, ["first-stage"])
    with workspace.open() as db:
        queries = datasets.get_queries(db, row.id)
    for query in queries:
        yield f"comparison of {query.qid} in {row.name}", lambda query=query: load_comparison(experiment, query)


def read_traffic(workspace: Workspace) -> Iterator[Reading]:
    """Logs, requests, lists, clicks and what is made of them; canaries; the dense models that people added."""
    yield "dense models", lambda: [model.label for model in dense_models(workspace).values()]
    with workspace.open() as db:
        yield "logs", lambda: [kept_sentences(one) for one in traffic_requests.list_logs(db)]
        yield "clicks", lambda: (traffic_clicks.count_clicks(db), traffic_clicks.clicked(db))
        yield "span", lambda: [moment(at) for at in traffic_requests.span(db) or ()]
        yield "alerts", lambda: _watched(load_traffic(db))
        yield "queries", lambda: traffic_requests.asked_queries(db)
        yield "lists", lambda: list(traffic_requests.walk_lists(db))
        yield "pairs of lists", lambda: _pairs(workspace)
        yield "rises", lambda: side_by_side.clicked_rise(traffic_requests.walk_lists(db), traffic_clicks.clicked(db))
        yield "canaries", lambda: [_canary(workspace, one) for one in traffic_canaries.list_canaries(db)]
        groups = merge_near_duplicates(traffic_requests.asked_queries(db))
        yield "queries, drawn", lambda: draw(groups, 1, 0)
        yield "queries, as a table", lambda: views.queries_frame(groups, sum(group.count for group in groups))
        row = datasets.get_dataset(db, "birds")
        yield "click grades", lambda: [f"{one.attraction:.3f}" for one in traffic_grades.click_grades(db, row.id)]
    yield "click grades and people", lambda: agreement_with_people(workspace, "birds")
    yield "model of places", lambda: (found := fit_logged(workspace)) and keep_click_grades(workspace, "birds", found)
    yield "into the dataset", lambda: add_from_traffic(workspace, "birds", groups, look_only=True)


def _watched(traffic: Traffic) -> object:
    windows = split(traffic, "40")
    watched = watch(windows, {"p95": 50.0}, 0.5, stop_early=True)
    charts = []
    for system, role in traffic.systems():
        steps = over_time(traffic.of(system, role))
        charts += [views.latency_chart(steps, {}), views.scores_chart(steps, None), views.outcomes_chart(steps)]
    return views.checks_frame(watched.checks), charts


def _pairs(workspace: Workspace) -> object:
    with workspace.open() as db:
        found = side_by_side.pair_names(traffic_requests.walk_lists(db))
        clicks = traffic_clicks.clicked(db)
        lists = [side_by_side.two_lists(traffic_requests.walk_lists(db), clicks, *pair) for pair in found]
    return [side_by_side.compare(pairs, {1: 1.0, 2: 0.5}) for pairs in lists]


def _canary(workspace: Workspace, canary: traffic_canaries.Canary) -> object:
    with workspace.open() as db:
        checks = traffic_canaries.list_checks(db, canary)
        newest = traffic_canaries.get_canary(db, LOGGED)
    return [compare_scores(canary, scores) for _, scores in checks], newest
