"""Guests by their links: a judge, two voters on phones, a reader; the organiser at the machine, the others elsewhere.

One server, offered under a name that is not the machine's own: guests come by that name, the organiser by 127.0.0.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rerank_core.judging import invitations
from rerank_core.judging.invitations import ComparisonTask, GradingTask
from rerank_core.judging.plan import load_plan
from rerank_core.store import judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import VARIABLE, Workspace
from tests.support.browser import ROOT, free_port, new_page, settled, start_streamlit
from tests.support.presented import LINK, MANY_WORDS, SETTINGS, SYSTEMS, make_presented

pytestmark = pytest.mark.browser
PAIR = ComparisonTask(SYSTEMS, SYSTEMS[0], SETTINGS.to_json(), questions=2)
FIRST_MS = 180_000  # what imports SciPy for the first time, on a machine with other work
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@dataclass
class Shop:
    """The served workspace. `home`: where the organiser sits; `outside`: where guests come in."""

    workspace: Workspace
    dataset: DatasetRow
    home: str
    outside: str
    log: Path

    def link(self, code: str) -> str:
        return invitations.link(self.outside, code)

    def judge(self, name: str) -> invitations.Made:
        plan = load_plan(self.workspace, self.dataset)
        assert plan is not None
        return invitations.invite_judge(self.workspace, self.dataset, name, GradingTask(plan, goal=5))

    def graded(self, judge: str) -> list[str]:
        with self.workspace.open() as db:
            rows = judgments.history(db, self.dataset.id)
        return [row["docid"] for row in rows if row["judge"] == judge and row["kind"] == "grade"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("guests")
    workspace, port = Workspace(folder / "workspace.db"), free_port()
    dataset = make_presented(workspace)
    make_presented(workspace, "hall", words=MANY_WORDS)
    # Chromium finds every name below localhost on this machine; for the app it is one name among others
    outside = f"http://lens.localhost:{port}"
    env = {VARIABLE: str(workspace.path), "HF_HUB_OFFLINE": "1", "RERANK_LENS_ADDRESS": outside}
    process = start_streamlit(ROOT / "app.py", env, port, folder / "server.log")
    try:
        yield Shop(workspace, dataset, f"http://127.0.0.1:{port}", outside, folder / "server.log")
    finally:
        process.terminate()
        process.wait(20)


def desk_is_ready(page: Page) -> None:
    expect(page.locator(".label.started")).to_be_attached(timeout=FIRST_MS)


def saved(page: Page) -> None:
    expect(page.locator(".last[data-pending='0'] .saving")).to_contain_text("saved")


def test_a_judge_from_the_invitation_to_its_end(shop: Shop, browser: Browser):
    with new_page(browser) as lead:
        lead.goto(f"{shop.home}/Label?ds=shop&judge=Lead")
        desk_is_ready(lead)
        lead.get_by_role("button", name="Invite a judge").click()
        lead.get_by_label("The judge's name").fill("Dr. Anna Vogel")
        lead.get_by_role("button", name="Make the link").click()
        expect(lead.get_by_role("img", name="QR code of the link")).to_be_visible()
        link = lead.get_by_role("textbox", name="Link").input_value()
    assert link.startswith(f"{shop.outside}/Invited#")
    token = link.partition(".")[2].rpartition(".")[2]
    with new_page(browser) as anna:
        asked = []
        anna.on("request", lambda request: asked.append(f"{request.url} {json.dumps(request.all_headers())}"))
        anna.goto(link)
        desk_is_ready(anna)
        expect(anna.locator("[data-testid='stSidebar']")).to_be_hidden()
        assert anna.locator("[data-testid='stSidebarNav'] a:visible, [data-testid='stMain'] a:visible").count() == 0
        anna.keyboard.press("3")
        saved(anna)
        expect(anna.locator(".counts")).to_contain_text("1 of 40 today")
        assert len(shop.graded("Dr. Anna Vogel")) == 1
        # the secret leaves the address, and was in no request
        assert re.fullmatch(rf"{re.escape(shop.outside)}/Invited#[0-9a-f]{{8}}", anna.url)
        assert not [line for line in asked if token in line]
        assert token not in shop.log.read_text()
        anna.reload()
        desk_is_ready(anna)
        expect(anna.locator(".counts")).to_contain_text("1 of 40 today")
        # nothing else opens for her here
        with anna.context.new_page() as other:
            for path in ("/", "/Compare?ds=shop", "/Label?ds=shop&judge=Lead", "/Data"):
                other.goto(shop.outside + path)
                expect(other.get_by_text("open by invitation")).to_be_visible()
                expect(other.locator(".label, .board")).to_have_count(0)
        invitations.withdraw(shop.workspace, anna.url.partition("#")[2])
        anna.keyboard.press("2")
        expect(anna.get_by_text("This invitation was withdrawn")).to_be_visible()
        expect(anna.get_by_text("1 grade is not saved. It waits in this tab")).to_be_visible()
        expect(anna.locator(".label")).to_have_count(0)
        assert len(shop.graded("Dr. Anna Vogel")) == 1
        # a new link in the same tab: what waited is saved
        anna.evaluate("hash => { location.hash = hash; }", shop.judge("Dr. Anna Vogel").code)
        desk_is_ready(anna)
        saved(anna)
        expect(anna.locator(".counts")).to_contain_text("2 done")
        assert len(shop.graded("Dr. Anna Vogel")) == 2


def test_phones_vote_and_the_presenters_screen_counts(shop: Shop, browser: Browser):
    made = invitations.invite_voter(shop.workspace, shop.dataset, PAIR)
    with (
        new_page(browser, 1920, 1080) as hall,
        new_page(browser, **PHONE) as one,
        new_page(browser, **PHONE) as other,
    ):
        hall.goto(f"{shop.home}/Present?ds=shop&present=Results&{LINK}")
        expect(hall.get_by_text("0 people have voted")).to_be_visible(timeout=FIRST_MS)
        for phone, name in ((one, "Kim"), (other, "Lou")):
            phone.goto(shop.link(made.code))
            phone.get_by_role("textbox").fill(name)
            phone.get_by_role("button", name="Start").tap()
            expect(phone.get_by_text("Vote 1 of 2")).to_be_visible()
        buttons = [one.get_by_role("button", name=name) for name in ("A is better", "No difference", "B is better")]
        boxes = [button.bounding_box() for button in buttons]
        assert {round(box["y"]) for box in boxes} == {round(boxes[0]["y"])}
        assert all(box["height"] >= 48 and box["y"] + box["height"] <= 844 for box in boxes)
        assert one.evaluate("document.documentElement.scrollWidth") == 390
        buttons[0].tap()
        expect(one.get_by_text("Counted: vote 1.")).to_be_visible()
        expect(hall.get_by_text("1 person has voted, on 1 of 6 queries.")).to_be_visible()
        one.get_by_role("button", name="Undo").tap()
        expect(hall.get_by_text("0 people have voted")).to_be_visible()
        for phone in (one, other):
            for number in (1, 2):
                expect(phone.get_by_text(f"Vote {number} of 2")).to_be_visible()
                phone.get_by_role("button", name="B is better").tap()
            expect(phone.get_by_text("you have voted on all 2 queries")).to_be_visible()
            assert not re.search(r"wins|MiniLM|no reranker|people have", phone.locator("body").inner_text())
        expect(hall.get_by_text("2 people have voted")).to_be_visible()
        expect(hall.get_by_text("wins", exact=False)).to_have_count(0)
        hall.get_by_text("Show the result").click()
        expect(hall.locator(".large").last).to_contain_text("“Your search as it is” wins")
        one.reload()
        expect(one.get_by_text("Thank you, Kim")).to_be_visible()


def made_link(page: Page, button: str) -> str:
    """The link that somebody makes who presses this button and leaves everything as it is offered."""
    page.get_by_role("button", name=button).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Make the link").click()
    expect(dialog.get_by_role("img", name="QR code of the link")).to_be_visible()
    return dialog.get_by_role("textbox", name="Link").input_value()


def withdraw_on_home(shop: Shop, page: Page, kind: str) -> None:
    """Take the invitation of this kind back, as its maker does: on Home, in the list of all."""
    page.goto(shop.home)
    page.get_by_text(re.compile(r"^Invitations: \d+ open")).click()
    row = page.get_by_test_id("stHorizontalBlock").filter(has_text=kind).filter(has_text="hall")
    row.get_by_role("button", name="Withdraw").click()
    expect(row).to_have_count(0)


def opens_nothing_else(shop: Shop, guest: Page) -> None:
    expect(guest.locator("[data-testid='stSidebar']")).to_be_hidden()
    assert guest.locator("[data-testid='stSidebarNav'] a:visible, [data-testid='stMain'] a:visible").count() == 0
    with guest.context.new_page() as other:
        for path in ("/", f"/Present?ds=hall&present=Results&{LINK}", f"/Evaluate?ds=hall&{LINK}"):
            other.goto(shop.outside + path)
            expect(other.get_by_text("open by invitation")).to_be_visible()
            assert not re.search(r"people have voted|The verdict|nDCG", other.locator("body").inner_text())


def test_voters_are_invited_from_present_and_asked_twenty_questions(shop: Shop, browser: Browser):
    with new_page(browser, 1920, 1080) as hall, new_page(browser, **PHONE) as phone:
        hall.goto(f"{shop.home}/Present?ds=hall&present=Results&{LINK}")
        expect(hall.get_by_text("0 people have voted, on 0 of 22 queries.")).to_be_visible(timeout=FIRST_MS)
        link = made_link(hall, "Invite voters")
        hall.get_by_role("dialog").get_by_role("button", name="Close").click()
        phone.goto(link)
        phone.get_by_role("textbox").fill("Kim")
        phone.get_by_role("button", name="Start").tap()
        for number in range(1, 6):
            expect(phone.get_by_text(f"Vote {number} of 20")).to_be_visible()
            # while the next question comes, the last one's buttons are still there
            expect(phone.get_by_role("button", name="A is better")).to_have_count(1)
            phone.get_by_role("button", name="A is better").tap()
        expect(phone.get_by_text("Vote 6 of 20")).to_be_visible()
        expect(phone.get_by_text("Counted: vote 5.")).to_be_visible()
        expect(hall.get_by_text("1 person has voted, on 5 of 22 queries.")).to_be_visible()
        phone.get_by_role("button", name="Undo").tap()
        expect(phone.get_by_text("Vote 5 of 20")).to_be_visible()
        expect(hall.get_by_text("1 person has voted, on 4 of 22 queries.")).to_be_visible()
        # how the votes stand is on the presenter's screen alone, and nothing names the systems
        assert not re.search(r"wins|MiniLM|no reranker|voted,", phone.locator("body").inner_text())
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        opens_nothing_else(shop, phone)
        with new_page(browser) as lead:
            withdraw_on_home(shop, lead, "Voters")
        expect(phone.get_by_text("This link is closed")).to_be_visible()
        expect(phone.get_by_role("button", name="A is better")).to_have_count(0)
        expect(hall.get_by_text("1 person has voted, on 4 of 22 queries.")).to_be_visible()


def test_a_reader_is_invited_from_evaluate_and_sees_the_report_alone(shop: Shop, browser: Browser):
    with new_page(browser) as lead, new_page(browser, **PHONE) as reader:
        lead.goto(f"{shop.home}/Evaluate?ds=hall&part=Report&{LINK}")
        expect(lead.get_by_role("button", name="Invite a reader")).to_be_visible(timeout=FIRST_MS)
        link = made_link(lead, "Invite a reader")
        reader.goto(link)
        report = reader.frame_locator("iframe")
        expect(report.get_by_role("heading", name="The verdict")).to_be_visible(timeout=FIRST_MS)
        expect(report.get_by_text("hall").first).to_be_visible()
        assert reader.evaluate("document.documentElement.scrollWidth") == 390
        names = [button.inner_text() for button in reader.get_by_role("button").all() if button.is_visible()]
        assert names == ["Download"]
        opens_nothing_else(shop, reader)
        withdraw_on_home(shop, lead, "Reader")
        expect(reader.get_by_text("This link is closed")).to_be_visible()
        expect(reader.locator("iframe")).to_have_count(0)
        reader.goto("about:blank")
        reader.goto(link)
        expect(reader.get_by_text("This link is closed")).to_be_visible()


def test_a_reader_has_the_report_alone_and_as_it_is_now(shop: Shop, browser: Browser):
    made = invitations.invite_reader(shop.workspace, shop.dataset, PAIR)
    with new_page(browser) as reader:
        reader.goto(shop.link(made.code))
        report = reader.frame_locator("iframe")
        expect(report.get_by_role("heading", name="The verdict")).to_be_visible(timeout=FIRST_MS)
        before = report.get_by_text(re.compile(r"\d+ grades")).first.inner_text()
        expect(reader.locator("[data-testid='stSidebar']")).to_be_hidden()
        with shop.workspace.write() as db:
            event = judgments.GradeEvent("report", 1, "grade", "q-parcel", "parcel-0", 1)
            judgments.record(db, shop.dataset.id, "Lead", [event], shop.dataset.scale)
        reader.reload()
        expect(report.get_by_role("heading", name="The verdict")).to_be_visible()
        assert report.get_by_text(re.compile(r"\d+ grades")).first.inner_text() != before


def test_on_compare_the_first_grade_asks_for_a_name_and_is_not_lost(shop: Shop, browser: Browser):
    with new_page(browser) as page:
        page.goto(f"{shop.home}/Compare?ds=shop&{LINK}")
        card = page.locator(".column[data-column='first-stage'] .card").first
        card.wait_for(timeout=FIRST_MS)
        card.focus()
        page.keyboard.press("1")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("1 grade waits for your name")).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        expect(page.get_by_text("they wait for your name")).to_be_visible()
        card.focus()
        page.keyboard.press("2")
        dialog.get_by_role("textbox").fill(" ada ")
        dialog.get_by_role("button", name="Start").click()
        expect(page.locator(".summary")).not_to_contain_text("wait")
        expect(page.locator(".card.pending")).to_have_count(0)
        assert len(shop.graded("ada")) == 2
    with new_page(browser) as page:
        page.goto(f"{shop.home}/Label?ds=shop")
        expect(page.get_by_role("button", name="Go on as ada")).to_be_visible()


def test_a_hall_can_read_it_and_settings_rest(shop: Shop, browser: Browser):
    with new_page(browser, 1920, 1080) as page:
        page.goto(f"{shop.home}/Present?ds=shop&{LINK}")
        expect(page.locator(".story .lists")).to_be_visible(timeout=FIRST_MS)
        sizes = {
            name: page.locator(f".story .{name}").first.evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
            for name in ("text", "title", "query")
        }
        assert 22 <= sizes["text"] < sizes["title"] < sizes["query"]
        controls = page.locator(".st-key-present_controls")
        expect(controls).to_be_hidden()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_text("Story 2 of 6")).to_be_attached()
        expect(controls).to_be_hidden()
        page.keyboard.press("f")
        page.wait_for_function("document.fullscreenElement !== null")
        page.mouse.move(500, 500)
        page.mouse.move(520, 540)
        expect(controls).to_be_visible()
        page.get_by_role("button", name="Names").click()
        page.get_by_role("textbox", name="After").fill("New")
        page.keyboard.press("Tab")
        expect(page.locator(".story h3").last).to_have_text("New")
        settled(page)
