"""An import's report in sentences, and its histogram of lengths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rerank_core.corpus.report import COLUMNS, ImportReport, Listed, NotRead

if TYPE_CHECKING:
    import altair as alt


def findings(report: ImportReport) -> list[str]:
    """What a person should know about the data, one line each; one reassuring line where nothing is odd.

    The lines are Markdown; the user's ids are in code marks.
    """
    lines = [
        _count_sentence(report.same_docs, "passages appear again with the same text; the copies were skipped"),
        _ids_sentence(
            report.conflicting_docs, "passage ids appear again with a different text; the first one was kept"
        ),
        _count_sentence(report.empty_texts, "passages have no text"),
        _count_sentence(report.same_queries, "queries appear twice; the copies were skipped"),
        _ids_sentence(
            report.conflicting_queries, "query ids appear again with a different text; the first one was kept"
        ),
        _count_sentence(report.queries_left_out, "queries of other splits were left out"),
        _count_sentence(report.queries_without_judgments, "queries have no grade yet"),
        _ids_sentence(
            report.docs_without_text, "graded passage ids are not among the passages; their grades were kept"
        ),
        _ids_sentence(
            report.judgments_of_unknown_queries, "graded query ids are not among the queries; their grades were kept"
        ),
        _count_sentence(report.same_judgments, "grades appear twice; the copies were skipped"),
        _count_sentence(report.conflicting_judgments, "pairs appear again with a different grade; the last one counts"),
        _count_sentence(report.ungraded, "rows had no grade and were left out"),
        _own_passages(report),
        _ids_sentence(
            report.met_by_form, "graded ids differ from their passages' in Unicode form only; they were matched"
        ),
        _ids_sentence(
            report.queries_met_by_form, "qids differ from the queries' in Unicode form only; they were matched"
        ),
        _count_sentence(report.over_512, "passages are longer than 512 tokens: many rerankers do not see their end"),
    ]
    sentences = [line for line in (*lines, *not_read_sentences(report.not_read)) if line]
    return sentences or ["No duplicates, no empty texts, every grade has its passage."]


def not_read_sentences(items: Iterable[NotRead]) -> list[str]:
    """What was left out, one line each: how many files of which kind, their names, and why. Plain text."""
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
        "its text too (as in ArguAna and Quora). Such a query finds its own passage, which BEIR leaves out. "
        "Here it stays among the candidates. To leave it out, tick the box on the page Evaluate or run a command with "
        "`--ignore-identical-ids`."
    )


def _count_sentence(count: int, what: str) -> str:
    return f"{count:,} {what}." if count else ""


def _ids_sentence(listed: Listed, what: str) -> str:
    if not listed.count:
        return ""
    names = ", ".join(f"`{name.replace('`', ' ')}`" for name in listed.first)
    more = " …" if listed.count > len(listed.first) else ""
    return f"{listed.count:,} {what}: {names}{more}"
