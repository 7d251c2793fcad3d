"""An import's report in sentences, and its histogram of lengths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rerank_core.corpus.report import COLUMNS, ImportReport, Listed, NotRead

if TYPE_CHECKING:
    import altair as alt


def findings(report: ImportReport) -> list[str]:
    """What a person should know of the data, a line each; one reassuring line where nothing is odd.

    The lines are Markdown; ids of the user's are in code marks.
    """
    lines = [
        _said(report.same_docs, "passages came again with the same text and were skipped"),
        _listed(report.conflicting_docs, "ids came again with another text; the first one was kept"),
        _said(report.empty_texts, "passages have no text"),
        _said(report.same_queries, "queries came twice"),
        _listed(report.conflicting_queries, "query ids came again with another text; the first one was kept"),
        _said(report.queries_left_out, "queries of other splits were left out"),
        _said(report.queries_without_judgments, "queries have no grade yet"),
        _listed(report.docs_without_text, "graded ids are not among the passages; their grades were kept"),
        _listed(report.judgments_of_unknown_queries, "graded qids are not among the queries; their grades were kept"),
        _said(report.same_judgments, "grades came twice"),
        _said(report.conflicting_judgments, "pairs came again with another grade; the last one counts"),
        _said(report.ungraded, "rows had no grade and were left out"),
        _own_passages(report),
        _listed(
            report.met_by_form, "graded ids differ from their passages' in Unicode form only; the grades were taken"
        ),
        _listed(report.queries_met_by_form, "qids differ from the queries' in Unicode form only; taken as these"),
        _said(report.over_512, "passages are longer than 512 tokens: many rerankers do not see their end"),
    ]
    found = [line for line in (*lines, *not_read_sentences(report.not_read)) if line]
    return found or ["No duplicates, no empty texts, every grade has its passage."]


def not_read_sentences(items: Iterable[NotRead]) -> list[str]:
    """What was left out, a line each: how many files of which kind, their names, and why. Plain text."""
    return [_not_read(item) for item in items]


def _not_read(item: NotRead) -> str:
    names = ", ".join(item.files) + (" …" if len(item.files) < item.count and item.kind != COLUMNS else "")
    if item.kind == COLUMNS:
        noun = "column" if item.count == 1 else "columns"
        return f"Not read: {item.count:,} {noun} of {names}: {item.why}."
    noun = "file" if item.count == 1 else "files"
    return f"Not read: {item.count:,} {noun} ({item.kind}){f': {names}' if item.files else ''}. Why: {item.why}."


def length_chart(report: ImportReport) -> alt.Chart:
    """Passages by their number of words."""
    import altair as alt
    import pandas as pd

    frame = pd.DataFrame({"words": list(report.words), "passages": list(report.words.values())})
    chart: alt.Chart = alt.Chart(frame).mark_bar()
    return chart.encode(
        x=alt.X("words:N", sort=None, title="words in a passage", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("passages:Q", title="passages"),
        tooltip=["words", "passages"],
    ).properties(height=220)


def _own_passages(report: ImportReport) -> str:
    if not report.queries_with_passage_ids:
        return ""
    return (
        f"{report.queries_with_passage_ids:,} queries have the id of a passage, {report.queries_as_passages:,} of them "
        "its text too (as in ArguAna and Quora). Such a passage finds itself: BEIR leaves it out. "
        "Here it stays among the candidates; the page Evaluate leaves it out where asked, the verbs with "
        "`--ignore-identical-ids`."
    )


def _said(count: int, what: str) -> str:
    return f"{count:,} {what}." if count else ""


def _listed(listed: Listed, what: str) -> str:
    if not listed.count:
        return ""
    names = ", ".join(f"`{name.replace('`', ' ')}`" for name in listed.first)
    more = " …" if listed.count > len(listed.first) else ""
    return f"{listed.count:,} {what}: {names}{more}"
