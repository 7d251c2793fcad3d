"""The report as one HTML file: no script, no network, no font from elsewhere; for the screen and for paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rerank_core.experiment.summary import not_compared_alike
from rerank_core.reports.report import Report, SystemStory
from rerank_core.views.efficiency import P50, P95
from rerank_core.views.report.charts import differences_drawing, loss_drawing, pareto_drawing, slices_drawing
from rerank_core.views.report.shapes import Drawing
from rerank_core.views.report.tables import (
    Table,
    delta,
    queries_table,
    systems_table,
    unjudged_table,
)
from rerank_core.views.summary import BETTER, COUNTS, DIFFERENCE, INTERVAL, WORSE, P, says

if TYPE_CHECKING:
    from jinja2 import Environment

_LOOKS = {BETTER: "better", WORSE: "worse"}


def report_html(report: Report) -> str:
    """The whole page as text. All that people or systems wrote is escaped, by the template engine's own rule."""
    environment = _environment()
    best = max(report.dataset.scale)
    environment.globals.update(change=delta, best_grade=best)
    page = environment.get_template("report.html")
    return page.render(
        report=report,
        summary=report.summary,
        css=_style(),
        verdicts=[_verdict(report, system, sentence) for system, sentence in report.verdicts],
        warnings=_warnings(report),
        systems=systems_table(report),
        unjudged=unjudged_table(report),
        words=_words(report),
        overall=_known(
            pareto_drawing(report.points, report.front, report.summary.headline),
            loss_drawing(report.losses, report.summary.k),
        ),
        compared=[_compared(report, story) for story in report.stories],
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = Path(__file__).parent
    # everything is escaped, whatever a template is called; only the style sheet, which is ours, is marked as safe
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style() -> Any:
    from markupsafe import Markup

    return Markup(Path(__file__).with_name("report.css").read_text(encoding="utf-8"))


def _verdict(report: Report, system: str, sentence: str) -> dict[str, str]:
    row = next(row for row in report.summary.systems if row.system == system)
    word = says(row, report.summary.baseline)
    return {"look": _LOOKS.get(word, "open"), "sign": word[0], "sentence": sentence}


def _warnings(report: Report) -> list[str]:
    """What a reader of the verdict must see beside it, and not only among the limits."""
    lines = [line for system in report.summary.systems for line in not_compared_alike(system)]
    left_out = report.summary.graded - len(report.summary.qids)
    if left_out:
        lines.append(f"{left_out:,} of {report.summary.graded:,} graded queries are left out of all figures.")
    return lines


def _compared(report: Report, story: SystemStory) -> dict[str, Any]:
    comparison = next(row.comparison for row in report.summary.systems if row.system == story.system)
    assert comparison is not None
    headline = report.summary.headline
    queries: Table = queries_table(report, story.system)
    return {
        "story": story,
        "charts": _known(
            differences_drawing(comparison.deltas, report.queries, story.label, headline),
            slices_drawing(story.slices, headline),
        ),
        "queries": queries,
        "count": comparison.n,
    }


def _words(report: Report) -> list[tuple[str, str]]:
    """What the columns mean, for a reader who never saw them."""
    return [
        (
            report.summary.headline,
            "How good the order of a query’s results is, from 0 to 1. nDCG counts every graded passage, and more the "
            "higher it stands; RR looks at the first relevant one; P and R at the share of relevant ones.",
        ),
        (DIFFERENCE, f"The mean difference from {report.baseline}, over the same queries."),
        (INTERVAL, "Where the mean difference would probably lie over many more queries like these."),
        (
            P,
            "How often chance alone would give a difference as large, corrected for the number of systems. Below 0.05, "
            "with an interval that leaves out 0, a difference is taken as shown.",
        ),
        (COUNTS, "On how many queries the system won, tied and lost."),
        (f"Judged@{report.summary.k}", f"The share of the first {report.summary.k} results that has a grade."),
        (
            f"{P50}, {P95}",
            "Half of the queries, and 95 of 100, took less time than this, first stage and reranking together.",
        ),
    ]


def _known(*charts: Drawing | None) -> list[Drawing]:
    return [chart for chart in charts if chart is not None]
