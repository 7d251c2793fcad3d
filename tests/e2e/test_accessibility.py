"""What axe-core finds on every page, light and dark: nothing serious by WCAG 2.2, levels A and AA."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pages.ui.doors import DOORS
from tests.e2e.conftest import App
from tests.support.browser import new_page, settled

pytestmark = pytest.mark.browser
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page) -> list[str]:
    """What is serious or critical: the rule, where, and what is wrong there."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {[check['message'] for check in node['any'][:1]]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(browser: Browser, small: App, scheme: Literal["light", "dark"]):
    serious = {}
    with new_page(browser, color_scheme=scheme) as page:
        page.set_default_timeout(90_000)
        page.goto(f"{small.url}/?ds=birds&judge=Ann")
        # Present folds the sidebar: it comes last
        for name in sorted(DOORS, key=lambda name: name == "Present"):
            page.locator(".st-key-menu").get_by_role("link", name=name, exact=True).click()
            expect(page).to_have_title(f"{name} · Rerank Lens", timeout=90_000)
            settled(page, 90_000)
            if found := violations(page):
                serious[name] = found
    assert serious == {}
