"""Every table that leaves the app for people, with cells that a spreadsheet would run: none does."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pandas as pd
import pytest

from pages.ui.agreement.history import _file
from pages.ui.tables import harmless_table
from rerank_core.experiment.experiment import Experiment
from rerank_core.judging.history import label_events
from rerank_core.reports.exports import Chosen, write_export
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.systems.systems import add_variant, get_system
from rerank_core.types import Doc, Query
from rerank_core.views.report.text import queries_csv, systems_csv
from tests.support.reports import BASE, SETTINGS, ranked_dataset, report_of

PAYLOADS = [
    "=cmd|' /C calc'!A0", "+1+cmd|'x'!A0", "-2+3+cmd|'x'!A0", "@SUM(1+1)", "\t=1+1", "\r=1+1", "＝1+1", "＋SUM(1)",
    "－SUM(1)", "＠SUM(1)", "a;=1+1", "a\t@SUM(1)", '"=1+1', "\u200b=1+1",
]  # fmt: skip
RUNS = re.compile(r'[\s"\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]')
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def running(text: str) -> list[str]:
    """Cells that run, whichever separator a reader takes."""
    cells = [
        cell for sign in ",;\t" for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign) for cell in row
    ]
    return [cell for cell in cells if RUNS.match(cell) and not NUMBER.fullmatch(cell.strip('" '))]


@pytest.fixture
def files(workspace, tmp_path: Path) -> dict[str, str]:
    """Each export for people, by its name, of a workspace in which every name and text is one of PAYLOADS."""
    add_variant(workspace, PAYLOADS[0], "minilm-cosine", {})
    qids = [f"{payload} {number}" for number, payload in enumerate(PAYLOADS)]
    queries = [Query(qid, f"{payload} {qid}", payload, (payload,)) for qid, payload in zip(qids, PAYLOADS, strict=True)]
    docs = [Doc(letter, f"{PAYLOADS[place]} text", PAYLOADS[place]) for place, letter in enumerate("abcde")]
    orders = {system: dict.fromkeys(qids, order) for system, order in {BASE: "abcde", PAYLOADS[0]: "edcba"}.items()}
    qrels = {qid: {"a": 1, "e": 0} for qid in qids}
    dataset = ranked_dataset(
        workspace, orders, qrels, name=PAYLOADS[3], docs=docs, queries=queries, judge=PAYLOADS[1]
    )  # fmt: skip
    with workspace.write() as db:
        for place, (qid, payload) in enumerate(zip(qids, PAYLOADS, strict=True)):
            event = GradeEvent(f"c{place}", 1, "grade", qid, "b", 2, payload, "pool")
            judgments.record(db, dataset.id, payload, [event], dataset.scale)
    report = report_of(workspace, dataset, [BASE, PAYLOADS[0]])
    system = get_system(workspace, PAYLOADS[0])
    experiment = Experiment(workspace, dataset, SETTINGS, (system,), BASE, 1)
    write_export("labels", Chosen(experiment, system, 5), tmp_path / "labels.csv")
    events = label_events(workspace, dataset)
    shown = harmless_table(pd.DataFrame([(one.judge, one.query, one.note, one.qid) for one in events]))
    return {
        "report": systems_csv(report),
        "queries": queries_csv(report),
        "labels by the verb": (tmp_path / "labels.csv").read_bytes().decode(),
        "labels by the page": _file(events, "csv"),
        "a table of a page": shown.to_csv(index=False),
    }


def test_no_cell_of_any_export_runs(files):
    assert {name: running(text) for name, text in files.items()} == {name: [] for name in files}


def test_the_payloads_are_in_the_exports_and_would_run(files):
    assert all(running(f"a,{payload}\n") or running(payload) for payload in PAYLOADS)
    for name in ("queries", "labels by the verb", "labels by the page", "a table of a page"):
        assert files[name].count("SUM(1") >= 3
    assert "calc" in files["report"]
