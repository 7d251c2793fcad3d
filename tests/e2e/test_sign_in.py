"""Roles behind a real sign-in: a provider of OpenID Connect on this machine, st.login, and the allow list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.ui.outbox.side_route import PATH as OUTBOX
from pages.ui.roles import VARIABLE as ROLES
from rerank_core.store import judgments
from rerank_core.store.datasets import DatasetRow
from rerank_core.store.workspace import VARIABLE, Workspace
from tests.support.browser import ROOT, free_port, new_page, settled, start_streamlit
from tests.support.oidc_provider import Person, Provider, oidc_provider, secrets_file
from tests.support.presented import LINK, make_presented

pytestmark = pytest.mark.browser
ADMIN, JUDGE, STRANGER = "ann@example.com", "jo@example.com", "eve@example.com"
UNCHECKED = "ANN@example.com"
"""The administrator's address, said by somebody whose provider has not checked it."""
FIRST_MS = 180_000  # what imports SciPy for the first time, on a machine with other work


@dataclass
class Team:
    workspace: Workspace
    dataset: DatasetRow
    url: str
    roles: Path
    provider: Provider

    def judges(self) -> list[str]:
        with self.workspace.open() as db:
            return [row["judge"] for row in judgments.history(db, self.dataset.id) if row["judge"] != "Lead"]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """The app with roles and a sign-in, nobody let in but an administrator and a judge."""
    folder = tmp_path_factory.mktemp("team")
    workspace, port = Workspace(folder / "workspace.db"), free_port()
    url, roles = f"http://localhost:{port}", folder / "roles.toml"
    dataset = make_presented(workspace)
    roles.write_text(f'"{ADMIN}" = "admin"\n"{JUDGE}" = "judge"\n')
    people = Person(ADMIN), Person(JUDGE), Person(STRANGER), Person(UNCHECKED, verified=False)
    with oidc_provider(*people) as provider:
        secrets = folder / ".streamlit" / "secrets.toml"
        secrets.parent.mkdir()
        secrets.write_text(secrets_file(url, provider))
        env = {VARIABLE: str(workspace.path), ROLES: str(roles), "HOME": str(folder), "HF_HUB_OFFLINE": "1"}
        process = start_streamlit(ROOT / "app.py", env, port, folder / "server.log")
        try:
            yield Team(workspace, dataset, url, roles, provider)
        finally:
            process.terminate()
            process.wait(20)


def sign_in(page: Page, team: Team, email: str) -> None:
    """By the button of a page that is closed, to the provider, and back."""
    page.goto(f"{team.url}/Data")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=email, exact=True).click()
    page.wait_for_url(f"{team.url}/**")
    settled(page)


def links(page: Page) -> list[str]:
    return page.locator("[data-testid='stSidebar'] a").all_inner_texts()


def desk_is_ready(page: Page) -> None:
    expect(page.locator(".label.started")).to_be_attached(timeout=FIRST_MS)


def test_nobody_sees_a_page_before_the_sign_in(team: Team, browser: Browser):
    with new_page(browser) as page:
        for path in ("/", "/Data", "/Label", f"/Compare?ds=shop&{LINK}"):
            page.goto(team.url + path)
            expect(page.get_by_role("button", name="Sign in")).to_be_visible(timeout=FIRST_MS)
            expect(page.locator(".label, .board, [data-testid='stTab']")).to_have_count(0)


def test_a_judge_opens_label_alone_and_grades_under_their_address(team: Team, browser: Browser):
    with new_page(browser) as page:
        posts: list[str] = []
        page.on("request", lambda sent: posts.append(sent.url) if sent.method == "POST" else None)
        sign_in(page, team, JUDGE)
        assert {"/authorize", "/token", "/jwks"} <= set(team.provider.asked)
        # a name in the link changes nothing: whoever signed in grades
        page.goto(f"{team.url}/Label?ds=shop&judge=Lead")
        desk_is_ready(page)
        # an unseen joiner keeps the address from becoming a link
        expect(page.get_by_text(re.compile("Signed in as .*example.com"))).to_be_attached()
        page.keyboard.press("3")
        expect(page.locator(".last[data-pending='0'] .saving")).to_contain_text("saved")
        assert team.judges() == [JUDGE]
        assert [url for url in posts if url.endswith(OUTBOX)], "the side route knows the sign-in"
        for path in ("/", "/Data", "/Rerankers", f"/Compare?ds=shop&{LINK}", "/Agreement"):
            page.goto(team.url + path)
            expect(page.get_by_text("You judge passages")).to_be_visible()
            expect(page.locator(".board, [data-testid='stTab']")).to_have_count(0)
        # who is taken off the list is out at once, at the side route as well
        page.goto(f"{team.url}/Label?ds=shop")
        desk_is_ready(page)
        listed = team.roles.read_text()
        team.roles.write_text(f'"{ADMIN}" = "admin"\n')
        try:
            page.keyboard.press("2")
            expect(page.locator(".last[data-pending='0'] .saving")).to_have_count(0)
            page.goto(f"{team.url}/Label?ds=shop")
            expect(page.get_by_text("not on the list")).to_be_visible()
        finally:
            team.roles.write_text(listed)
        assert team.judges() == [JUDGE]


def test_an_administrator_opens_every_page_and_signs_out(team: Team, browser: Browser):
    with new_page(browser) as page:
        sign_in(page, team, ADMIN)
        page.goto(f"{team.url}/Data")
        page.get_by_role("tab", name="Connect a search engine").click()
        expect(page.get_by_role("textbox", name="Address, without a key")).to_be_visible()
        assert {"Compare", "Evaluate", "Data", "Label"} <= {name.split("\n")[-1] for name in links(page)}
        # the sign-in is a cookie that is signed: another one is nobody's
        cookie = next(one for one in page.context.cookies() if one["name"] == "_streamlit_user")
        page.context.add_cookies([{**cookie, "value": cookie["value"][:-4] + "AAAA"}])
        page.goto(f"{team.url}/Data")
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize("email", [STRANGER, UNCHECKED])
def test_a_sign_in_alone_opens_nothing(team: Team, browser: Browser, email: str):
    with new_page(browser) as page:
        sign_in(page, team, email)
        page.goto(f"{team.url}/Data")
        expect(page.get_by_text("not on the list")).to_be_visible()
        expect(page.locator("[data-testid='stTab']")).to_have_count(0)
        assert not links(page)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()
