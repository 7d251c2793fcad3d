"""The section Report of Evaluate under Streamlit's own driver: what it offers, and the files it makes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pages.ui.evaluate import cache, report
from pages.ui.view import View
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.reports.report import build_report
from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.workspace import Workspace
from tests.pages.conftest import WORDS_ONLY, RankedBirds
from tests.pages.test_evaluate_page import TWO, evaluate, said

IDS = ("first-stage", "minilm-cosine")


@pytest.fixture
def graded(workspace: Workspace, ranked: RankedBirds) -> RankedBirds:
    with workspace.write() as db:
        events = [GradeEvent("c", 1, "grade", "q1", ranked.found[0], 3)]
        judgments.record(db, ranked.dataset.id, "ann", events, ranked.dataset.scale)
    return ranked


@pytest.fixture
def view(workspace: Workspace, graded: RankedBirds) -> View:
    return View(Experiment.of(workspace, graded.dataset.name, IDS, settings=WORDS_ONLY), 25, "me")


def test_the_section_offers_every_file_and_the_command(graded: RankedBirds) -> None:
    app = evaluate(part="Report", **TWO)
    said(app)
    offered = [one.proto.label for one in app.get("download_button")]
    assert [one for one in offered if one.startswith("Report as")] == [
        "Report as HTML",
        "Report as Markdown",
        "Report as CSV, one row per system",
        "Report as CSV, one row per query",
    ]
    assert list(report.EXPORT_NAMES.values()) == [one for one in offered if not one.startswith("Report as")]
    command = app.code[0].value
    assert command.startswith("python -m rerank_core report report.html --run --dataset birds")
    assert "--systems first-stage,minilm-cosine" in command
    assert "--depth 20" in command


def test_the_report_is_made_of_the_pages_own_figures(view: View) -> None:
    figures = cache.figures(view, [parse_measure("nDCG@10")])
    made = build_report(figures, 2.0)
    assert made.summary is figures.summary
    assert made.efficiency is figures.efficiency
    assert made.losses is figures.losses
    assert made.price == 2.0


def test_without_grades_there_is_nothing_to_take_away(ranked: RankedBirds) -> None:
    assert not evaluate(part="Report", **TWO).get("download_button")


def test_a_datasets_name_makes_a_file_name(view: View) -> None:
    assert report.file_name(view, "report.html") == "birds-report.html"
    odd = replace(view.dataset, name="../a b/<c>")
    assert (
        report.file_name(replace(view, experiment=replace(view.experiment, dataset=odd)), "report.html")
        == "a-b--c-report.html"
    )
