"""The presenter takes the report along: downloaded from the page, opened without a network, printed."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from rerank_core.evaluation.verdict import evidence, headline, verdict
from rerank_core.reports.report import Report
from rerank_core.store.datasets import DatasetRow
from rerank_core.types import Query
from tests.e2e.conftest import App
from tests.support.browser import downloaded, settled
from tests.support.reports import BASE, OTHER, ranked_dataset, report_of

pytestmark = pytest.mark.browser

QUERIES = [Query(f"q{n}", f"question {n} <b>bold</b>", "", ("hard" if n % 3 else "easy",)) for n in range(12)]
QRELS = {query.qid: {"a": 3, "b": 1, "c": 0} for query in QUERIES}
ORDERS = {
    BASE: {query.qid: "cba" for query in QUERIES},
    OTHER: {query.qid: "abc" if n < 9 else "cab" if n < 11 else "bca" for n, query in enumerate(QUERIES)},
}
LINK = (
    "?ds=report&ret=BM25+%28words%29&depth=10&part=Report&sys=First+stage+as+it+is&sys=MiniLM+bi-encoder+%28cosine%29"
)


@pytest.fixture(scope="module")
def dataset(small: App) -> DatasetRow:
    return ranked_dataset(small.workspace, ORDERS, QRELS, name="report", queries=QUERIES, seconds={OTHER: 0.5})


@pytest.fixture(scope="module")
def expected(small: App, dataset: DatasetRow) -> Report:
    return report_of(small.workspace, dataset, [BASE, OTHER], "nDCG@10,RR@10,P@5")


def download(page: Page, app: App, label: str, to: Path) -> Path:
    page.goto(f"{app.url}/Evaluate{LINK}")
    settled(page)
    given = downloaded(page, label)
    given.save_as(to / given.suggested_filename)
    return to / given.suggested_filename


def test_the_report_opens_offline_with_the_pages_numbers_and_prints(
    page: Page, small: App, expected: Report, tmp_path: Path
) -> None:
    file = download(page, small, "Report as HTML", tmp_path)
    assert file.name == "report-report.html"
    one = expected.summary.systems[1]
    assert one.comparison is not None
    # what heads the page, in short, heads the file
    expect(page.locator("h4").first).to_contain_text(headline(one.comparison).removesuffix("."))
    expect(page.get_by_test_id("stMain")).to_contain_text(evidence(one.comparison))
    browser = page.context.browser
    assert browser is not None
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1024, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
        context.set_offline(True)
        opened, asked, said = context.new_page(), [], []
        opened.on("request", lambda request, asked=asked: asked.append(request.url))
        opened.on("console", lambda message, said=said: said.append(message.text))
        opened.goto(file.as_uri())
        assert asked == [file.as_uri()]
        assert said == []
        expect(opened.locator(".verdicts li").first).to_contain_text(verdict(one.comparison))
        shown = [float(value) for value in opened.locator("#systems data").evaluate_all("all => all.map(e => e.value)")]
        for measure in expected.summary.measures:
            for each in expected.summary.systems:
                assert each.values is not None
                assert each.values[measure] in shown
        assert one.comparison.mean in shown
        assert one.comparison.p_holm in shown
        # one page wide, also on a laptop
        assert opened.evaluate("document.documentElement.scrollWidth") <= 1024
        assert opened.locator("svg").count() >= 3
        assert opened.locator("article b b, article script").count() == 0
        opened.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
        context.close()
    printed = browser.new_context().new_page()
    printed.goto(file.as_uri())
    pdf = printed.pdf(format="A4", print_background=True)
    assert pdf.startswith(b"%PDF")
    assert len(pdf) > 20_000
    printed.context.close()


def test_the_csv_and_the_exports_come_from_the_same_page(
    page: Page, small: App, expected: Report, tmp_path: Path
) -> None:
    file = download(page, small, "Report as CSV, one row per system", tmp_path)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [float(row["nDCG@10"]) for row in rows] == [
        one.values[expected.summary.measures[0]] for one in expected.summary.systems if one.values
    ]
    packed = download(page, small, "For OpenSearch and a rerank server", tmp_path)
    with zipfile.ZipFile(packed) as archive:
        assert "deploy/opensearch-pipeline.json" in archive.namelist()
