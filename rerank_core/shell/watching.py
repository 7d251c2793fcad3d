"""The verb that watches traffic: a line per alert, and exit code 1 where there is one."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from rerank_core.errors import SettingsError
from rerank_core.experiment.experiment import Experiment
from rerank_core.monitoring.alerts import Watched, alert_line, parse_budget, watch
from rerank_core.monitoring.canary import CanaryCheck, last_check
from rerank_core.monitoring.importing import LogReport, import_log
from rerank_core.monitoring.logs.any_json import read_schema
from rerank_core.monitoring.traffic import load_traffic, moment, split
from rerank_core.ranking.canary_scores import CANDIDATES, make_canary, score_again
from rerank_core.ranking.pipeline import Pipeline
from rerank_core.shell.answer import DONE, NO, NOTHING, Call, VerbResult
from rerank_core.store.traffic_canaries import Canary, get_canary, list_checks
from rerank_core.systems.systems import System, get_system


def watch_traffic(call: Call) -> VerbResult:
    """One line per alert. Exit NO where there is one, NOTHING where too few requests could be looked at."""
    options = call.options
    reports = [_read(call, path) for path in options.logs]
    value: dict[str, Any] = {"logs": [report.to_dict() for report in reports]}
    lines = [line for report in reports for line in report.sentences()] if _is_told(call) else []
    alerts: list[str] = []
    is_checked = True
    if options.canary:
        told, checked = _canary(call, options.canary)
        value["canary"] = checked
        if checked is not None and checked["has_changed"]:
            alerts.append(told)
        elif checked is None or _is_told(call):
            lines.append(told)
    if options.logs or not options.canary:
        watched, where = _look(call)
        value |= _value(watched)
        alerts += [alert_line(one) for one in watched.alerts]
        is_checked = bool(watched.checks)
        if _is_told(call) or not is_checked:
            lines += [where, *watched.silent]
        if options.all:
            lines += [one.sentence + "." for one in watched.checks if not one.is_alert]
    if not alerts and is_checked and _is_told(call):
        lines.append("No alert.")
    value["alerts"] = alerts
    code = NO if alerts else DONE if is_checked else NOTHING
    return VerbResult(value, (*alerts, *lines), None, code)


def _is_told(call: Call) -> bool:
    """Whether more than alerts is printed: a scheduler sends a mail for every line."""
    return bool(call.options.all) or sys.stdout.isatty()


def _read(call: Call, path: Path) -> LogReport:
    options = call.options
    schema = read_schema(options.schema) if options.schema is not None else None
    form = options.form or ("json" if schema is not None else None)
    return import_log(call.workspace, path, form, schema, progress=call.progress)


def _look(call: Call) -> tuple[Watched, str]:
    options = call.options
    with call.workspace.open() as db:
        traffic = load_traffic(db)
    windows = split(traffic, options.last, options.reference)
    watched = watch(windows, parse_budget(options.budget or ""), options.false_alarms, options.seed)
    if not len(traffic):
        return watched, "There are no requests yet. Name a log: watch LOG."
    spans = [
        f"{len(part):,} requests ({moment(part.at[0])} to {moment(part.at[-1])})" if len(part) else "no requests"
        for part in (windows.now, windows.reference)
    ]
    checks = len(watched.checks)
    where = (
        f"{spans[0]} against {spans[1]}, times in UTC. {checks} checks; where nothing changed, at most "
        f"{options.false_alarms:g} of all looks have an alert."
    )
    return watched, where


def _value(watched: Watched) -> dict[str, Any]:
    return {
        "checks": [one.to_dict() for one in watched.checks],
        "false_alarms": watched.rate,
        "not_checked": list(watched.silent),
    }


def _canary(call: Call, name: str) -> tuple[str, dict[str, Any] | None]:
    """What to say of the canary of a system, and the check; None where it was made just now."""
    system, pipeline = get_system(call.workspace, name), Pipeline(call.workspace)
    with call.workspace.open() as db:
        canary = get_canary(db, name)
    if canary is None or call.options.new_canary:
        made = _make(call, system, pipeline)
        models = ", ".join(made.scores)
        return f"{name}: a canary of {len(made.pairs)} pairs was made ({models}). Later calls check them.", None
    score_again(pipeline, canary, system, call.progress)
    with call.workspace.open() as db:
        checked = last_check(canary, list_checks(db, canary), system.made_of)
    assert checked is not None  # it was kept just now
    return checked.sentence(), _canary_value(checked)


def _make(call: Call, system: System, pipeline: Pipeline) -> Canary:
    if not call.options.dataset:
        raise SettingsError(f"'{system.id}' has no canary yet. Name the dataset to take pairs from: --dataset NAME.")
    experiment = Experiment.of(call.workspace, call.options.dataset, [system.id], settings=CANDIDATES)
    return make_canary(pipeline, experiment, system, call.progress)


def _canary_value(checked: CanaryCheck) -> dict[str, Any]:
    return {
        "system": checked.system,
        "has_changed": checked.has_changed,
        "since": checked.since,
        "at": checked.at,
        "models": [
            {"model": one.model, "largest": one.largest, "mean": one.mean, "spread": one.spread, "limit": one.limit}
            for one in checked.changes
        ],
    }
