"""Compare in a real Chromium on six columns: what one sees first, the way to Inspect and back, columns, widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rerank_core.retrieval.settings import RetrievalSettings
from rerank_core.store import datasets, judgments, rankings
from rerank_core.store.judgments import GradeEvent
from rerank_core.store.rankings import candidates_key
from rerank_core.store.workspace import VARIABLE, Workspace
from rerank_core.systems.systems import get_system
from rerank_core.types import Doc, Query, Ranking, ScoredDoc
from tests.support.browser import ROOT, new_page, settled, streamlit_server

pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
BM25 = RetrievalSettings(("bm25",), depth=20)
SYSTEMS = (
    "first-stage", "minilm-cosine", "minilm-maxsim",
    "ms-marco-tinybert-l2-v2", "ms-marco-minilm-l6-v2", "ms-marco-minilm-l12-v2",
)  # fmt: skip
WORDS = "An order that was paid for can be sent back within fourteen days, unless it was made to measure. "
DOCS = [
    Doc(f"d{n:02}", WORDS * 6, f"Rule {n}: how an order is sent back", {"kind": "rule", "year": 2000 + n})
    for n in range(20)
]
QUERY = Query(
    "q1", "until when can I send an order back", "Somebody bought the wrong size and asks for the time limit."
)
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a dataset that six systems have ranked: nothing is left for the worker."""
    space = Workspace(tmp_path_factory.mktemp("six") / "workspace.db")
    with space.write() as db:
        dataset_id = datasets.begin_dataset(db, "shop", "tests")
        datasets.add_docs(db, dataset_id, DOCS)
        datasets.add_queries(db, dataset_id, [QUERY])
        datasets.finish_dataset(db, dataset_id, {})
        dataset = datasets.get_dataset(db, "shop")
        events = [GradeEvent("client", n + 1, "grade", "q1", f"d{n:02}", n % 4) for n in range(8)]
        judgments.record(db, dataset_id, "ann", events, dataset.scale)
    key = candidates_key(dataset.fingerprint, BM25.key(), QUERY.text)
    for place, name in enumerate(SYSTEMS):
        turned = DOCS[place:] + DOCS[:place]
        found = tuple(
            ScoredDoc(doc.docid, 20.0 - rank, rank, {"bm25": rank}, 90 if place and rank == 2 else 0)
            for rank, doc in enumerate(turned, 1)
        )
        with space.write() as db:
            if not place:
                rankings.put_candidates(db, key, dataset.id, BM25.to_json(), Ranking("q1", name, found, 0.01))
            system = get_system(space, name).key
            rankings.put_ranking(db, key, system, Ranking("q1", system, found, 0.012 * (place + 1)))
    with streamlit_server(ROOT / "app.py", {VARIABLE: str(space.path), "HF_HUB_OFFLINE": "1"}) as started:
        yield f"{started}/Compare?ds=shop&q=q1&ret=bm25&depth=20"


def six(url: str, *systems: str) -> str:
    return url + "".join(f"&sys={system}" for system in systems or SYSTEMS)


def arrive(page: Page, address: str) -> None:
    page.goto(address)
    settled(page, 180_000)
    expect(card(page, "first-stage", "d00")).to_be_visible()


def card(page: Page, column: str, docid: str) -> Locator:
    return page.locator(f".column[data-column='{column}'] .card[data-docid='{docid}']")


def head(page: Page, column: str) -> Locator:
    return page.locator(f".head[data-column='{column}']")


def box(part: Locator) -> dict[str, float]:
    found = part.bounding_box()
    assert found is not None
    return dict(found)


def order(page: Page) -> list[str | None]:
    return [one.get_attribute("data-column") for one in page.locator(".heads > .head:visible").all()]


def said(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def has_focus(part: Locator) -> None:
    part.page.wait_for_function("node => node.getRootNode().activeElement === node", arg=part.element_handle())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_card_begins_above_the_middle_and_every_text_can_be_read(browser: Browser, url: str, scheme: Any):
    with new_page(browser, color_scheme=scheme) as page:
        arrive(page, six(url, *SYSTEMS[:3]))
        expect(page.locator(".figures .value").filter(has_text="0.").first).to_be_visible()
        # as a newcomer has it: the offer of a cross-encoder stands above the board
        expect(page.get_by_role("button", name="TinyBERT L2 · 18 MB")).to_be_visible()
        assert box(card(page, "first-stage", "d00"))["y"] < 450
        shown = head(page, "minilm-cosine").locator("th:visible").all_inner_texts()
        assert shown == ["nDCG@10", "RR@10"]
        assert "= 0.0" not in page.locator(".board").inner_text()
        expect(head(page, "first-stage").get_by_text("Baseline", exact=True)).to_be_visible()
        expect(page.get_by_text("about the last 26 % not read by this model").first).to_be_visible()
        page.get_by_role("button", name="More figures").click()
        assert len(head(page, "minilm-cosine").locator("th:visible").all()) == 5
        expect(page.locator(".facts .caption").first).to_contain_text("graded query")
        card(page, "ideal", "d15").focus()  # an ungraded one
        assert page.locator(".board").evaluate(CONTRAST) == []


def test_why_here_opens_inspect_at_the_pair_and_back_finds_the_card(browser: Browser, url: str):
    with new_page(browser) as page:
        arrive(page, six(url, *SYSTEMS[:3]))
        left = card(page, "minilm-maxsim", "d13")
        left.focus()
        assert left.get_attribute("aria-label") == (
            "MiniLM late interaction (MaxSim), rank 12, up 2, Rule 13: how an order is sent back, ungraded"
        )
        page.keyboard.press("i")
        page.wait_for_url("**/Inspect?*")
        settled(page, 120_000)
        assert (said(page)["by"], said(page)["doc"], said(page)["ds"]) == (["minilm-maxsim"], ["d13"], ["shop"])
        passage = page.get_by_role("combobox", name="Passage, in this system's order")
        expect(passage).to_have_value("12. Rule 13: how an order is sent back")
        page.go_back()
        has_focus(card(page, "minilm-maxsim", "d13"))
        expect(card(page, "minilm-maxsim", "d13")).to_be_in_viewport()
        card(page, "minilm-cosine", "d10").focus()
        card(page, "minilm-cosine", "d10").get_by_role("link", name="Why here?").click()
        page.wait_for_url("**/Inspect?*doc=d10*")
        settled(page, 120_000)
        page.get_by_role("link", name="Back to Compare").click()
        has_focus(card(page, "minilm-cosine", "d10"))
        expect(card(page, "minilm-cosine", "d10")).to_be_in_viewport()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_contain_text("why here?")


def test_columns_are_pinned_and_moved_by_keys_and_the_link_keeps_it(browser: Browser, url: str):
    with new_page(browser) as page:
        arrive(page, six(url))
        assert order(page)[:2] == ["first-stage", "minilm-cosine"]
        # more than four: the first one stays where it is
        before = box(head(page, "first-stage"))["x"]
        page.locator(".scroller").evaluate("node => node.scrollTo(600, 0)")
        assert box(head(page, "first-stage"))["x"] == pytest.approx(before, abs=1)
        assert box(card(page, "first-stage", "d00"))["x"] > before
        # a card that the focus reaches is not under it
        card(page, "minilm-cosine", "d03").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        edge = box(head(page, "first-stage"))
        assert box(card(page, "minilm-cosine", "d03"))["x"] >= edge["x"] + edge["width"] - 1
        menu = page.get_by_role("button", name="MS MARCO TinyBERT L2: pin or move this column")
        menu.focus()
        page.keyboard.press("Enter")
        has_focus(page.get_by_role("button", name="Pin at the left"))
        page.keyboard.press("Enter")
        has_focus(menu)
        assert order(page)[:3] == ["first-stage", "ms-marco-tinybert-l2-v2", "minilm-cosine"]
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Move left").press("Enter")
        assert order(page)[:3] == ["ms-marco-tinybert-l2-v2", "first-stage", "minilm-cosine"]
        assert said(page)["pin"] == ["ms-marco-tinybert-l2-v2", "first-stage"]
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        has_focus(menu)
        expect(page.get_by_role("button", name="Move right")).to_be_hidden()
        with new_page(browser) as other:
            arrive(other, page.url)
            assert order(other)[:3] == ["ms-marco-tinybert-l2-v2", "first-stage", "minilm-cosine"]
            assert other.locator(".heads > .pinned").count() == 2


def grip(page: Page, column: str) -> tuple[float, float]:
    """Where a mouse takes hold of a column."""
    line = box(head(page, column).locator(".grip"))
    return line["x"] + line["width"] / 2, line["y"] + line["height"] / 2


def drag(page: Page, column: str, x: float) -> None:
    """Take a column by its head and move it to `x`; it is still held."""
    page.mouse.move(*grip(page, column))
    page.mouse.down()
    page.mouse.move(x, grip(page, column)[1] + 4, steps=8)


def test_columns_are_dragged_by_a_mouse_and_the_link_keeps_it(browser: Browser, url: str):
    with new_page(browser) as page:
        arrive(page, six(url, *SYSTEMS[:4]))
        usual = list(SYSTEMS[:4])
        assert order(page)[:4] == usual
        drag(page, "minilm-maxsim", box(head(page, "first-stage"))["x"] + 20)
        expect(head(page, "first-stage")).to_have_class(re.compile("drop-before"))
        page.mouse.up()
        moved = ["minilm-maxsim", "first-stage", "minilm-cosine", "ms-marco-tinybert-l2-v2"]
        assert order(page)[:4] == moved
        assert [one.get_attribute("data-column") for one in page.locator(".body > .column:visible").all()][:4] == moved
        assert said(page)["cols"] == moved
        expect(page.locator(".drop-before, .drop-after, .dragged, .dragging")).to_have_count(0)
        # Escape lets it be, and so does letting go where it stands
        drag(page, "minilm-maxsim", box(head(page, "minilm-cosine"))["x"] + 200)
        page.keyboard.press("Escape")
        page.mouse.up()
        drag(page, "minilm-maxsim", box(head(page, "minilm-maxsim"))["x"] + 30)
        page.mouse.up()
        assert order(page)[:4] == moved
        with new_page(browser) as other:
            arrive(other, page.url)
            assert order(other)[:4] == moved
        # behind the last one; the ideal order stays last
        last = box(head(page, "ms-marco-tinybert-l2-v2"))
        drag(page, "minilm-maxsim", last["x"] + last["width"] - 20)
        page.mouse.up()
        assert order(page)[:4] == ["first-stage", "minilm-cosine", "ms-marco-tinybert-l2-v2", "minilm-maxsim"]
        assert order(page)[-1] == "ideal"


def test_a_finger_on_a_head_scrolls_and_moves_no_column(browser: Browser, url: str):
    with new_page(browser, 820, 1180, has_touch=True, is_mobile=True) as page:
        arrive(page, six(url))
        at = box(head(page, "minilm-cosine").locator(".label"))
        start = {"x": at["x"] + 60, "y": at["y"] + 8}
        client = page.context.new_cdp_session(page)
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [start]})
        for by in range(20, 320, 20):
            point = {"x": start["x"] - by, "y": start["y"]}
            client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        scroller = page.locator(".scroller").element_handle()
        page.wait_for_function("node => node.scrollLeft > 100", arg=scroller)
        assert order(page)[:6] == list(SYSTEMS)
        expect(page.locator(".dragged, .dragging")).to_have_count(0)


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (390, 844)])
def test_narrow_screens_show_a_whole_column_and_its_cards(browser: Browser, url: str, width: int, height: int):
    with new_page(browser, width, height) as page:
        arrive(page, six(url))
        scroller, first = page.locator(".scroller"), head(page, "first-stage")
        assert box(first)["width"] <= box(scroller)["width"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator(".scroller").scroll_into_view_if_needed()
        # by swiping or scrolling, the second column comes as a whole, and no fixed one lies over it
        second = card(page, "minilm-cosine", "d01")
        second.evaluate("node => node.scrollIntoView({ inline: 'start', block: 'nearest' })")
        page.wait_for_timeout(300)
        left = box(second)["x"]
        fixed = box(first)["x"] + box(first)["width"] if width > 500 else box(scroller)["x"]
        assert left >= fixed - 1
        assert left + box(second)["width"] <= box(scroller)["x"] + box(scroller)["width"] + 1
        # the heads leave room for the cards
        assert box(page.locator(".heads"))["height"] < 0.25 * height
        second.focus()
        page.keyboard.press("ArrowDown")
        assert box(card(page, "minilm-cosine", "d02"))["y"] >= box(page.locator(".heads"))["y"] + 60
