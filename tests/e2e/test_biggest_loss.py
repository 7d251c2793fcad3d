"""The engineer: five systems, the biggest loss, and the same query on Compare by the card's link."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from rerank_core.evaluation.measures import evaluate
from rerank_core.evaluation.names import parse_measure
from rerank_core.experiment.experiment import Experiment
from rerank_core.experiment.whole_set import load_whole_set
from rerank_core.store import datasets, judgments
from rerank_core.systems.systems import get_system
from tests.e2e.conftest import DEPTH_20, FIVE, columns, figure
from tests.support.browser import settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def five(ranked):
    """The dataset, and the five systems that have ranked its queries."""
    with ranked.workspace.open() as db:
        dataset = datasets.get_dataset(db, "demo")
    return dataset, [get_system(ranked.workspace, one) for one in FIVE]


def biggest_loss(app, dataset, systems, system):
    """(query, delta) of the query on which the system loses most against the first stage."""
    whole = load_whole_set(Experiment(app.workspace, dataset, DEPTH_20, tuple(systems)))
    with app.workspace.open() as db:
        qrels = judgments.qrels(db, dataset.id)
    measure = parse_measure("nDCG@10")
    base, own = (
        evaluate({qid: one.docids for qid, one in whole.rankings(name).items()}, qrels, [measure])[measure]
        for name in (FIVE[0], system)
    )
    qid = min(own, key=lambda one: own[one] - base[one])
    return whole.queries[qid], base[qid], own[qid]


def test_the_biggest_loss_of_five_systems_opens_on_compare_as_a_link_that_can_be_sent(page, ranked, five):
    dataset, systems = five
    query, base, own = biggest_loss(ranked, dataset, systems, "minilm-cosine")
    labels = [system.label for system in systems]
    view = {"sys": labels, "depth": "20", "of": "MiniLM bi-encoder (cosine)", "m": ["nDCG@10"], "part": "Queries"}
    page.goto(f"{ranked.url}/Evaluate?{urlencode(view, doseq=True)}")
    settled(page)
    losses = page.locator("[data-testid='stColumn']").filter(has_text="Biggest losses").last
    card = losses.locator("a[href^='Compare?']").first
    expect(card).to_contain_text(query.text[:40])
    expect(losses).to_contain_text(f"−{base - own:.3f} nDCG@10")
    evaluated = page.url

    card.click()
    expect(columns(page).first).to_be_visible()
    expect(figure(page, "minilm-cosine")).to_have_text(f"{own:.3f}")
    expect(figure(page, "first-stage")).to_have_text(f"{base:.3f}")
    shown = parse_qs(urlsplit(page.url).query)
    assert shown["sys"] == list(FIVE)
    assert shown["depth"] == ["20"]
    assert shown["q"] == [query.qid]

    # somebody else opens the link
    other = page.context.browser.new_context().new_page()
    try:
        other.goto(page.url)
        settled(other)
        expect(figure(other, "minilm-cosine")).to_have_text(f"{own:.3f}")
        expect(other.locator(".heads .label:visible")).to_have_text([*labels, "Ideal order"])
    finally:
        other.context.close()

    page.go_back()
    settled(page)
    assert page.url == evaluated
    expect(page.locator("a[href^='Compare?']").first).to_be_visible()


def test_a_cell_of_the_heat_map_leads_to_compare_too(page, ranked, five):
    _, systems = five
    view = {"sys": [system.label for system in systems], "depth": "20", "part": "Heat map"}
    page.goto(f"{ranked.url}/Evaluate?{urlencode(view, doseq=True)}")
    settled(page)
    page.locator("[data-testid='stVegaLiteChart'] svg [aria-roledescription='rect mark']").first.click(
        position={"x": 3, "y": 3}
    )
    expect(columns(page).first).to_be_visible()
    assert parse_qs(urlsplit(page.url).query)["depth"] == ["20"]


def test_the_arrows_beside_the_query_have_names(page, ranked):
    page.goto(f"{ranked.url}/Compare")
    settled(page)
    expect(page.get_by_role("button", name="Next", exact=False).first).to_be_enabled()
    assert page.get_by_role("button", name="chevron").count() == 0


def test_what_came_along_from_another_page_is_in_the_links(page, ranked, five):
    _, systems = five
    labels = [system.label for system in systems]
    page.goto(f"{ranked.url}/Compare?{urlencode({'sys': labels, 'depth': '20'}, doseq=True)}")
    settled(page)
    page.locator(".st-key-menu").get_by_role("link", name="Evaluate", exact=True).click()
    page.get_by_test_id("stMain").get_by_text("Queries", exact=True).click()
    card = page.locator("a[href^='Compare?']").first
    expect(card).to_be_visible()
    linked = parse_qs(urlsplit(card.get_attribute("href")).query)
    assert linked["sys"] == list(FIVE)
    assert linked["depth"] == ["20"]
