"""An import's report in sentences, and its histogram of lengths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rerank_core.corpus.report import COLUMNS, LISTED, ImportReport, Listed, NotRead
from rerank_core.evaluation.numbers import counted
from rerank_core.views.sizes import readable

if TYPE_CHECKING:
    import altair as alt


def findings(report: ImportReport) -> list[str]:
    """What a person should know about the data, one line each; one reassuring line where nothing is odd.

    The lines are Markdown; the user's ids are in code marks.
    """
    lines = [
        _count(report.same_docs, "passage appears again with the same text; the copy was skipped",
               "passages appear again with the same text; the copies were skipped"),
        _ids(report.conflicting_docs, "passage id appears again with a different text; the first one was kept",
             "passage ids appear again with a different text; the first one was kept"),
        _count(report.empty_texts, "passage has no text", "passages have no text"),
        _count(report.same_queries, "query appears twice; the copy was skipped",
               "queries appear twice; the copies were skipped"),
        _ids(report.conflicting_queries, "query id appears again with a different text; the first one was kept",
             "query ids appear again with a different text; the first one was kept"),
        _count(report.queries_left_out, "query of another split was left out", "queries of other splits were left out"),
        _without_grade(report),
        _ids(report.docs_without_text, "graded passage id is not among the passages; its grades were kept",
             "graded passage ids are not among the passages; their grades were kept"),
        _ids(report.judgments_of_unknown_queries, "graded query id is not among the queries; its grades were kept",
             "graded query ids are not among the queries; their grades were kept"),
        _count(report.same_judgments, "grade appears twice; the copy was skipped",
               "grades appear twice; the copies were skipped"),
        _count(report.conflicting_judgments, "pair appears again with a different grade; the last one counts",
               "pairs appear again with a different grade; the last one counts"),
        _count(report.ungraded, "row had no grade and was left out", "rows had no grade and were left out"),
        _own_passages(report),
        _ids(report.met_by_form, "graded id differs from its passage's in Unicode form only; it was matched",
             "graded ids differ from their passages' in Unicode form only; they were matched"),
        _ids(report.queries_met_by_form, "qid differs from the query's in Unicode form only; it was matched",
             "qids differ from the queries' in Unicode form only; they were matched"),
        _count(report.over_512, "passage is longer than 512 tokens: many rerankers do not see its end",
               "passages are longer than 512 tokens: many rerankers do not see their end"),
        *windows_sentences(report.windows_1252),
        *size_sentences(report.passages),
    ]  # fmt: skip
    sentences = [line for line in (*lines, *not_read_sentences(report.not_read)) if line]
    return sentences or ["No duplicates, no empty texts, every grade has its passage."]


MANY = 1_000_000
"""Passages from which on a search engine is the better home: `rerank_core/ranking/README.md` has the figures."""


def size_sentences(passages: int) -> list[str]:
    """That there are too many passages for one machine's comfort, and what to do; [] for up to a million."""
    if passages <= MANY:
        return []
    return [
        f"{passages:,} passages: from about a million on a search engine is the better home. Making the vectors takes "
        "hours, and a search no longer fits into a laptop's memory. Fill one with: rerank-lens index --to SOURCE, or "
        "connect one that has them already."
    ]


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
    drawn: alt.Chart = chart.encode(
        x=alt.X("words:N", sort=None, title="words in a passage", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("passages:Q", title="passages"),
        tooltip=["words", "passages"],
    ).properties(height=220)
    return readable(drawn)


def _own_passages(report: ImportReport) -> str:
    if not report.queries_with_passage_ids:
        return ""
    return (
        f"{counted(report.queries_with_passage_ids, 'query has', 'queries have')} the id of a passage, "
        f"{report.queries_as_passages:,} of them its text too (as in ArguAna and Quora). Such a query finds its own "
        "passage, which BEIR leaves out. "
        "Here it stays among the candidates. To leave it out, tick the box on the page Evaluate or run a command with "
        "`--ignore-identical-ids`."
    )


def windows_sentences(files: Sequence[str]) -> list[str]:
    """Which files were read as Windows-1252; no sentence where none was."""
    if not files:
        return []
    names = ", ".join(f"`{name.replace('`', ' ')}`" for name in files[:LISTED]) + (" …" if len(files) > LISTED else "")
    was = "was" if len(files) == 1 else "were"
    return [f'{names} {was} read as Windows-1252. Where letters look wrong, save it as "CSV UTF-8".']


def _without_grade(report: ImportReport) -> str:
    """How many queries nobody graded, and the first of them."""
    count, first = report.queries_without_judgments, report.first_without_judgments
    sentence = _count(count, "query has no grade yet", "queries have no grade yet")
    if not sentence or not first:
        return sentence
    texts = ", ".join(f'"{text}"' for text in first) + (" …" if count > len(first) else "")
    return f"{sentence[:-1]}: {texts}"


def _count(count: int, one: str, many: str) -> str:
    return f"{counted(count, one, many)}." if count else ""


def _ids(listed: Listed, one: str, many: str) -> str:
    if not listed.count:
        return ""
    names = ", ".join(f"`{name.replace('`', ' ')}`" for name in listed.first)
    more = " …" if listed.count > len(listed.first) else ""
    return f"{counted(listed.count, one, many)}: {names}{more}"
