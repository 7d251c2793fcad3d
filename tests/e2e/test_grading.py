"""Grading on the demo: what moves, what is kept, and what a power cut must not take."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import RANKED_MS, cards, columns, figure, open_compare, summary
from tests.e2e.grades import POSTS, arrived, give, labels, newest, other_grade, pressed, walk_and_grade
from tests.support.browser import settled

pytestmark = pytest.mark.browser


@pytest.fixture(params=["route", "state"])
def way(request, page):
    """The way that grades go: the side route, or the component's state where a proxy lets no post through."""
    if request.param == "state":
        page.route(POSTS, lambda route: route.fulfill(status=405))
    yield request.param
    page.unroute_all(behavior="ignoreErrors")


def test_a_grade_by_key_moves_every_column_and_is_there_after_a_reload(page, demo, way):
    open_compare(page, demo)
    before = {one: figure(page, one).inner_text() for one in ("first-stage", "minilm-cosine", "minilm-maxsim")}
    docid, grade = give(page, 0)
    for column, text in before.items():
        expect(figure(page, column)).not_to_have_text(text)
        expect(pressed(page, docid, column)).to_have_text(str(grade))
    assert labels(demo)["q01"][docid] == grade
    after = figure(page, "first-stage").inner_text()
    page.reload()
    settled(page)
    expect(pressed(page, docid)).to_have_text(str(grade))
    expect(figure(page, "first-stage")).to_have_text(after)


def test_a_new_label_moves_the_counter_and_an_undo_takes_both_back(page, demo, way):
    open_compare(page, demo, "?top=50")
    count = sum(map(len, labels(demo).values()))
    n = len(labels(demo)["q01"])
    unjudged = page.locator(".column[data-column='first-stage'] .card:not(.judged)").first
    docid = unjudged.get_attribute("data-docid") or ""
    unjudged.focus()
    page.keyboard.press("2")
    expect(summary(page, labels=n + 1, pending=0)).to_be_attached()
    expect(page.locator(".summary .count")).to_contain_text(f"{count + 1:,} in all")
    assert labels(demo)["q01"][docid] == 2
    page.keyboard.press("u")
    expect(summary(page, labels=n, pending=0)).to_be_attached()
    expect(page.locator(".summary .count")).to_contain_text(f"{count:,} in all")
    assert docid not in labels(demo)["q01"]


def test_a_grade_moves_the_means_of_the_dataset(page, demo, way):
    open_compare(page, demo)
    mean = page.locator(".facts[data-column='first-stage'] td.value[data-measure='nDCG@10']")
    # the tab remembers whether they are shown
    switch = page.get_by_role("button", name=re.compile("(More|Fewer) figures"))
    if switch.inner_text() == "More figures":
        switch.click()
    before = mean.inner_text()
    give(page, 1)
    expect(mean).not_to_have_text(before)


def test_a_power_cut_takes_no_acknowledged_grade_and_what_is_given_meanwhile_arrives_when_the_server_is_back(
    page, demo, way
):
    open_compare(page, demo)
    kept, kept_grade = give(page, 2)
    docid, grade = other_grade(page, 3)
    demo.kill()
    assert labels(demo)["q01"][kept] == kept_grade
    cards(page, "first-stage").nth(3).focus()
    page.keyboard.press(str(grade))
    expect(page.locator(".summary .saving")).to_have_text(re.compile("not saved yet: 1 grade"))
    demo.start()
    expect(summary(page, pending=0)).to_be_attached(timeout=40_000)
    assert {one: labels(demo)["q01"][one] for one in (kept, docid)} == {kept: kept_grade, docid: grade}
    open_compare(page, demo)
    for one, given in ((kept, kept_grade), (docid, grade)):
        expect(pressed(page, one)).to_have_text(str(given))


def test_quick_keys_arrive_once_and_in_order(page, demo, way):
    open_compare(page, demo)
    start = newest(demo)
    given = walk_and_grade(page, 20)
    expect(summary(page, pending=0)).to_be_attached()
    arrived(demo, given, start)
    for _, docid, grade in given:
        assert pressed(page, docid).inner_text() == str(grade)


def test_a_page_that_is_left_at_once_loses_no_grade(page, demo, way):
    open_compare(page, demo)
    start = newest(demo)
    given = walk_and_grade(page, 15)
    page.locator(".st-key-menu").get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    if way == "route":
        arrived(demo, given, start)  # without the board
    page.locator(".st-key-menu").get_by_role("link", name="Compare", exact=True).click()
    expect(summary(page, qid="q01", pending=0)).to_be_attached()
    arrived(demo, given, start)
    for _, docid, grade in given:
        expect(pressed(page, docid)).to_have_text(str(grade))


def test_the_next_query_gets_its_columns_and_its_own_address(page, demo):
    open_compare(page, demo, "?depth=10")
    expect(columns(page)).to_have_count(4, timeout=RANKED_MS)
    page.locator(".st-key-forth button:visible").click()
    expect(summary(page, qid="q02")).to_be_attached()
    expect(columns(page)).to_have_count(4, timeout=RANKED_MS)
    expect(cards(page, "minilm-maxsim")).to_have_count(10)
    assert "q=" in page.url


def test_a_typed_query_gets_columns_and_can_be_graded(page, demo):
    open_compare(page, demo, "?depth=10")
    field = page.get_by_label("Try a query")
    field.fill("how do I send a probe back")
    field.press("Enter")
    expect(page.locator(".summary .query")).to_have_text("how do I send a probe back")
    expect(columns(page)).to_have_count(3, timeout=RANKED_MS)
    expect(field).to_have_value("")
    expect(figure(page, "first-stage")).to_have_text("–")
    give(page, 0)
    expect(figure(page, "first-stage")).to_have_text("1.000")


def test_a_link_opens_the_same_view_in_another_browser(page, demo):
    open_compare(page, demo, "?depth=10")
    page.locator(".st-key-forth button:visible").click()
    expect(summary(page, qid="q02")).to_be_attached()
    expect(columns(page)).to_have_count(4, timeout=RANKED_MS)
    orders = cards(page, "minilm-cosine").evaluate_all("nodes => nodes.map((node) => node.dataset.docid)")
    stranger = page.context.browser.new_context().new_page()
    stranger.goto(page.url)
    expect(summary(stranger, qid="q02")).to_be_attached(timeout=30_000)
    expect(cards(stranger, "minilm-cosine")).to_have_count(10)
    assert cards(stranger, "minilm-cosine").evaluate_all("nodes => nodes.map((node) => node.dataset.docid)") == orders
    stranger.context.close()
