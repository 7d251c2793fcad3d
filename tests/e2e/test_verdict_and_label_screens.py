"""What decides is graded beside a narrowing interval; Label on small screens, in two tabs, and looked through."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from rerank_core.store import judgments
from rerank_core.store.judgments import GradeEvent
from tests.e2e.conftest import App, columns
from tests.e2e.test_label_by_keyboard import at, done, go_on, grade, kept, open_list, stored
from tests.support.browser import new_page, settled
from tests.support.label_lists import ODD, make_list, rows

pytestmark = pytest.mark.browser
TWO = "&ret=BM25+(words)&depth=50&sys=First+stage+as+it+is&sys=MiniLM+bi-encoder+(cosine)"


@pytest.fixture(scope="module")
def lists(small: App) -> App:
    make_list(small.workspace, "screens", 2, 6, odd=True)
    dataset = make_list(small.workspace, "close", 12, 8)
    with small.workspace.write() as db:
        events = [GradeEvent("close", n + 1, "grade", f"q{n}", f"q{n}-d{3 + n % 2}", 2) for n in range(12)]
        judgments.record(db, dataset.id, "bob", events, dataset.scale)
    return small


def box(one: Locator) -> dict[str, float]:
    found = one.bounding_box()
    assert found is not None
    return found


def to_the_long_passage(page: Page) -> None:
    for _ in range(30):
        if page.locator(".passage .title").text_content() == ODD["long"][0]:
            return
        go_on(page, at(page))
    raise AssertionError("the long passage does not come")


def test_the_interval_narrows_beside_the_passages_that_could_decide(page: Page, lists: App) -> None:
    page.goto(f"{lists.url}/Evaluate?ds=close&judge=ida{TWO}")
    settled(page, 90_000)
    step = page.get_by_role("button", name=re.compile(r"Grade the \d+ passages that could decide it"))
    step.click()
    expect(page).to_have_url(re.compile("part=Grade"))
    drawing = page.locator(".decision .outer")
    expect(page.locator(".decision .word")).to_have_text("Too close to call")
    expect(page.locator(".label[data-state='reading']")).to_be_attached()
    wide = box(drawing)["width"]
    given = []
    for _ in range(12):
        before = page.locator(".decision .lines").text_content()
        # grades fall with the baseline's order, which the other system turns round
        docid = at(page)[1]
        given += grade(page, 3 if int(docid.rsplit("-d", 1)[1]) < 2 else 0)
        expect(page.locator(".decision .lines")).not_to_have_text(before or "")
    kept(page)
    page.wait_for_timeout(400)  # the bar moves in a quarter of a second
    assert box(drawing)["width"] < 0.9 * wide
    assert stored(lists, "ida", "close") == given
    assert {row["rule"] for row in rows(lists.workspace, "close", "ida")} == {"matters"}
    # another page and back: the section is still the one
    page.get_by_role("link", name="Compare").first.click()
    page.wait_for_url("**/Compare?*")
    expect(columns(page).first).to_be_visible(timeout=90_000)
    settled(page, 90_000)
    page.get_by_role("link", name="Evaluate").first.click()
    page.wait_for_url("**/Evaluate?*")
    settled(page, 90_000)
    expect(page.locator(".decision .word")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(("width", "height", "columns"), [(390, 844, 2), (720, 450, 4)])
def test_a_phone_and_200_percent_show_the_grades_the_progress_and_what_is_below(
    browser: Browser, lists: App, width: int, height: int, columns: int
) -> None:
    with new_page(browser, width, height) as page:
        open_list(page, lists, f"phone{width}", "screens")
        to_the_long_passage(page)
        buttons = [box(one) for one in page.locator(".grade").all()]
        assert len({button["x"] for button in buttons}) == columns
        assert all(button["y"] + button["height"] <= height for button in buttons)
        names = page.locator(".grade .name").evaluate_all("all => all.map((one) => one.getClientRects().length)")
        assert max(names) == 1  # no name broken over lines
        expect(page.locator(".below")).to_have_text(re.compile(r"^↓ \d+ % more$"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for _ in range(60):
            if page.locator(".below").is_hidden():
                break
            page.keyboard.press("PageDown")
            page.wait_for_timeout(60)
        expect(page.locator(".below")).to_be_hidden()
        counts, foot = box(page.locator(".counts")), box(page.locator(".foot"))
        assert 40 <= counts["y"] < height / 2
        assert abs(foot["y"] + foot["height"] - height) < 80  # at the end of the page, its own margin is below
        text = box(page.locator(".passage .text"))
        assert text["y"] + text["height"] <= foot["y"] + 2


def test_two_tabs_of_one_judge_see_each_other_and_an_undo_says_what_it_took(page: Page, lists: App) -> None:
    open_list(page, lists, "two", "screens")
    first = at(page)
    other = page.context.new_page()
    open_list(other, lists, "two", "screens")
    assert at(other) == first
    other.keyboard.press("3")
    kept(other)
    # the first tab is asked nothing: it looks around by itself
    expect(page.locator(".grade[data-grade='3']")).to_have_attribute("aria-pressed", "true", timeout=30_000)
    done(page, done=1)
    other.keyboard.press("u")
    expect(other.locator(".last .what")).to_have_text(re.compile("^Taken back: 3 Answers it · "))
    done(page, done=0)
    other.close()


def test_what_i_graded_is_searched_and_graded_anew(page: Page, lists: App) -> None:
    open_list(page, lists, "mine", "screens")
    (given, *_) = grade(page, 1, 2, 3)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("n")
    page.keyboard.type("Zebra crossing")
    page.keyboard.press("Enter")
    noted = at(page)
    kept(page)
    page.keyboard.press("m")
    dialog = page.get_by_role("dialog", name="What I graded")
    expect(dialog.locator(".row")).to_have_count(3)
    dialog.get_by_role("searchbox").fill("zebra")
    expect(dialog.locator(".row")).to_have_count(1)
    expect(dialog.locator(".row")).to_contain_text("Note: Zebra crossing")
    dialog.locator(".row").click()
    expect(dialog).to_be_hidden()
    assert at(page) == noted
    page.keyboard.press("0")
    kept(page)
    assert stored(lists, "mine", "screens")[-1] == (*noted, 0)
    assert given[:2] != noted
