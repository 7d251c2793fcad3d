"""A log into the workspace: the same file twice adds nothing, and rows that cannot be read are counted and named."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rerank_core.corpus.formats.lines import count_lines
from rerank_core.corpus.full_disk import explained
from rerank_core.errors import printable
from rerank_core.monitoring.logs.any_json import Schema
from rerank_core.monitoring.logs.forms import ANY, IN_WORDS, guess_form, read_log
from rerank_core.monitoring.logs.rows import LeftOut, Row, Unread
from rerank_core.store import traffic_clicks, traffic_requests
from rerank_core.store.datasets import batches
from rerank_core.store.file_lock import alone
from rerank_core.store.row_values import UNREADABLE
from rerank_core.store.traffic_clicks import LoggedClick
from rerank_core.store.traffic_requests import LoggedRequest, TrafficLog
from rerank_core.store.workspace import Workspace
from rerank_core.types import Progress, no_progress

MOST_NAMED = 100
"""Of the rows that cannot be read, so many are named; all are counted."""
_AT_ONCE = 1_000


@dataclass(slots=True)
class LogReport:
    """What was found in a log.

    `requests`, `clicks`: in the file; `new_requests`, `new_clicks`: those that were not here yet. `unread`: rows that
    cannot be read, and `unread_rows` the first of them, (line, why). `left_out`: what else was in it -> how often.
    """

    name: str
    form: str
    schema: dict[str, str] | None = None
    rows: int = 0
    requests: int = 0
    new_requests: int = 0
    clicks: int = 0
    new_clicks: int = 0
    unread: int = 0
    unread_rows: list[tuple[int, str]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """By name, for JSON."""
        return asdict(self)

    def sentences(self) -> list[str]:
        """What a person should know of it."""
        return report_sentences(self.to_dict())


def kept_sentences(log: TrafficLog) -> list[str]:
    """The same for a log that was read before; one whose report this version does not know says so."""
    try:
        return report_sentences({"name": log.name, **log.report})
    except UNREADABLE:
        return [f"{log.name}: what was found in it is not known to this version."]


def report_sentences(report: Mapping[str, Any]) -> list[str]:
    """The same for what `to_dict` gave."""
    found = [(report["requests"], report["new_requests"], "request"), (report["clicks"], report["new_clicks"], "click")]
    counts = [
        f"{n:,} {noun}{'' if n == 1 else 's'}" + ("" if fresh == n else f" ({fresh:,} of them new)")
        for n, fresh, noun in found
        if n
    ]
    lines = [f"{report['name']}, read as {IN_WORDS[report['form']]}: {' and '.join(counts) or 'nothing'}."]
    if report["unread"]:
        first = "; ".join(f"line {line}: {why}" for line, why in report["unread_rows"][:3])
        noun = "row" if report["unread"] == 1 else "rows"
        lines.append(f"{report['unread']:,} {noun} could not be read. {first}.")
    if report["left_out"]:
        lines.append("Left out: " + "; ".join(f"{n:,} {what}" for what, n in report["left_out"].items()) + ".")
    return lines


def import_log(
    workspace: Workspace,
    path: Path,
    form: str | None = None,
    schema: Schema | None = None,
    name: str | None = None,
    progress: Progress = no_progress,
) -> LogReport:
    """Read a log into the workspace; return what was found in it.

    `form`: one of `logs.forms.FORMS`; None: seen by its first rows. `schema`: for JSON lines; None: by the usual names.
    `name`: what people know the file by. 1,000 rows are in memory at a time and in a transaction; nothing of the log
    counts before all of it is read, and on any error nothing of it stays. Requests are known by their ids, so that a
    file that grew may be read again. Raises BadInputError for what ends the file, and what `progress` raises.
    """
    started = time.monotonic()
    guessed, usual = guess_form(path) if form is None or (form == ANY and schema is None) else (form, None)
    form = form or guessed
    schema = (schema or usual) if form == ANY else None
    report = LogReport(printable(name or path.name, 500), form, asdict(schema) if schema else None)
    left_out: Counter[str] = Counter()
    expected = count_lines(path)
    with explained(workspace), alone(workspace, progress):
        with workspace.write() as db:
            traffic_requests.drop_unfinished(db)
            log_id = traffic_requests.begin_log(db, report.name, form, schema.to_json() if schema else "")
        try:
            for batch in batches(read_log(path, form, schema), _AT_ONCE):
                _keep(workspace, log_id, batch, report, left_out)
                last = batch[-1][0]
                progress(last, max(last, expected), f"{report.requests:,} requests, {report.clicks:,} clicks")
            report.left_out = dict(left_out.most_common(20))
            report.seconds = round(time.monotonic() - started, 3)
            with workspace.write() as db:
                if report.new_requests or report.new_clicks:
                    traffic_requests.finish_log(db, log_id, report.to_dict())
                else:  # it is here already
                    traffic_requests.drop_log(db, log_id)
        except BaseException:
            with suppress(sqlite3.Error), workspace.write() as db:  # what is left then, the next import removes
                traffic_requests.drop_log(db, log_id)
            raise
    return report


def _keep(
    workspace: Workspace, log_id: int, batch: list[tuple[int, Row]], report: LogReport, left_out: Counter[str]
) -> None:
    requests: list[LoggedRequest] = []
    clicks: list[LoggedClick] = []
    for line, row in batch:
        report.rows += 1
        if isinstance(row, LoggedRequest):
            requests.append(row)
        elif isinstance(row, LoggedClick):
            clicks.append(row)
        elif isinstance(row, Unread):
            report.unread += 1
            if len(report.unread_rows) < MOST_NAMED:
                report.unread_rows.append((line, printable(row.why, 300)))
        elif isinstance(row, LeftOut) and (row.what in left_out or len(left_out) < MOST_NAMED):
            left_out[printable(row.what, 200)] += 1
    with workspace.write() as db:
        report.requests += len(requests)
        report.clicks += len(clicks)
        report.new_requests += traffic_requests.put_requests(db, log_id, requests)
        report.new_clicks += traffic_clicks.put_clicks(db, log_id, clicks)
