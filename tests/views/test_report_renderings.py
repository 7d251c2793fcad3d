"""The report as HTML, Markdown and CSV: the page's numbers in each, nothing from outside, nothing unescaped."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from math import log2

import pytest

from rerank_core.evaluation.names import parse_measure
from rerank_core.types import Doc, Query
from rerank_core.views.efficiency import efficiency_columns
from rerank_core.views.report.html import report_html
from rerank_core.views.report.text import queries_csv, report_markdown, systems_csv
from rerank_core.views.summary import summary_frame
from tests.support.reports import BASE, OTHER, THIRD, ranked_dataset, report_of

SECOND, THIRD_PLACE = 1 / log2(3), 1 / log2(4)
QRELS = {f"q{n}": {"a": 3, "b": 0} for n in range(1, 7)} | {"q9": {"e": 1}}
# q1 to q4: "a" comes up from 2 to 1; q5: it falls from 1 to 3; q6: nothing moves; q9 is not ranked by the third
ORDERS = {
    BASE: {"q1": "bac", "q2": "bac", "q3": "bac", "q4": "bac", "q5": "abc", "q6": "abc", "q9": "ce"},
    OTHER: {"q1": "abc", "q2": "abc", "q3": "abc", "q4": "abc", "q5": "bca", "q6": "abc", "q9": "ec"},
    THIRD: {"q1": "abc", "q2": None, "q3": "abc", "q4": "abc", "q5": "abc", "q6": "abc"},
}
HOSTILE = "<script>alert('x')</script>\"&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Reads tables (id -> rows of (text, value of its <data>)), tags with attributes, and text."""

    def __init__(self, html):
        super().__init__()
        self.tables, self.tags, self.words = {}, [], []
        self._rows, self._cell = [], None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        if tag == "table":
            self._rows = self.tables[attrs["id"]] = []
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._cell = ["", None]
            self._rows[-1].append(self._cell)
        if tag == "data" and self._cell is not None:
            self._cell[1] = float(attrs["value"])

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data):
        self.words.append(data)
        if self._cell is not None:
            self._cell[0] += data


@pytest.fixture
def report(workspace):
    dataset = ranked_dataset(workspace, ORDERS, QRELS, seconds={OTHER: 0.5, THIRD: 0.25})
    return report_of(workspace, dataset, [BASE, OTHER, THIRD], price=3.6)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_every_number_of_the_html_table_is_the_pages(report):
    head, *body = Page(report_html(report)).tables["systems"]
    frame = summary_frame(report.summary).join(efficiency_columns(report.efficiency, report.price))
    names = [text for text, _ in head]
    assert {"System", "nDCG@10", "RR@10", "Δ", "p95 ms", "$ / 1,000", "Judged@10", "Failed"} <= set(names)
    for place, row in enumerate(body):
        for name, (text, value) in zip(names, row, strict=True):
            expected = frame[name][place]
            if value is not None:
                assert value == expected, name
            else:
                assert text in (str(expected), "–"), name
    by_name = {row[0][0]: dict(zip(names, row, strict=True)) for row in body}
    cosine = by_name["MiniLM bi-encoder (cosine)"]
    # over q1, q3, q4, q5, q6: q2 failed for one, q9 was not ranked by it
    assert cosine["nDCG@10"][1] == pytest.approx((4 + THIRD_PLACE) / 5)
    assert cosine["nDCG@10"][0] == f"{(4 + THIRD_PLACE) / 5:.4f}"
    assert cosine["Δ"][1] == pytest.approx((3 * (1 - SECOND) - (1 - THIRD_PLACE)) / 5)
    # found in 0.01 s and scored in 0.5 s; 1,000 queries x 0.5 s x $3.6 an hour
    assert cosine["p95 ms"][1] == pytest.approx(510)
    assert cosine["$ / 1,000"] == ["$0.5000", 0.5]
    assert by_name["MiniLM late interaction (MaxSim)"]["Failed"][1] == 1


def test_the_csv_of_systems_has_the_same_numbers_in_full(report):
    summary, found = report.summary, rows(systems_csv(report))
    assert [row["system"] for row in found] == [BASE, OTHER, THIRD]
    for row, one in zip(found, summary.systems, strict=True):
        for measure in summary.measures:
            assert float(row[str(measure)]) == one.values[measure]
        if one.comparison is not None:
            delta, interval = one.comparison.mean, one.comparison.interval
            assert float(row["delta"]) == delta
            assert (float(row["low"]), float(row["high"])) == (interval.low, interval.high)
            assert float(row["p_holm"]) == one.comparison.p_holm
            assert (int(row["won"]), int(row["tied"]), int(row["lost"])) == (
                one.comparison.wins,
                one.comparison.ties,
                one.comparison.losses,
            )
    assert found[0]["delta"] == ""
    assert found[1]["p95_ms"] == repr(report.efficiency[OTHER].whole.p95 * 1000)


def test_the_csv_of_queries_adds_up_to_the_means(report):
    found = rows(queries_csv(report))
    headline = parse_measure("nDCG@10")
    for one in report.summary.systems:
        own = [row for row in found if row["system"] == one.system]
        assert sum(float(row["nDCG@10"]) for row in own) / len(own) == pytest.approx(one.values[headline])
    assert {row["qid"] for row in found} == {"q1", "q3", "q4", "q5", "q6"}


def test_markdown_has_the_verdicts_and_the_tables_figures(report):
    text = report_markdown(report)
    assert text.index("## The verdict") < text.index("## The systems") < text.index("What these figures do not say")
    cosine = report.summary.systems[1]
    assert f"| {cosine.values[parse_measure('nDCG@10')]:.4f} |" in text
    assert f"{cosine.comparison.wins} / {cosine.comparison.ties} / {cosine.comparison.losses}" in text


def test_the_verdict_comes_first_and_wins_and_losses_stand_side_by_side(report):
    html = report_html(report)
    assert html.index("The verdict") < html.index("<table")
    assert html.count("Biggest wins") == html.count("Biggest losses") == 2
    words = " ".join("".join(Page(html).words).split())
    assert "“Title a” (graded “Answers it”) comes up from place 2 to place 1." in words
    assert "“Title a” (graded “Answers it”) falls from place 1 to place 3." in words
    assert "failed on 1 query: it <b>broke</b>" in words
    assert "2 of 7 graded queries are left out of all figures." in words


def test_nothing_is_loaded_and_nothing_runs(report):
    html = report_html(report)
    page = Page(html)
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "img", "iframe", "object", "base", "form")]
    assert not [attrs for _, attrs in page.tags if {"src", "href", "srcset", "onclick", "onload"} & set(attrs)]
    policy = next(attrs["content"] for tag, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "url(" not in html
    assert "@import" not in html


def test_what_people_wrote_is_shown_as_they_wrote_it_and_is_never_markup(workspace):
    docs = [Doc("a", "text", HOSTILE), Doc("b", f"{HOSTILE} text"), Doc("c", "c")]
    queries = [Query("q1", HOSTILE, HOSTILE, (HOSTILE,)), Query("=q2", "=1+1", "", ())]
    orders = {BASE: {"q1": "bac", "=q2": "bac"}, OTHER: {"q1": "abc", "=q2": "abc"}, THIRD: {"q1": None}}
    qrels = {"q1": {"a": 3}, "=q2": {"a": 3}}
    dataset = ranked_dataset(workspace, orders, qrels, name=HOSTILE, docs=docs, queries=queries, judge=HOSTILE)
    report = report_of(workspace, dataset, [BASE, OTHER])
    html = report_html(report)
    assert "<script" not in html
    assert "<img" not in html
    page = Page(html)
    assert "".join(page.words).count(HOSTILE) >= 6
    assert not [tag for tag, _ in page.tags if tag in ("script", "img")]
    # a fenced block is shown as it stands
    text, fenced = report_markdown(report).split("```sh\n")
    assert fenced.count("```") == 1
    assert not re.search(r"(?<!\\)<(script|img)", text)
    assert r"\<script\>" in text
    found = rows(queries_csv(report))
    assert {row["query"] for row in found} == {HOSTILE, "'=1+1"}
    assert {row["qid"] for row in found} == {"q1", "'=q2"}


def test_a_report_of_one_system_alone_has_no_comparison_and_says_so(workspace):
    dataset = ranked_dataset(workspace, {BASE: ORDERS[BASE]}, QRELS)
    html = report_html(report_of(workspace, dataset, [BASE]))
    assert "A comparison needs two systems." in html
    assert "Biggest wins" not in html


def test_a_chart_says_in_words_what_it_shows(report):
    labels = [attrs["aria-label"] for tag, attrs in Page(report_html(report)).tags if tag == "svg"]
    assert any(
        "Of 5 queries MiniLM bi-encoder (cosine) is better on 3, worse on 1 and the same on 1" in one for one in labels
    )
    assert any(one.startswith("Loss in nDCG@") for one in labels)
    assert any(one.startswith("nDCG@10 against time") for one in labels)
