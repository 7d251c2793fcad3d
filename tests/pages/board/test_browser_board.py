"""The board in a real Chromium: what a judge does, and what a bad line or a slow server must not lose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.pages.board.label_store import LabelStore
from tests.support.browser import new_page, settled, streamlit_server

APP = Path(__file__).with_name("app_board.py")
pytestmark = pytest.mark.browser


Served = Callable[..., AbstractContextManager[tuple[LabelStore, str]]]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as page:
        yield page


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of the demo for the whole module: its store is in each test's own address."""
    with streamlit_server(APP) as url:
        yield url


@pytest.fixture
def served(page: Page, server: str, tmp_path: Path) -> Served:
    """Open the demo on an empty store; yields (store, url) with the board on the page. Settings are the demo's."""

    @contextmanager
    def opened(**settings: str) -> Iterator[tuple[LabelStore, str]]:
        url = address(server, tmp_path, **settings)
        # the server is that of the tests before: what their pages kept in the tab must not come along
        page.goto(f"{server}/_stcore/health")
        page.evaluate("sessionStorage.clear()")
        arrive(page, url)
        yield LabelStore(tmp_path / "labels.db"), url
        page.goto("about:blank")

    return opened


def address(server: str, folder: Path, **settings: str) -> str:
    return f"{server}/?{urlencode({'BOARD_DB': str(folder / 'labels.db'), **settings})}"


def arrive(page: Page, url: str) -> None:
    page.goto(url)
    settled(page)
    expect(cards(page, "s0")).to_have_count(25)


def cards(page: Page, column: str):
    return page.locator(f".column[data-column='{column}'] .card")


def card(page: Page, column: str, number: int, qid: str = "q1"):
    return page.locator(f".column[data-column='{column}'] .card[data-docid='{qid}-d{number}']")


def pressed(page: Page, column: str, number: int, qid: str = "q1"):
    return card(page, column, number, qid).locator(".grade[aria-pressed='true']")


def saved(page: Page, labels: int) -> None:
    expect(page.locator(f".summary[data-labels='{labels}'][data-pending='0']")).to_be_attached()


def walk_and_grade(page: Page, count: int, qid: str = "q1") -> list[tuple[str, str, int]]:
    """Grade the first `count` passages of the first column by keys, as fast as keys come."""
    cards(page, "s0").first.focus()
    for number in range(count):
        page.keyboard.press(str(number % 4))
        page.keyboard.press("j")
    return [(qid, f"{qid}-d{number}", number % 4) for number in range(count)]


def switch_query(page: Page, qid: str) -> None:
    page.get_by_role("radiogroup").get_by_text(qid, exact=True).click()
    expect(page.locator(f".summary[data-qid='{qid}']")).to_be_attached()
    settled(page)


def test_a_grade_by_key_shows_everywhere_moves_the_figures_and_is_there_after_a_reload(page, served):
    with served() as (store, url):
        value = page.locator(".head[data-column='s0'] td[data-measure='RR@10']")
        expect(value).to_have_text("–")
        cards(page, "s0").nth(3).focus()
        page.keyboard.press("3")
        for column in ("s0", "s1", "s2", "s3", "ideal"):
            expect(pressed(page, column, 3)).to_have_text("3")
        expect(value).to_have_text("0.250")
        saved(page, 1)
        assert store.labels("q1") == {"q1-d3": 3}
        assert card(page, "s0", 3).evaluate("node => node.getRootNode().activeElement === node")
        arrive(page, url)
        expect(pressed(page, "s0", 3)).to_have_text("3")
        saved(page, 1)


def test_a_click_grades_and_the_ideal_column_reorders(page, served):
    with served():
        expect(page.locator(".column[data-column='ideal']")).to_be_hidden()
        card(page, "s2", 5).get_by_role("button", name="1, related").click()
        expect(cards(page, "ideal").first).to_have_attribute("data-docid", "q1-d5")
        card(page, "s0", 2).get_by_role("button", name="3, perfect").click()
        expect(cards(page, "ideal").first).to_have_attribute("data-docid", "q1-d2")
        expect(cards(page, "ideal").nth(1)).to_have_attribute("data-docid", "q1-d5")
        expect(cards(page, "ideal").nth(1).locator(".move")).to_have_text("▲ 4")
        saved(page, 2)


def test_twenty_quick_keys_arrive_exactly_once_and_in_order(page, served):
    with served() as (store, _):
        given = walk_and_grade(page, 20)
        saved(page, 20)
        assert store.grades() == given


def test_a_slow_server_loses_nothing(page, served):
    with served(BOARD_SLOW_MS="150") as (store, _):
        given = walk_and_grade(page, 20)
        saved(page, 20)
        assert store.grades() == given


def test_undo_walks_back_to_the_start_and_goes_on_after_a_reload(page, served):
    with served() as (store, url):
        cards(page, "s0").first.focus()
        for key in ("1", "2", "j", "3"):
            page.keyboard.press(key)
        saved(page, 2)
        page.keyboard.press("u")
        expect(pressed(page, "s1", 1)).to_have_count(0)
        page.keyboard.press("u")
        expect(pressed(page, "s1", 0)).to_have_text("1")
        saved(page, 1)
        arrive(page, url)
        cards(page, "s0").first.focus()
        page.keyboard.press("u")
        saved(page, 0)
        assert store.labels("q1") == {}


def test_events_that_wait_while_the_query_changes_go_to_their_own_query(page, served):
    with served(BOARD_SLOW_MS="400") as (store, _):
        first = walk_and_grade(page, 6)
        switch_query(page, "q2")
        second = walk_and_grade(page, 3, "q2")
        saved(page, 3)
        assert sorted(store.grades()) == sorted(first + second)
        switch_query(page, "q1")
        saved(page, 6)


def test_events_that_wait_while_the_page_is_reloaded_are_sent_again(page, served):
    with served(BOARD_SLOW_MS="300") as (store, url):
        given = walk_and_grade(page, 8)
        arrive(page, url)
        saved(page, 8)
        assert store.grades() == given


def test_a_duplicated_tab_does_not_reuse_the_numbers_of_the_first(page, served):
    with served() as (store, url):
        page.context.set_offline(True)
        given = walk_and_grade(page, 3)
        copy = page.evaluate("JSON.stringify({...sessionStorage})")
        page.context.set_offline(False)
        saved(page, 3)
        twin = page.context.new_page()
        twin.add_init_script(f"for (const [k, v] of Object.entries({copy})) sessionStorage.setItem(k, v)")
        arrive(twin, url)
        cards(twin, "s0").nth(9).focus()
        twin.keyboard.press("2")
        saved(twin, 4)
        twin.close()
        assert store.grades() == [*given, ("q1", "q1-d9", 2)]


def test_three_seconds_offline_are_told_and_lose_nothing(page, served):
    with served() as (store, _):
        page.context.set_offline(True)
        given = walk_and_grade(page, 5)
        expect(page.locator(".summary .saving")).to_have_text(re.compile("not saved yet: 5 grades"))
        page.context.set_offline(False)
        saved(page, 5)
        expect(page.locator(".summary .saving")).to_have_text("")
        assert store.grades() == given


def test_markup_right_to_left_script_and_endless_words_are_text(page, served):
    with served():
        expect(card(page, "s1", 1).locator(".title")).to_have_text(
            re.compile("^<script>document.title='owned'</script>")
        )
        assert page.locator(".board script, .board img, .board b").count() == 0
        assert page.title() == "Board"
        assert card(page, "s0", 2).locator(".text").evaluate("node => getComputedStyle(node).direction") == "rtl"
        long = card(page, "s0", 3)
        long.get_by_role("button", name="more", exact=True).click()
        expect(card(page, "s3", 3)).to_have_class(re.compile(r"\bopen\b"))
        assert long.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
        assert "x" * 10_000 in (long.locator(".text").text_content() or "")


def test_hover_and_focus_light_the_passage_in_every_column(page, served):
    with served():
        card(page, "s1", 0).hover()
        expect(page.locator(".card.lit:visible")).to_have_count(4)
        assert {node.get_attribute("data-docid") for node in page.locator(".card.lit").all()} == {"q1-d0"}
        page.mouse.move(1, 1)
        expect(page.locator(".card.lit")).to_have_count(0)
        cards(page, "s2").nth(1).focus()
        docid = cards(page, "s2").nth(1).get_attribute("data-docid")
        page.keyboard.press("ArrowLeft")
        expect(page.locator(f".column[data-column='s1'] .card[data-docid='{docid}']")).to_be_focused()
        expect(page.locator(f".card.lit[data-docid='{docid}']:visible")).to_have_count(4)


def test_the_keys_are_shown_by_a_question_mark_and_leave_those_of_streamlit_alone(page, served):
    with served() as (store, _):
        cards(page, "s0").first.focus()
        page.keyboard.press("Control+1")
        page.keyboard.press("?")
        expect(page.locator("dialog.help")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("dialog.help")).to_be_hidden()
        page.keyboard.press("2")
        saved(page, 1)
        assert store.labels("q1") == {"q1-d0": 2}


def test_a_waiting_and_a_failed_column_say_so_and_have_no_rows(page, served):
    with served(BOARD_STATES="1"):
        expect(page.locator(".column[data-column='w']")).to_contain_text("Scoring 40 of 100 passages")
        expect(page.locator(".column[data-column='f']")).to_contain_text("needs a download")
        assert cards(page, "w").count() + cards(page, "f").count() == 0


def test_a_board_whose_script_loads_while_its_data_changes_is_there_in_the_end(page, server, tmp_path):
    late = page.context.new_page()
    late.add_init_script(
        """window.Blob = class extends Blob {
          constructor(parts, options) {
            const wait = "await new Promise((done) => setTimeout(done, 1500));";
            super(options?.type === "text/javascript" ? [wait, ...parts] : parts, options);
          }
        };"""
    )
    arrive(late, address(server, tmp_path, BOARD_CHANGES="4"))
    late.close()
