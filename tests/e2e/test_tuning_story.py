"""The engineer tunes the demo: reads the answer, keeps the winner, and the report repeats the numbers."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from rerank_core.store import datasets, jobs, judgments
from rerank_core.store.tuned_systems import chosen_on, tuned_facts
from rerank_core.systems.systems import get_system
from tests.e2e.conftest import RANKED_MS, RANKED_QUERIES, App
from tests.support.browser import downloaded, settled
from tests.support.searched_worlds import searched_world

pytestmark = pytest.mark.browser
KEPT = "tuned here"
SYSTEM = "minilm-maxsim"
COSINE = "minilm-cosine"


def link(app: App, name: str, *systems: str, **more: str) -> str:
    labels = [get_system(app.workspace, one).label for one in systems]
    return f"{app.url}/{name}?{urlencode({'ds': 'demo', 'depth': '20', 'sys': labels, **more}, doseq=True)}"


def test_the_engineer_tunes_the_demo_keeps_the_winner_and_reports_it(page: Page, ranked: App, tmp_path: Path) -> None:
    page.goto(link(ranked, "Tune", "first-stage", SYSTEM, td="20", tprec="Half of it"))
    settled(page, RANKED_MS)
    # what it costs stands there before anything starts
    expect(page.get_by_text(f"{RANKED_QUERIES} queries are not ranked deep enough yet")).to_be_visible()
    page.get_by_role("button", name="Search the settings").click()
    expect(page.get_by_text("Does reranking make sense here?")).to_be_visible(timeout=RANKED_MS)
    settled(page, RANKED_MS)
    with ranked.workspace.open() as db:
        job = jobs.get(db, max(row["id"] for row in db["job"].rows_where("kind = 'tune' AND state = 'done'")))
    found = job.result
    assert found["queries"] == RANKED_QUERIES
    expect(page.locator("h3").first).to_have_text(found["sentence"])
    expect(page.get_by_text("Known cases against reranking")).to_be_visible()

    name = page.get_by_label("Name", exact=True)
    name.fill(KEPT)
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text(f"Kept as '{KEPT}'")).to_be_visible()
    with ranked.workspace.open() as db:
        assert len(chosen_on(db, [KEPT])[KEPT]) == RANKED_QUERIES
        facts = tuned_facts(db, KEPT)
        queries = datasets.get_queries(db, datasets.get_dataset(db, "demo").id)
    assert facts is not None
    row = next(row for row in found["rows"] if row["system"] == SYSTEM)
    assert (facts["held_out"], facts["delta"]) == (row["held_out"], row["delta"])

    page.goto(link(ranked, "Compare", "first-stage", KEPT, qid=queries[0].qid))
    settled(page, RANKED_MS)
    expect(page.get_by_text(f"The settings of {KEPT} were chosen on this query among others")).to_be_visible()

    page.goto(link(ranked, "Evaluate", "first-stage", KEPT, part="Report"))
    settled(page, RANKED_MS)
    mark = f"The settings of {KEPT} were chosen on these queries"
    expect(page.get_by_text(mark)).to_be_visible(timeout=RANKED_MS)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=RANKED_MS)
    file = tmp_path / "report.html"
    downloaded(page, "Report as HTML").save_as(file)
    page.goto(file.as_uri())
    limits = page.locator("body")
    expect(limits).to_contain_text(mark)
    expect(limits).to_contain_text(found["sentences"][SYSTEM])


def test_too_few_graded_queries_say_what_is_missing(page: Page, small: App) -> None:
    page.goto(f"{small.url}/Tune")
    settled(page, RANKED_MS)
    expect(page.get_by_text("Nothing can be held out yet")).to_be_visible()
    expect(page.get_by_text("at least 20 queries are needed")).to_be_visible()
    expect(page.get_by_role("button", name="Search the settings")).to_have_count(0)


def test_an_answer_that_is_too_close_is_graded_in_place_and_searched_again(page: Page, small: App) -> None:
    # everything that the search reads is kept: no model is asked
    searched_world(small.workspace, [COSINE], help_of=0.7, seed=3)
    tune = f"{small.url}/Tune?{urlencode({'ds': 'world', 'sys': ['first-stage', COSINE], 'depth': 20, 'td': 20}, True)}"
    page.goto(tune)
    settled(page, RANKED_MS)
    page.get_by_role("button", name="Search the settings").click()
    expect(page.locator("h3").first).to_contain_text("Too close to call", timeout=RANKED_MS)
    page.get_by_role("button", name="that could decide it").click()
    page.get_by_label("Your name", exact=True).last.fill("erin")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".label.started")).to_be_attached()
    qid, docid = json.loads(page.locator(".label").get_attribute("data-at") or "")
    page.keyboard.press("0")
    expect(page.locator(".progress[data-done='1']")).to_be_attached()
    expect(page.locator(".last[data-pending='0']")).to_be_attached()
    with small.workspace.open() as db:
        own = [row for row in judgments.history(db, datasets.get_dataset(db, "world").id) if row["judge"] == "erin"]
    assert [(row["qid"], row["docid"], row["grade"]) for row in own] == [(qid, docid, 0)]
    page.goto(tune)
    settled(page, RANKED_MS)
    # the answer stands, and says that it does not know the new grade
    expect(page.get_by_text("Grades came since this search")).to_be_visible()
    page.get_by_role("button", name="Search again").click()
    expect(page.get_by_text("Grades came since this search")).to_have_count(0, timeout=RANKED_MS)
    expect(page.locator("h3").first).to_be_visible(timeout=RANKED_MS)
