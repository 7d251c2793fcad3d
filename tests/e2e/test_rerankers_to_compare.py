"""Rerankers: found by words, picked, built, and a click away from a column on Compare; a name is not taken unasked."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from rerank_core.systems.composites.spec import Blend
from rerank_core.systems.systems import get_system
from tests.e2e.conftest import App
from tests.support.browser import pick_first_row, settled


def build(page: Page, kind: str, name: str) -> None:
    page.get_by_role("tab", name="Build a system").click()
    page.get_by_role("radio", name=kind, exact=True).or_(
        page.get_by_role("button", name=kind, exact=True)
    ).first.click()
    settled(page)
    field = page.get_by_label("Name", exact=True).locator("visible=true")
    expect(field).to_have_value("")
    field.fill(name)
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).locator("visible=true").click()
    settled(page)


def test_from_the_catalogue_to_a_column_and_no_name_is_used_twice_unasked(page, small: App):
    page.goto(f"{small.url}/Rerankers")
    settled(page)
    page.get_by_role("textbox", name="Search").fill("maxsim")
    page.get_by_role("textbox", name="Search").press("Enter")
    expect(page.get_by_text(re.compile("^1 of "))).to_be_visible()
    assert "find=maxsim" in page.url  # the search is in the link
    pick_first_row(page)
    expect(page.get_by_text("Parameters: 22.7 million")).to_be_visible()

    build(page, "Cascade", "mine")
    expect(page.get_by_text("'mine' is saved.")).to_be_visible()
    build(page, "Blend", "mine")
    expect(page.get_by_text("There is a system 'mine' already.")).to_be_visible()
    page.get_by_role("button", name="Replace it").click()
    expect(page.get_by_text("'mine' is saved.")).to_be_visible()
    assert isinstance(get_system(small.workspace, "mine").spec, Blend)
    page.get_by_role("button", name="Show on Compare").locator("visible=true").click()
    page.wait_for_url(re.compile("/Compare"), timeout=120_000)
    settled(page)
    expect(page.locator(".head[data-column='mine']")).to_be_visible(timeout=120_000)
