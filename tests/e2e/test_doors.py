"""The doors of the app in a browser: Home, the sidebar, links, Back, reload, and addresses that lead nowhere."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from rerank_core.store import datasets
from rerank_core.types import Doc, Query
from tests.e2e.conftest import App
from tests.support.browser import new_page, settled

pytestmark = pytest.mark.browser
SYSTEMS = ["first-stage", "minilm-cosine", "minilm-maxsim"]

OUTLINE = "one => { const s = getComputedStyle(one); return `${s.outlineStyle} ${s.outlineWidth}` }"


@pytest.fixture(scope="module")
def two(small: App) -> App:
    """Two datasets: birds, which opens unasked, and customers."""
    with small.workspace.write() as db:
        dataset_id = datasets.begin_dataset(db, "customers", "tests")
        datasets.add_docs(db, dataset_id, [Doc("a", "Refunds take a week."), Doc("b", "Parcels come by bike.")])
        datasets.add_queries(db, dataset_id, [Query("c1", "when is it paid back"), Query("c2", "who brings it")])
        datasets.finish_dataset(db, dataset_id, {})
    return small


def place(page: Page) -> tuple[str, dict[str, list[str]]]:
    parts = urlsplit(page.url)
    return parts.path, parse_qs(parts.query)


def stands_at(page: Page, path: str, **view: list[str]) -> None:
    """Wait until the page of this path stands there with this view: in the address, and in the sidebar."""
    settled(page)
    entry = page.locator(".st-key-menu").get_by_role("link", name="Home", exact=True)
    for key, texts in view.items():
        for text in texts:
            expect(entry).to_have_attribute("href", re.compile(rf"[?&]{key}={text}(&|$)"))
    expect(page).to_have_url(re.compile(rf"{path}\?"))
    assert {key: place(page)[1].get(key) for key in view} == view
    dataset = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Dataset")
    if dataset.count():
        expect(dataset).to_have_value(view["ds"][0])


def to(page: Page, name: str) -> None:
    page.locator(".st-key-menu").get_by_role("link", name=name, exact=True).click()


def test_dataset_and_query_stay_on_every_way_through_the_app(browser: Browser, two: App):
    view = {"ds": ["customers"], "q": ["c2"]}
    with new_page(browser) as page:
        failed = []
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.goto(f"{two.url}/Compare?ds=customers&q=c2")
        # at once, before the page has run
        page.locator(".st-key-menu").get_by_role("link", name="Evaluate", exact=True).wait_for()
        to(page, "Evaluate")
        stands_at(page, "/Evaluate", **view)
        for name in ("Inspect", "Label", "Data", "Agreement"):
            to(page, name)
            stands_at(page, f"/{name}", **view)
        for name in ("Data", "Label", "Inspect", "Evaluate", "Compare"):
            page.go_back()
            stands_at(page, f"/{name}", **view)
        page.go_forward()
        stands_at(page, "/Evaluate", **view)
        page.reload()
        stands_at(page, "/Evaluate", **view)
        to(page, "Inspect")
        stands_at(page, "/Inspect", **view)
        copied = page.url
        # what is changed on a page replaces its address: Back leads to the last page, not through the changes
        to(page, "Compare")
        stands_at(page, "/Compare", **view)
        page.get_by_role("button", name="‹ Previous").click()
        stands_at(page, "/Compare", ds=["customers"], q=["c1"])
        page.go_back()
        stands_at(page, "/Inspect", **view)
        assert failed == []
    with new_page(browser) as page:
        page.goto(copied)
        stands_at(page, "/Inspect", **view)
        expect(page.get_by_role("combobox", name="Query")).to_have_value("who brings it")


def test_a_link_to_what_is_not_here_says_so_and_leads_on(browser: Browser, two: App):
    with new_page(browser) as page:
        page.goto(f"{two.url}/Label?ds=customer-x&judge=Ann")
        expect(page.get_by_role("alert")).to_contain_text(
            "This link is for the dataset customer-x, which this workspace does not have."
        )
        settled(page)
        assert place(page) == ("/Label", {"ds": ["customer-x"], "judge": ["Ann"]})
        page.get_by_role("main").get_by_role("link", name="customers", exact=True).click()
        settled(page)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("combobox", name="Dataset")).to_have_value("customers")
        assert place(page)[1]["ds"] == ["customers"]
        page.goto(f"{two.url}/nothere?ds=customers")
        main = page.get_by_role("main")
        expect(main.get_by_text("This app has no page nothere. These pages are here:")).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        main.get_by_role("link", name="Compare", exact=True).click()
        stands_at(page, "/Compare", ds=["customers"])


def test_home_shows_the_doors_on_every_screen_and_the_keyboard_sees_where_it_is(browser: Browser, two: App):
    for width in (1440, 1024, 390):
        with new_page(browser, width=width) as page:
            page.goto(two.url)
            settled(page)
            main = page.get_by_role("main")
            for door in ("Grade", "Compare and decide", "Present", "Bring your own data", "Datasets"):
                expect(main.get_by_role("heading", name=door, exact=True)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            if width == 390:
                page.get_by_test_id("stExpandSidebarButton").click()
                to(page, "Compare")
                # the sidebar lies over the page on a phone: it goes
                expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
                expect(page.locator(".st-key-menu")).not_to_be_in_viewport()
                continue
            entry = page.locator(".st-key-menu").get_by_role("link", name="Label", exact=True)
            entry.focus()
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")
            outline = entry.evaluate(
                "one => { const s = getComputedStyle(one); return [s.outlineStyle, s.outlineWidth] }"
            )
            assert outline == ["solid", "2px"]
            main.get_by_role("link", name="customers", exact=True).click()
            stands_at(page, "/Compare", ds=["customers"], q=["c1"], sys=SYSTEMS)
