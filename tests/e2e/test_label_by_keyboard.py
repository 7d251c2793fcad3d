"""Grading by keyboard on the Label page: nothing is lost, doubled or out of order, whatever the line does."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from rerank_core.store import datasets, scales
from tests.bench.label_throughput import grade as grade_like_a_robot
from tests.e2e.conftest import App
from tests.support.browser import settled
from tests.support.label_lists import ODD, make_list, rows

pytestmark = pytest.mark.browser
QUERIES, PASSAGES = 4, 40


@pytest.fixture(scope="module")
def lists(small: App) -> App:
    """Lists of which every judge grades all, and one, "shared", of which each passage is graded by one of them."""
    make_list(small.workspace, "letters", QUERIES, PASSAGES, odd=True)
    make_list(small.workspace, "five", 2, 3, scales.PRESETS["0 to 4"])
    make_list(small.workspace, "shared", 2, 4, overlap=0.0)
    make_list(small.workspace, "moving", 1, 4)
    return small


def open_list(page: Page, app: App, judge: str, dataset: str = "letters") -> None:
    page.goto(f"{app.url}/Label?ds={dataset}&judge={judge}")
    settled(page)
    expect(page.locator(".label.started")).to_be_attached()


def at(page: Page) -> tuple[str, str]:
    """The qid and docid of the passage on the screen."""
    return tuple(json.loads(page.locator(".label").get_attribute("data-at") or '["", ""]'))


def kept(page: Page) -> None:
    expect(page.locator(".last[data-pending='0']")).to_be_attached()


def grade(page: Page, *grades: int) -> list[tuple[str, str, int]]:
    """Grade what is on the screen, one after the other; what was graded."""
    given = []
    for one in grades:
        given.append((*at(page), one))
        page.keyboard.press(str(one))
    return given


def go_on(page: Page, here: tuple[str, str]) -> None:
    """To the next passage; where the list ends that has come so far, once more of it is there."""
    for _ in range(100):
        page.keyboard.press("ArrowRight")
        if at(page) != here:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"nothing comes after {here}")


def stored(app: App, judge: str, dataset: str = "letters", kind: str = "grade") -> list[tuple[str, str, int]]:
    found = rows(app.workspace, dataset, judge)
    return [(row["qid"], row["docid"], row["grade"]) for row in found if row["kind"] == kind]


def done(page: Page, **counts: int) -> None:
    marks = "".join(f"[data-{name}='{count}']" for name, count in counts.items())
    expect(page.locator(f".progress{marks}")).to_be_attached()


def last(page: Page):
    return page.locator(".last .what")


def test_thirty_grades_by_keyboard_arrive_once_and_in_order(page, lists):
    open_list(page, lists, "ann")
    total = QUERIES * PASSAGES + len(ODD)
    given = grade(page, *[number % 4 for number in range(30)])
    done(page, done=30, left=total - 30)
    kept(page)
    assert len(set(given)) == 30
    assert stored(lists, "ann") == given
    assert {row["rule"] for row in rows(lists.workspace, judge="ann")} == {"overlap"}


def test_a_reload_goes_on_where_it_stopped_and_back_shows_what_was_said(page, lists):
    open_list(page, lists, "bea")
    given = grade(page, 3, 1, 2)
    here = at(page)
    kept(page)
    page.reload()
    settled(page)
    done(page, done=3)
    assert at(page) == here
    page.keyboard.press("ArrowLeft")
    assert at(page) == given[-1][:2]
    expect(page.locator(".grade[aria-pressed='true']")).to_have_attribute("data-grade", "2")


def test_another_computer_goes_on_where_the_first_one_stopped(page, lists):
    open_list(page, lists, "cas")
    grade(page, 1, 1)
    here = at(page)
    kept(page)
    other = page.context.browser.new_context().new_page()
    open_list(other, lists, "cas")
    done(other, done=2)
    assert at(other) == here
    other.context.close()


def test_undo_goes_back_over_questions_and_over_a_reload(page, lists):
    open_list(page, lists, "dan")
    first = at(page)
    given = grade(page, *([1] * (PASSAGES + len(ODD) + 2)))
    assert len({qid for qid, _, _ in given}) > 1
    kept(page)
    page.reload()
    settled(page)
    done(page, done=len(given))
    for count in range(1, len(given) + 1):
        page.keyboard.press("u")
        if count % 15 == 0:
            kept(page)
    done(page, done=0)
    kept(page)
    assert at(page) == first
    assert len(stored(lists, "dan", kind="undo")) == len(given)
    page.reload()
    settled(page)
    done(page, done=0)


def test_a_skipped_passage_comes_again_at_the_end_and_then_it_says_thanks(page, lists):
    open_list(page, lists, "eve", "five")
    skipped = at(page)
    page.keyboard.press("s")
    grade(page, 0, 1, 2, 3, 4)
    rest = page.locator(".rest")
    expect(rest).to_contain_text("1 skipped passage")
    done(page, done=5, left=0, skipped=1)
    page.keyboard.press("ArrowRight")
    assert at(page) == skipped
    page.keyboard.press("4")
    expect(rest).to_contain_text("Thank you")
    expect(rest.get_by_role("link").first).to_be_visible()
    kept(page)
    assert stored(lists, "eve", "five")[-1] == (*skipped, 4)
    page.keyboard.press("u")
    assert at(page) == skipped


def test_the_keys_follow_the_scale(page, lists):
    open_list(page, lists, "fay", "five")
    expect(page.locator(".grade kbd")).to_have_text(["0", "1", "2", "3", "4"])
    given = grade(page, 4)
    kept(page)
    page.keyboard.press("5")
    page.keyboard.press("9")
    assert stored(lists, "fay", "five") == given
    open_list(page, lists, "fay")
    here = at(page)
    page.keyboard.press("4")
    assert at(page) == here
    assert stored(lists, "fay") == []


def test_a_note_is_kept_and_what_is_half_typed_survives_a_reload(page, lists):
    open_list(page, lists, "gus")
    page.keyboard.press("n")
    page.keyboard.type("two dates: 3 u s")
    page.keyboard.press("Enter")
    expect(page.locator(".remark")).to_have_text("Your note: two dates: 3 u s")
    kept(page)
    first = at(page)
    grade(page, 2)
    page.keyboard.press("n")
    page.keyboard.type("half a wor")
    second = at(page)
    page.reload()
    settled(page)
    expect(page.locator(".remark")).to_have_text("Your note: half a wor")
    kept(page)
    found = [
        (row["qid"], row["docid"], row["note"]) for row in rows(lists.workspace, judge="gus") if row["kind"] == "note"
    ]
    assert found == [(*first, "two dates: 3 u s"), (*second, "half a wor")]
    assert stored(lists, "gus") == [(*first, 2)]


def test_a_note_that_is_half_typed_when_the_tab_is_closed_is_kept(page, lists):
    context = page.context.browser.new_context()
    tab = context.new_page()
    open_list(tab, lists, "gil")
    here = at(tab)
    tab.keyboard.press("n")
    tab.keyboard.type("before the bell ra")
    tab.close(run_before_unload=True)
    open_list(page, lists, "gil")
    expect(page.locator(".remark")).to_have_text("Your note: before the bell ra")
    assert at(page) == here
    context.close()


def test_a_scale_that_changes_meanwhile_is_shown_with_the_next_grade(page, lists):
    open_list(page, lists, "joy", "moving")
    expect(page.locator(".grade")).to_have_count(4)
    with lists.workspace.write() as db:
        dataset = datasets.get_dataset(db, "moving")
        scales.set_scale(db, dataset.id, scales.PRESETS["Yes or no"])
    refused = at(page)
    grade(page, 3)
    expect(page.locator(".grade")).to_have_count(2)
    kept(page)
    assert stored(lists, "joy", "moving") == []
    given = grade(page, 1, 1, 1)
    assert at(page) == refused
    given += grade(page, 0)
    kept(page)
    assert stored(lists, "joy", "moving") == given


def test_what_is_typed_while_the_line_is_cut_for_ten_seconds_arrives_once(page, lists):
    open_list(page, lists, "hal")
    given = grade(page, 1, 2)
    kept(page)
    page.context.set_offline(True)
    try:
        for number in range(10):
            given += grade(page, number % 4)
            page.wait_for_timeout(1_000)
        expect(page.locator(".last .saving")).to_have_text(re.compile("not saved yet: 10 grades"))
        assert stored(lists, "hal") == given[:2]
    finally:
        page.context.set_offline(False)
    given += grade(page, 3, 3)
    expect(page.locator(".last[data-pending='0']")).to_be_attached(timeout=60_000)
    assert stored(lists, "hal") == given


def test_what_is_typed_while_the_server_is_down_arrives_when_it_is_back(page, lists):
    open_list(page, lists, "ida")
    lists.kill()
    given = grade(page, 0, 1, 2, 3, 0, 1)
    lists.start()
    expect(page.locator(".last[data-pending='0']")).to_be_attached(timeout=60_000)
    assert stored(lists, "ida") == given


def test_an_hour_of_quick_grades_in_short_loses_doubles_and_swaps_nothing(page, lists):
    open_list(page, lists, "robot")
    found = grade_like_a_robot(page, lists.workspace, 120, a_second=12)
    assert (found.given, found.lost, found.doubled, found.order_kept) == (120, 0, 0, True)
    assert len(found.times_ms) == 120


def test_where_the_side_route_is_barred_the_grades_take_the_other_way(page, lists):
    page.route("**/rerank-lens/outbox", lambda route: route.abort())
    try:
        open_list(page, lists, "kit")
        given = grade(page, *[number % 4 for number in range(70)])
        kept(page)
        assert stored(lists, "kit") == given
        page.keyboard.press("u")
        kept(page)
        assert at(page) == given[-1][:2]
    finally:
        page.unroute("**/rerank-lens/outbox")


@pytest.mark.parametrize("docid", ODD)
def test_odd_text_is_shown_as_it_is(page, lists, docid):
    title, text = ODD[docid]
    judge = f"odd-{docid}"
    open_list(page, lists, judge)
    seen = set()
    while at(page)[1] != docid:
        here = at(page)
        assert here not in seen
        seen.add(here)
        go_on(page, here)
    expect(page.locator(".passage .title")).to_have_text(title)
    assert page.locator(".passage .text").evaluate("node => node.textContent") == text
    assert page.title() == "Label · Rerank Lens"
    wide = page.locator(".passage").evaluate("node => node.scrollWidth > node.clientWidth")
    assert not wide
    page.keyboard.press("1")
    kept(page)
    assert stored(lists, judge)[0][1:] == (docid, 1)


def test_the_list_shows_all_of_a_question_and_grades_the_marked_one(page, lists):
    open_list(page, lists, "jan")
    page.keyboard.press("l")
    expect(page.locator(".item")).to_have_count(PASSAGES + (len(ODD) if at(page)[0] == "q0" else 0))
    page.keyboard.press("ArrowDown")
    marked = page.locator(".item.at")
    given = grade(page, 3)
    page.keyboard.press("ArrowUp")
    expect(marked.locator(".chip")).to_have_text(re.compile("^3 "))
    assert at(page) == given[0][:2]
    kept(page)
    assert stored(lists, "jan") == given
    page.keyboard.press("l")
    expect(page.locator(".item").first).to_be_hidden()


def test_nobody_sees_what_another_said_and_nobody_gets_what_another_did(page, lists):
    open_list(page, lists, "kim", "shared")
    given = grade(page, 3, 3, 3)
    kept(page)
    open_list(page, lists, "lea", "shared")
    done(page, done=0, left=5)
    seen = []
    for _ in range(5):
        expect(page.locator(".grade[aria-pressed='true']")).to_have_count(0)
        seen += grade(page, 1)
    kept(page)
    assert not {one[:2] for one in seen} & {one[:2] for one in given}
    expect(page.locator(".rest")).to_contain_text("Thank you")


def test_no_system_score_or_place_is_shown_until_the_place_is_asked_for(page, lists):
    open_list(page, lists, "mia")
    text = page.locator("[data-testid='stMain']").inner_text().lower()
    for word in ("minilm", "first stage", "cosine", "score", "rank", "ndcg", "qid", "place"):
        assert word not in text
    page.get_by_text("Show how high search ranked it").click()
    expect(page.locator(".facts")).to_contain_text(re.compile(r"search ranked it \d+"))


def test_the_guideline_is_one_key_away_and_the_keys_are_another(page, lists):
    open_list(page, lists, "ned")
    guideline = page.locator(".grade .guideline").first
    expect(guideline).to_be_hidden()
    page.keyboard.press("g")
    expect(guideline).to_have_text(scales.PRESETS["0 to 3"][0].guideline)
    page.keyboard.press("g")
    expect(guideline).to_be_hidden()
    here = at(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert at(page) == here
    assert stored(lists, "ned") == []


def test_a_grade_is_said_to_those_who_listen(page, lists):
    open_list(page, lists, "oda")
    grade(page, 2)
    expect(page.locator(".live")).to_have_text(re.compile("^Graded 2, Useful. Now: .+"))
    page.keyboard.press("u")
    expect(page.locator(".live")).to_have_text(re.compile("^Taken back"))


def test_a_newcomer_says_his_name_first_and_it_stays_in_the_link(page, lists):
    stranger = page.context.browser.new_context().new_page()
    stranger.goto(f"{lists.url}/Label?ds=five")
    settled(stranger)
    stranger.get_by_placeholder("for example Ann").fill("pia")
    stranger.get_by_placeholder("for example Ann").press("Enter")
    expect(stranger.locator(".label[data-state='reading']")).to_be_attached()
    expect(stranger).to_have_url(re.compile("judge=pia"))
    grade(stranger, 3)
    kept(stranger)
    assert len(stored(lists, "pia", "five")) == 1
    stranger.context.close()
