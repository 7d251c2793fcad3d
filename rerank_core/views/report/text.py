"""The report as Markdown, and its tables as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from rerank_core.corpus.spreadsheets import Cell, csv_text
from rerank_core.evaluation.numbers import signed
from rerank_core.evaluation.verdict import is_sure
from rerank_core.reports.configuration import Facts
from rerank_core.reports.report import Card, Report
from rerank_core.views.report.tables import Table, systems_table, unjudged_table


def report_markdown(report: Report) -> str:
    """The report as GitHub's Markdown, without the charts; all that people or systems wrote is escaped."""
    summary, lines = report.summary, [f"# Which system is better on “{_plain(report.dataset.name)}”?", ""]
    lines += [f"{report.made_at[:16].replace('T', ' ')} UTC, {len(summary.qids):,} graded queries compared.", ""]
    lines += ["## The verdict", "", *(f"- {_plain(sentence)}" for _, sentence in report.verdicts), ""]
    lines += ["## The systems", "", *_table(systems_table(report)), ""]
    for story in report.stories:
        lines += [f"## {_plain(story.label)} against {_plain(report.baseline)}", "", "### Biggest wins", ""]
        lines += [*map(_card, story.wins)] or ["None."]
        lines += [
            "",
            "### Biggest losses",
            "",
            *([*map(_card, story.losses)] or ["None."]),
            "",
            "### Where the gains are",
            "",
        ]
        lines += [
            f"- {_plain(slice_.name)}: {signed(slice_.mean or 0.0)} over {slice_.n:,} queries"
            for slice_ in story.slices[::-1]
        ]
        lines += [""]
    lines += ["## What these figures do not say", "", *(f"- {_plain(line)}" for line in report.limits), ""]
    if (left := unjudged_table(report)).rows:
        lines += [*_table(left), ""]
    lines += ["### Who graded", "", "| Judge | How | Grades that count |", "| --- | --- | ---: |"]
    lines += [f"| {_plain(judge)} | {_plain(source)} | {count:,} |" for judge, source, count in report.labels.judges]
    lines += ["", "## What exactly was compared", ""]
    configuration = report.configuration
    parts = {
        "Data": configuration.data,
        "How candidates are found": configuration.retrieval,
        "How it was measured": configuration.measuring,
        **configuration.systems,
        "Software that made this report": configuration.software,
    }
    for name, facts in parts.items():
        lines += [f"### {_plain(name)}", "", *_facts(facts), ""]
    lines += ["## How to repeat it", "", *_code(configuration.command), ""]
    return "\n".join(lines)


def systems_csv(report: Report) -> str:
    """One row per system, numbers in full.

    Columns: system (its id), label, sure (whether the difference is shown), queries, each measure, delta, low, high
    (the 95 % interval), p_holm, won, tied, lost, judged, holes, lowest, highest, p50_ms, p95_ms, usd_per_1000, failed,
    not_ranked, nothing_returned, off_candidates. Empty: there is none.
    """
    summary = report.summary
    rows: list[dict[str, Cell]] = []
    for system in summary.systems:
        comparison, left, times = system.comparison, system.unjudged, report.efficiency[system.system]
        interval = comparison.interval if comparison else None
        row: dict[str, Cell] = {"system": system.system, "label": system.label}
        row |= {
            "sure": is_sure(comparison) if comparison else None,
            "queries": len(summary.qids) if system.values else 0,
        }
        row |= {str(measure): system.values[measure] if system.values else None for measure in summary.measures}
        row |= {"delta": comparison.mean if comparison else None}
        row |= {"low": interval.low if interval else None, "high": interval.high if interval else None}
        row |= {"p_holm": comparison.p_holm if comparison else None}
        row |= (
            {"won": comparison.wins, "tied": comparison.ties, "lost": comparison.losses}
            if comparison
            else _none("won", "tied", "lost")
        )
        names = ("judged", "holes", "low", "high")
        row |= dict(
            zip(("judged", "holes", "lowest", "highest"), (getattr(left, name, None) for name in names), strict=True)
        )
        row |= {"p50_ms": times.whole.p50 * 1000 if times.whole else None}
        row |= {"p95_ms": times.whole.p95 * 1000 if times.whole else None, "usd_per_1000": times.cost(report.price)}
        row |= {"failed": system.failed, "not_ranked": system.waiting, "nothing_returned": system.empty}
        rows.append(row | {"off_candidates": system.off_candidates})
    return csv_text(rows[0], [row.values() for row in rows])


def queries_csv(report: Report) -> str:
    """One row per compared query and system: qid, query, tags, system, value (of the headline), baseline, delta.

    `delta`: value minus baseline, 0 for what differs by rounding only; empty for the baseline itself.
    """
    summary = report.summary
    base = summary.per_query.get(summary.baseline, {})
    rows: list[list[Cell]] = []
    for system in summary.systems:
        deltas = system.comparison.deltas if system.comparison else {}
        values = summary.per_query.get(system.system, {})
        for qid in summary.qids:
            if qid in values:
                query = report.queries[qid]
                tags = " ".join(query.tags)
                rows.append([qid, query.text, tags, system.system, values[qid], base.get(qid), deltas.get(qid)])
    return csv_text(("qid", "query", "tags", "system", summary.headline, "baseline", "delta"), rows)


def _none(*names: str) -> dict[str, Cell]:
    return dict.fromkeys(names)


def _table(table: Table) -> list[str]:
    head = [name for name, _ in table.columns]
    rule = ["---" if kind == "text" else "---:" for _, kind in table.columns]
    return [
        _row(_plain(name) for name in head),
        _row(rule),
        *(_row(_plain(c.shown) for c in row) for row in table.rows),
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _card(card: Card) -> str:
    note = f" ({_plain(card.story.query.note)})" if card.story.query.note else ""
    return f"- **{signed(card.story.delta)}** {_plain(card.story.query.text)}{note}: {_plain(card.moved)}"


def _facts(facts: Facts) -> Sequence[str]:
    return [f"- {_plain(name)}: {_plain(text)}" for name, text in facts]


def _code(text: str) -> list[str]:
    # a fence longer than any within the text
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return [f"{fence}sh", text, fence]


def _plain(text: str) -> str:
    """The text so that Markdown shows it as it is, on one line."""
    return re.sub(r"([\\`*_\[\]#$~<>|&])", r"\\\1", " ".join(text.split()))
